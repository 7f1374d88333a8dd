/**
 * A scrape of N series (100,000 by default): the worker's render, in chunks as it is driven, against
 * prom-client's registry with the same number of series; time, longest synchronous piece, memory.
 * `node --expose-gc test/benchmark/exposition.ts [SERIES]`
 */
import { Counter, Registry } from 'prom-client'
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

function filledRegistry(): Registry {
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
const registry = filledRegistry()
const registryBytes = heap() - start - engineBytes
const own: number[] = []
const ownLongest: number[] = []
const theirs: number[] = []
let series = 0
let pageBytes = 0
for (let round = 0; round < ROUNDS; round++) {
  const began = performance.now()
  let longest = 0
  let before = began
  series = 0
  pageBytes = 0
  const scrape = engine.render()
  for (const chunk of scrape.chunks) {
    pageBytes += chunk.bytes.length
    longest = Math.max(longest, performance.now() - before)
    // Between two chunks the worker's event loop turns; here it is only measured.
    before = performance.now()
  }
  scrape.end()
  own.push(performance.now() - began)
  ownLongest.push(longest)
  const theirBegan = performance.now()
  const text = await registry.metrics()
  theirs.push(performance.now() - theirBegan)
  series = text.length
}
const say = (name: string, value: string) => process.stdout.write(`${name.padEnd(44)} ${value}\n`)
say('series asked for', String(SERIES))
say('page, bytes', `${pageBytes} (client library: ${series})`)
say('render, ms (median)', median(own).toFixed(1))
say('longest piece, ms (median)', median(ownLongest).toFixed(2))
say('client library, ms (median; one piece)', median(theirs).toFixed(1))
say('ratio', (median(theirs) / median(own)).toFixed(1))
say(
  'memory, MB (engine / client library)',
  `${(engineBytes / 1e6).toFixed(0)} / ${(registryBytes / 1e6).toFixed(0)}`,
)
