/** `sflow-bridge simulate`: sends the sFlow of a network that is not there. Wiring only. */

import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { openUdpSender } from '../ingest/sender.ts'
import { SFLOW_PORT } from '../pcap/datagrams.ts'
import { Pace } from '../pcap/pace.ts'
import { pcapFileHeader, pcapRecord, udpFrame } from '../pcap/writer.ts'
import type { FabricSize } from '../simulate/fabric.ts'
import { SCENARIOS, type ScenarioName } from '../simulate/scenarios.ts'
import { type Simulation, simulate } from '../simulate/simulate.ts'
import { UsageError } from '../usage-error.ts'
import type { Command, CommandContext, Flag, FlagValues } from './command.ts'
import {
  amount,
  ProgressLine,
  parseSpeed,
  parseTarget,
  REAL_CLOCK,
  sendingSummary,
  stopSignal,
} from './sending.ts'

/** Names, usual values and greatest ones: more would not fit the numbering of ports and addresses. */
const SIZES = [
  { name: 'spines', usual: 2, least: 1, most: 64, help: 'Spine switches.' },
  { name: 'leaves', usual: 4, least: 1, most: 120, help: 'Leaf switches.' },
  { name: 'hosts', usual: 4, least: 1, most: 46, help: 'Hosts on each leaf.' },
  { name: 'guests', usual: 3, least: 0, most: 100, help: 'Containers or VMs on each host.' },
] as const

const SIZE_FLAGS: readonly Flag[] = SIZES.map(({ name, usual, help }) => {
  return { name, type: 'number', placeholder: 'N', default: String(usual), help }
})

export const command: Command = {
  name: 'simulate',
  summary: 'send the sFlow of a simulated network: switches, hosts, containers, traffic, trouble',
  flags: [
    {
      name: 'to',
      type: 'string',
      placeholder: 'HOST:PORT',
      default: `127.0.0.1:${SFLOW_PORT}`,
      help: 'Where to send; IPv6 addresses in brackets.',
    },
    {
      name: 'write',
      type: 'string',
      placeholder: 'FILE',
      help: 'Write a pcap file instead of sending, as fast as it goes; needs --duration.',
    },
    {
      name: 'scenario',
      type: 'string',
      placeholder: 'NAME',
      choices: Object.keys(SCENARIOS),
      default: 'fabric',
      help: 'What happens.',
    },
    {
      name: 'seed',
      type: 'number',
      placeholder: 'N',
      default: '1',
      help: 'The same seed makes the same network, traffic and trouble.',
    },
    {
      name: 'duration',
      type: 'duration',
      default: '0',
      help: 'How long, in simulated time; 0 runs until interrupted.',
    },
    {
      name: 'speed',
      type: 'string',
      placeholder: 'FACTOR',
      default: '1',
      help: 'How many times faster than real time, or max.',
    },
    {
      name: 'sampling',
      type: 'number',
      placeholder: 'N',
      default: '1000',
      help: 'Sample 1 packet in N, at every port.',
    },
    { name: 'polling', type: 'duration', default: '20s', help: 'How often counters are sent.' },
    {
      name: 'day',
      type: 'duration',
      default: '24h',
      help: 'How long a day is: traffic is low at night and has two peaks by day.',
    },
    {
      name: 'traffic',
      type: 'number',
      placeholder: 'FACTOR',
      default: '1',
      help: 'More or less traffic than usual.',
    },
    ...SIZE_FLAGS,
  ],
  examples: [
    'sflow-bridge simulate',
    'sflow-bridge simulate --scenario=ddos --to=collector.example:6343',
    'sflow-bridge simulate --write=day.pcap --duration=10m --seed=7',
  ],
  run,
}

async function run({ flags }: CommandContext): Promise<number> {
  const path = flags.optional('write')
  const durationMs = flags.durationMs('duration') || Number.POSITIVE_INFINITY
  if (path !== undefined && durationMs === Number.POSITIVE_INFINITY) {
    throw new UsageError('--write needs --duration: the file would never end')
  }
  const simulation = simulate({
    scenario: flags.string('scenario') as ScenarioName,
    seed: whole(flags, 'seed', 0, 2 ** 31 - 1),
    // A file is the same whenever it is made; what is sent follows the day of whoever watches.
    startMs: path === undefined ? Date.now() : Date.UTC(2026, 0, 5, 9),
    durationMs,
    size: fabricSize(flags),
    samplingRate: whole(flags, 'sampling', 1, 2 ** 31 - 1),
    pollingMs: atLeast(flags, 'polling', 1_000),
    dayMs: atLeast(flags, 'day', 60_000),
    trafficFactor: flags.number('traffic'),
  })
  if (path !== undefined) return writeCapture(simulation, path)
  return sendAll(simulation, flags)
}

async function sendAll(simulation: Simulation, flags: FlagValues): Promise<number> {
  const target = parseTarget('to', flags.string('to'))
  const speed = parseSpeed(flags.string('speed'))
  const sender = await openUdpSender(target.host, target.port)
  const stop = stopSignal()
  const progress = new ProgressLine(process.stderr)
  const pace = new Pace(REAL_CLOCK, speed, stop.signal)
  const startedMs = performance.now()
  try {
    for (const { timeMs, bytes } of simulation) {
      const wait = pace.until(timeMs)
      if (wait !== undefined) await wait
      if (stop.signal.aborted) break
      const room = sender.send(bytes)
      if (room !== undefined) await room
      progress.show(() => progressText(simulation, sender.counts.sent, timeMs))
    }
    await sender.flush()
    progress.clear()
    const seconds = (performance.now() - startedMs) / 1_000
    process.stdout.write(`${sendingSummary('simulated', sender.counts, seconds)}\n`)
    return 0
  } finally {
    stop.release()
    await sender.close()
  }
}

/** The datagrams and what goes on: `12,345 datagrams, elephant: 10.1.0.1 -> 10.3.0.2, …`. */
function progressText({ truth }: Simulation, sent: number, nowMs: number): string {
  const running = truth.incidents().filter(({ endMs }) => endMs > nowMs)
  const told = running.map(({ kind, about }) => `${kind}: ${about}`)
  return [amount(sent, 'datagram'), ...told].join('; ')
}

async function writeCapture(simulation: Simulation, path: string): Promise<number> {
  const file = createWriteStream(path)
  await once(file, 'open').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot write ${path}: ${error.code}`)
  })
  const collector = { address: '127.0.0.1', port: SFLOW_PORT }
  let datagrams = 0
  file.write(pcapFileHeader())
  for (const { timeMs, bytes, agent } of simulation) {
    const frame = udpFrame({ address: agent, port: SFLOW_PORT }, collector, bytes)
    datagrams += 1
    if (!file.write(pcapRecord(timeMs, frame))) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
  process.stdout.write(`wrote ${amount(datagrams, 'datagram')} to ${path}\n`)
  return 0
}

function fabricSize(flags: FlagValues): FabricSize {
  const [spines, leaves, hostsPerLeaf, guestsPerHost] = SIZES.map(({ name, least, most }) => {
    return whole(flags, name, least, most)
  }) as [number, number, number, number] // as many as SIZES has rows
  return { spines, leaves, hostsPerLeaf, guestsPerHost }
}

function whole(flags: FlagValues, name: string, min: number, max: number): number {
  const value = flags.number(name)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new UsageError(`--${name}=${value}: a whole number from ${min} to ${max} is needed`)
}

function atLeast(flags: FlagValues, name: string, leastMs: number): number {
  const value = flags.durationMs(name)
  if (value >= leastMs) return value
  throw new UsageError(`--${name}: at least ${leastMs / 1_000}s is needed`)
}
