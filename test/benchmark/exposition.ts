/**
 * A scrape of N series (100,000 by default): the worker's render, in chunks as it is driven, against
 * registries with the same number of series, of prom-client 15.1.3 and of its successor, interleaved;
 * time, longest synchronous piece, memory. `node --expose-gc test/benchmark/exposition.ts [SERIES]`
 */
import * as successor from 'prom-client'
import * as promClient from 'prom-client-15'
import { CHUNK_BYTES } from '../../src/engine/chunks.ts'
import { Engine } from '../../src/engine/engine.ts'
import { DEFAULT_LIMITS } from '../../src/engine/limits.ts'
import { NO_NAMES } from '../../src/engine/naming.ts'
import { portDatagram } from '../support/datagrams.ts'
import { median } from './median.ts'

const SERIES = Number(process.argv[2] ?? 100_000)
/** What one interface of our load exposes. */
const PER_INTERFACE = 21
const PORTS = 48
const ROUNDS = 7

const heap = () => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function filledEngine(): Engine {
  const table = { max: 1_000_000, perAgentMax: 1_000_000 }
  const limits = { ...DEFAULT_LIMITS, agents: table, interfaces: table }
  const engine = new Engine({ limits, names: NO_NAMES, hashSeed: 7 })
  const interfaces = Math.ceil(SERIES / PER_INTERFACE)
  for (let index = 0; index < interfaces; index++) {
    const number = Math.floor(index / PORTS)
    const agent = `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`
    const ifIndex = (index % PORTS) + 1
    const values = {
      ifIndex,
      name: `swp${ifIndex}`,
      ifInOctets: index * 1_000_003,
      ifInUcastPkts: index * 7,
    }
    const bytes = portDatagram({ agent, sequence: ifIndex, uptimeMs: 1_000 + ifIndex }, values)
    engine.receive(
      new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      0,
      bytes.byteLength,
      1_000,
    )
  }
  return engine
}

interface Library {
  readonly name: string
  readonly registry: { metrics(): Promise<string> }
  readonly bytes: number
  readonly times: number[]
}

/** Both libraries have these two classes, of the same shape. */
type Classes = Pick<typeof successor, 'Counter' | 'Registry'>

function filledRegistry({ Counter, Registry }: Classes): Library['registry'] {
  const registry = new Registry()
  const counters = Array.from({ length: PER_INTERFACE }, (_, index) => {
    return new Counter({
      name: `sflow_metric_${index}_total`,
      help: 'A counter.',
      labelNames: ['agent', 'ifindex', 'ifname'],
      registers: [registry],
    })
  })
  for (let index = 0; index < SERIES / PER_INTERFACE; index++) {
    const labels = {
      agent: `10.0.0.${Math.floor(index / PORTS)}`,
      ifindex: String(index % PORTS),
      ifname: `swp${index % PORTS}`,
    }
    for (const counter of counters) counter.inc(labels, index * 1_000_003)
  }
  return registry
}

const start = heap()
const engine = filledEngine()
const engineBytes = heap() - start
const libraries: Library[] = []
for (const [name, classes] of [
  ['prom-client 15.1.3', promClient as unknown as Classes],
  ['its successor', successor],
] as const) {
  const before = heap()
  const registry = filledRegistry(classes)
  libraries.push({ name, registry, bytes: heap() - before, times: [] })
}
/** As chunks come back from the main thread: two are enough where each is done with at once. */
const memory = Array.from({ length: 2 }, () => new Uint8Array(CHUNK_BYTES))
let taken = 0
const allocate = (length: number) =>
  length === CHUNK_BYTES ? (memory[taken++ % 2] as Uint8Array<ArrayBuffer>) : new Uint8Array(length)
const own: number[] = []
const ownLongest: number[] = []
let theirPageBytes = 0
let pageBytes = 0
for (let round = 0; round < ROUNDS; round++) {
  const began = performance.now()
  let longest = 0
  let before = began
  pageBytes = 0
  const scrape = engine.render(allocate)
  for (const chunk of scrape.chunks) {
    pageBytes += chunk.bytes.length
    longest = Math.max(longest, performance.now() - before)
    // Between two chunks the worker's event loop turns; here it is only measured.
    before = performance.now()
  }
  scrape.end()
  own.push(performance.now() - began)
  ownLongest.push(longest)
  for (const { registry, times } of libraries) {
    const theirBegan = performance.now()
    theirPageBytes = (await registry.metrics()).length
    times.push(performance.now() - theirBegan)
  }
}
const say = (name: string, value: string) => process.stdout.write(`${name.padEnd(44)} ${value}\n`)
say('series asked for', String(SERIES))
say('page, bytes', `${pageBytes} (client libraries: ${theirPageBytes})`)
say('render, ms (median)', median(own).toFixed(1))
say(
  'longest piece, ms (median / longest)',
  `${median(ownLongest).toFixed(2)} / ${Math.max(...ownLongest).toFixed(2)}`,
)
say('memory, MB', (engineBytes / 1e6).toFixed(0))
for (const { name, times, bytes } of libraries) {
  const ratio = (median(times) / median(own)).toFixed(1)
  say(`${name}, ms (median; one piece)`, median(times).toFixed(1))
  say(`${name}: times slower; memory, MB`, `${ratio}; ${(bytes / 1e6).toFixed(0)}`)
}
