/** A capacity as people read it: a line for each number, then what to set where. Pure text. */
import { BRIDGE_SERIES_MAX, PAUSE_MS, WORKER_LOAD_MAX } from './costs.ts'
import type { Capacity, CapacityInput } from './model.ts'

/** Numbers of the configuration in force that a network may not fit into. */
export interface Limits {
  readonly agents: number
  readonly interfaces: number
  readonly hosts: number
  readonly containers: number
}

export function capacityLines(input: CapacityInput, found: Capacity, limits: Limits): string[] {
  const sampled = input.sampling > 0 ? `1 in ${count(input.sampling)} frames` : 'not at all'
  const rows: readonly (readonly [string, string])[] = [
    ['sampled', sampled],
    ['packet samples', rate(found.flowSamplesPerSecond)],
    ['counter samples', rate(found.counterSamplesPerSecond)],
    ['datagrams', `${rate(found.datagramsPerSecond)}, ${bits(found.bitsPerSecond)}`],
    [
      'series',
      `${count(found.series)}: ${count(found.counterSeries)} of counters, at most ${count(found.flowSeriesMax)} of flows`,
    ],
    ['page', `${bytes(found.pageBytes)}, ${bytes(found.pageGzipBytes)} compressed`],
    [
      'scrapes',
      `one each ${input.scrapeSeconds} s, ${count(found.readingsPerSecond)} readings a second`,
    ],
    ['memory', `${bytes(found.memoryBytes)}, of all bridges together`],
    [
      'processor',
      `${cores(found.ingestCores)} cores for datagrams (${input.driver}), ${cores(found.scrapeCores)} cores for scrapes`,
    ],
    [
      'bridges',
      `${found.bridges}, of ${found.workers} ${found.workers === 1 ? 'worker' : 'workers'} each (a worker at most ${WORKER_LOAD_MAX * 100} % busy, a bridge at most ${count(BRIDGE_SERIES_MAX)} series)`,
    ],
    [
      'receive buffer',
      `${bytes(found.receiveBufferBytes)} a worker: a pause of ${PAUSE_MS} ms loses nothing`,
    ],
  ]
  return [
    ...rows.map(([name, value]) => `${name.padEnd(16)} ${value}`),
    '',
    ...settingLines(found, limits, input),
  ]
}

/** Lines of a configuration file, as far as the network does not fit into the one in force. */
function settingLines(found: Capacity, limits: Limits, { hosts }: CapacityInput): string[] {
  const wanted = {
    agents: found.agents,
    interfaces: found.interfaces,
    hosts,
    containers: found.containers,
  }
  const tooSmall = (Object.keys(wanted) as (keyof Limits)[]).filter(
    name => Math.ceil(wanted[name] / found.bridges) > limits[name],
  )
  const lines = [
    `# sysctl -w net.core.rmem_max=${found.receiveBufferBytes}`,
    'listen:',
    `  receive_buffer: ${found.receiveBufferBytes}`,
    `  workers: ${found.workers}`,
  ]
  if (tooSmall.length === 0) return lines
  // A quarter more than there are: a shard that ends gives its agents to the others.
  const room = (name: keyof Limits) => Math.ceil((wanted[name] / found.bridges) * 1.25)
  return [...lines, 'limits:', ...tooSmall.map(name => `  ${name}: ${room(name)}`)]
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function rate(value: number): string {
  return `${value < 10 ? value.toFixed(1) : count(value)} a second`
}

export function cores(value: number): string {
  return value < 0.01 ? '0.01' : value.toFixed(2)
}

export function bytes(value: number): string {
  return scaled(value, ['B', 'kB', 'MB', 'GB', 'TB'])
}

export function bits(value: number): string {
  return `${scaled(value, ['bit', 'kbit', 'Mbit', 'Gbit', 'Tbit'])}/s`
}

function scaled(value: number, units: readonly string[]): string {
  let step = 0
  let rest = value
  for (; rest >= 1_000 && step < units.length - 1; step++) rest /= 1_000
  return `${rest < 10 ? rest.toFixed(1) : rest.toFixed(0)} ${units[step]}`
}
