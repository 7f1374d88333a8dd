/** The page `docs/reference/capacity.md`: the constants of the model, and networks of some sizes. */
import * as costs from './costs.ts'
import { type CapacityInput, capacity, type FlowCost } from './model.ts'
import { bits, bytes, cores, count } from './report.ts'

const TYPICAL = {
  ports: 48,
  utilization: 0.3,
  frameBytes: 1_000,
  pollingSeconds: 20,
  ethernet: false,
  opticsLanes: 0,
  containers: 20,
  scrapeSeconds: 15,
} as const

/** Speed, sampling as dns-sd advises for it. */
const NETWORKS = [
  { agents: 10, hosts: 0, speed: 1e9, sampling: 600 },
  { agents: 10, hosts: 400, speed: 10e9, sampling: 6_000 },
  { agents: 64, hosts: 0, speed: 25e9, sampling: 15_000 },
  { agents: 200, hosts: 8_000, speed: 25e9, sampling: 15_000 },
  { agents: 2_000, hosts: 20_000, speed: 25e9, sampling: 15_000 },
  { agents: 2_000, hosts: 20_000, speed: 100e9, sampling: 200_000 },
] as const

export function capacityReferenceText(flows: readonly FlowCost[]): string {
  const lines = [
    '# Capacity',
    '',
    'Made from the program; `npm run docs` writes it. `sflow-bridge capacity` reckons the same for your network.',
    '',
    '## Networks',
    '',
    `Switches of ${TYPICAL.ports} ports, ${TYPICAL.utilization * 100} % used, frames of ${TYPICAL.frameBytes} bytes; servers with ${TYPICAL.containers} containers; polled each ${TYPICAL.pollingSeconds} s, scraped each ${TYPICAL.scrapeSeconds} s;`,
    'the shipped flow definitions. Cores for datagrams, with the driver `dgram` and with `drain`. Series of flows are the most that can be.',
    '',
    '| switches | ports of | servers | sampled 1 in | datagrams/s | traffic | series | page, gzip | memory | cores dgram / drain | bridges × workers (drain) |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...NETWORKS.map(network => row({ ...TYPICAL, ...network, flows, driver: 'drain' })),
    '',
    '## What things cost',
    '',
    'Counts are facts of the program and are compared with it by a test. Times and memory were measured on the machine of',
    '`test/benchmark/results.md`; `node test/benchmark/capacity.ts` compares the model with the machine it runs on.',
    '',
    '| what | value | unit |',
    '|---|---|---|',
    ...Object.entries(costs).flatMap(([name, value]) => constantRows(name, value)),
    '',
  ]
  return lines.join('\n')
}

function row(input: CapacityInput): string {
  const found = capacity(input)
  const dgram = capacity({ ...input, driver: 'dgram' })
  const cells = [
    count(input.agents),
    `${input.speed / 1e9}G`,
    count(input.hosts),
    count(input.sampling),
    count(found.datagramsPerSecond),
    bits(found.bitsPerSecond),
    count(found.series),
    bytes(found.pageGzipBytes),
    bytes(found.memoryBytes),
    `${cores(dgram.ingestCores)} / ${cores(found.ingestCores)}`,
    `${found.bridges} × ${found.workers}`,
  ]
  return `| ${cells.join(' | ')} |`
}

const UNITS: Readonly<Record<string, string>> = {
  WIRE: 'bytes',
  SERIES: 'series',
  LINE_BYTES: 'bytes',
  GZIP_RATIO: 'to 1',
  TIME_NS: 'ns',
  MEMORY: 'bytes',
  WORKER_LOAD_MAX: 'of a core',
  WORKERS_MAX: 'a bridge',
  BRIDGE_SERIES_MAX: 'a bridge',
  WAITING_DATAGRAM_BYTES: 'bytes',
  PAUSE_MS: 'ms',
}

function constantRows(name: string, value: unknown, path = name): string[] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) =>
      constantRows(name, inner, `${path}.${key}`),
    )
  }
  return [`| \`${path}\` | ${Number(value).toLocaleString('en')} | ${UNITS[name]} |`]
}
