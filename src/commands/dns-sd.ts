/** `dns-sd`: prints the DNS records and the hsflowd.conf that point agents at this bridge. */
import { hostname } from 'node:os'
import {
  type AgentSetup,
  hsflowdLines,
  parseSpeed,
  planLines,
  zoneLines,
} from '../config/agent-setup.ts'
import { configOrThrow, loadConfig } from '../config/load.ts'
import { planSampling } from '../config/sampling-plan.ts'
import { parseListenAddress } from '../listen-address.ts'
import { UsageError } from '../usage-error.ts'
import type { Command, FlagValues } from './command.ts'

export const command: Command = {
  name: 'dns-sd',
  summary: 'print DNS records and hsflowd.conf that point agents at this bridge',
  flags: [
    { name: 'config.file', type: 'string', placeholder: 'FILE', help: 'where the port comes from' },
    {
      name: 'target',
      type: 'string',
      placeholder: 'NAME',
      multiple: true,
      help: 'name of a collector; by default this machine’s, relative to the zone',
    },
    {
      name: 'address',
      type: 'string',
      placeholder: 'ADDR',
      multiple: true,
      help: 'address of the first collector, if the zone lacks it',
    },
    {
      name: 'domain',
      type: 'string',
      placeholder: 'NAME',
      help: 'domain of the zone; without it, names are relative',
    },
    { name: 'ttl', type: 'duration', default: '5m', help: 'how long agents keep the records' },
    { name: 'polling', type: 'duration', default: '20s', help: 'interval of counters' },
    {
      name: 'links',
      type: 'string',
      placeholder: 'SPEED[:COUNT],…',
      default: '1G,10G,25G,40G,100G,400G',
      help: 'link speeds, and how many links there are of each',
    },
    { name: 'error', type: 'number', default: '0.2', help: 'wanted error of estimates, at 95 %' },
    { name: 'share', type: 'number', default: '0.1', help: 'smallest flow, part of link speed' },
    { name: 'window', type: 'duration', default: '5s', help: 'within which it is estimated' },
    { name: 'frame.bytes', type: 'number', default: '1000', help: 'mean length of frames' },
    { name: 'utilization', type: 'number', default: '0.3', help: 'mean utilisation of links' },
    {
      name: 'datagrams.max',
      type: 'number',
      default: '0',
      help: 'datagrams a second from all agents together, 0 for no limit',
    },
    {
      name: 'format',
      type: 'string',
      default: 'both',
      choices: ['both', 'zone', 'hsflowd'],
      help: 'both: a zone file’s lines, with hsflowd.conf as comments',
    },
  ],
  examples: [
    'sflow-bridge dns-sd --domain=example.net --target=collector --address=192.0.2.10',
    'sflow-bridge dns-sd --links=1G:2000,10G:480,100G:64 --datagrams.max=5000',
    'sflow-bridge dns-sd --target=collector.example.net --format=hsflowd > /etc/hsflowd.conf',
  ],
  async run({ flags }) {
    const setup = readSetup(flags)
    const seconds = flags.durationMs('window') / 1_000
    const what = `a flow of ${Number(flags.string('share')) * 100} % of the link for ${seconds} s is measured`
    const zone = zoneLines(setup)
    const hsflowd = hsflowdLines(setup)
    const notes = planLines(setup, what)
    const comment = (lines: readonly string[]) => lines.map(line => `; ${line}`)
    const lines = {
      zone: [...comment(notes), ...zone],
      hsflowd: [...notes.map(line => `# ${line}`), ...hsflowd],
      both: [...comment(notes), ...zone, ';', '; hsflowd.conf instead:', ...comment(hsflowd)],
    }[flags.string('format') as 'zone' | 'hsflowd' | 'both']
    process.stdout.write(`${lines.join('\n')}\n`)
    return 0
  },
}

function readSetup(flags: FlagValues): AgentSetup {
  const targets = flags.list('target')
  const pollingMs = atLeast(flags, 'polling', 1_000)
  return {
    targets: targets.length > 0 ? targets : [ownName()],
    addresses: flags.list('address'),
    domain: flags.optional('domain')?.replace(/^\.|\.$/g, ''),
    port: portOf(flags.optional('config.file')),
    // hsflowd asks no more often than each 10 s, whatever the records say.
    ttlSeconds: Math.round(atLeast(flags, 'ttl', 10_000) / 1_000),
    pollingSeconds: Math.round(pollingMs / 1_000),
    plan: planSampling({
      links: flags.string('links').split(',').map(parseLinks),
      error: between(flags, 'error', 0.001, 1),
      share: between(flags, 'share', 0.000_001, 1),
      windowMs: atLeast(flags, 'window', 100),
      frameBytes: between(flags, 'frame.bytes', 64, 9_216),
      utilization: between(flags, 'utilization', 0.000_001, 1),
      pollingMs,
      datagramsMax: flags.number('datagrams.max'),
    }),
  }
}

/** The first label: the rest is the zone's business. */
function ownName(): string {
  return hostname().split('.')[0] ?? 'collector'
}

function portOf(file: string | undefined): number {
  const { listen } = configOrThrow(loadConfig(file, process.env))
  return parseListenAddress(listen.sflow[0] as string).port
}

function parseLinks(text: string): { speed: number; count: number } {
  const [speedPart = '', countPart = '0', ...rest] = text.trim().split(':')
  const speed = parseSpeed(speedPart)
  if (speed === undefined || !/^\d{1,7}$/.test(countPart) || rest.length > 0) {
    throw new UsageError(`--links: "${text}" is no SPEED[:COUNT] such as 10G:48`)
  }
  return { speed, count: Number(countPart) }
}

function between(flags: FlagValues, name: string, min: number, max: number): number {
  const value = flags.number(name)
  if (value >= min && value <= max) return value
  throw new UsageError(`--${name}=${value}: a number from ${min} to ${max} is needed`)
}

function atLeast(flags: FlagValues, name: string, minMs: number): number {
  const value = flags.durationMs(name)
  if (value >= minMs) return value
  throw new UsageError(`--${name}=${flags.string(name)}: at least ${minMs / 1_000}s is needed`)
}
