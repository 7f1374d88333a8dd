/** `demo`: all of it on one machine, with a simulated network. Wiring only. */
import { setTimeout as delay } from 'node:timers/promises'
import { Demo, type DemoAddresses, type DemoOptions, type Program } from '../demo/demo.ts'
import { News } from '../demo/news.ts'
import { isProgram, onPath } from '../demo/ports.ts'
import { canUnpack, UNPACKABLE_NAMES, type UnpackableName } from '../demo/unpack.ts'
import { SCENARIOS } from '../simulate/scenarios.ts'
import { UsageError } from '../usage-error.ts'
import type { Command, CommandContext, FlagValues } from './command.ts'

const HELP = (name: string) =>
  `${name} to run as well, or none; by default the one on PATH, else Debian's, unpacked for this demo only`

export const command: Command = {
  name: 'demo',
  summary: 'run everything on this machine, with a simulated network',
  flags: [
    {
      name: 'prometheus',
      type: 'string',
      placeholder: 'PATH',
      help: HELP('Prometheus'),
    },
    {
      name: 'alertmanager',
      type: 'string',
      placeholder: 'PATH',
      help: HELP('Alertmanager'),
    },
    {
      name: 'scenario',
      type: 'string',
      placeholder: 'NAME',
      choices: Object.keys(SCENARIOS),
      default: 'demo',
      help: 'what happens in the network',
    },
    { name: 'seed', type: 'number', placeholder: 'N', default: '1', help: 'which network it is' },
    {
      name: 'duration',
      type: 'duration',
      default: '0',
      help: 'how long it runs; 0: until interrupted',
    },
  ],
  examples: ['sflow-bridge demo', 'sflow-bridge demo --prometheus=./prometheus-3.13.0/prometheus'],
  run,
}

async function run({ flags }: CommandContext): Promise<number> {
  const options: DemoOptions = {
    scenario: flags.string('scenario'),
    seed: flags.number('seed'),
    prometheus: program(flags, 'prometheus', ['prometheus']),
    alertmanager: program(flags, 'alertmanager', ['alertmanager', 'prometheus-alertmanager']),
  }
  const over = untilOver(flags.durationMs('duration'))
  process.stdout.write('sflow-bridge demo: starting a simulated network, on this machine only\n')
  const demo = await Demo.create(options)
  let status = 0
  try {
    const ended = Promise.race([over.then(() => undefined), demo.failed])
    const addresses = await Promise.race([demo.start(), over])
    if (typeof addresses === 'object') {
      process.stdout.write(introduction(addresses))
      const news = new AbortController()
      tellLate(addresses.late, news.signal)
      const telling = tellNews(addresses.controller, news.signal)
      const failure = await ended
      news.abort()
      await telling
      if (failure !== undefined) status = complain(failure)
    }
  } catch (error) {
    status = complain((error as Error).message)
  } finally {
    await demo.end()
  }
  process.stdout.write('demo ended; nothing is left\n')
  return status
}

function complain(reason: string): number {
  process.stderr.write(`sflow-bridge demo: ${reason}\n`)
  return 1
}

/** A closed terminal ends it as Ctrl-C does. */
function untilOver(durationMs: number): Promise<string> {
  return new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      // Asked again while it ends, it goes on ending.
      process.on(signal, () => resolve(signal))
    }
    if (durationMs > 0) setTimeout(() => resolve('duration'), durationMs).unref()
  })
}

function program(flags: FlagValues, flag: string, names: readonly string[]): Program | undefined {
  const given = flags.optional(flag)
  if (given === 'none') return undefined
  if (given !== undefined && !isProgram(given)) {
    throw new UsageError(`--${flag}=${given}: no such program`)
  }
  const path = given ?? onPath(names)
  if (path !== undefined) return { path }
  return canUnpack() ? 'unpack' : undefined
}

const NEWS_INTERVAL_MS = 1_000

async function tellNews(controller: string, signal: AbortSignal): Promise<void> {
  const news = new News()
  while (!signal.aborted) {
    await delay(NEWS_INTERVAL_MS, undefined, { signal }).catch(() => undefined)
    try {
      const response = await fetch(`${controller}/api/v1/actions`, { signal })
      for (const line of news.take(await response.json())) {
        process.stdout.write(`${new Date().toLocaleTimeString('en-GB')}  ${line}\n`)
      }
    } catch {
      // The controller is busy or ending; the next round tells what is new.
    }
  }
}

const TITLES = { prometheus: 'Prometheus', alertmanager: 'Alertmanager' } as const

const row = (name: string, text: string) => `  ${name.padEnd(18)}${text}\n`

/** What is unpacked first is told when it is there, or why it will not be. */
function tellLate(late: DemoAddresses['late'], signal: AbortSignal): void {
  for (const name of UNPACKABLE_NAMES) {
    late[name]
      ?.catch(error => `${lastLine(error)}; ${elsewhere(name)}`)
      .then(text => signal.aborted || process.stdout.write(row(TITLES[name], text)))
  }
}

function lastLine(error: unknown): string {
  return (error as Error).message.trim().split('\n').at(-1) ?? ''
}

function elsewhere(name: string): string {
  return `--${name}=PATH takes one from elsewhere`
}

function introduction(to: DemoAddresses): string {
  const other = (name: UnpackableName) => {
    if (name in to.late) return 'being unpacked from Debian packages, told below'
    return to[name] ?? `none here: ${elsewhere(name)}`
  }
  const lines = [
    ['live page', `${to.bridge}/`],
    ['metrics', `${to.bridge}/metrics`],
    ['controller', `${to.controller}/api/v1/actions`],
    ...Object.entries(to.aclAgents).map(
      ([name, url]) => [`ACL agent ${name}`, `${url}/api/v1/rules`] as const,
    ),
    ...UNPACKABLE_NAMES.map(name => [TITLES[name], other(name)] as const),
    ['sFlow', `${to.sflow} (UDP)`],
  ] as const
  return `
${lines.map(([name, text]) => row(name, text)).join('')}
What to watch on the live page, from now on:
  0:10  a large transfer, marked by the controller; again each minute
  0:30  a reflection attack on one host: an event, and a drop on the border leaf
  2:00  a SYN flood, limited; 3:00 lost datagrams; 3:20 an ICMP flood; 4:20 a port goes down
The ACL agents change no device, and traffic is made up: a rule changes nothing in it.
Below is told what the controller does. Ctrl-C ends everything and removes its files.

`
}
