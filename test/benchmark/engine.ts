/**
 * What the engine costs, for a datagram of 6 packet samples and 1 counter sample: without flows, with
 * one definition, with twelve, with all shipped ones; calm and under a spoofed flood. All in one run,
 * taking turns; medians of CPU time. "A sample" is what flows add to a packet sample.
 *
 *     node --expose-gc test/benchmark/engine.ts
 */
import { Engine } from '../../src/engine/engine.ts'
import { FlowSamples } from '../../src/engine/flow-samples.ts'
import { DEFAULT_LIMITS } from '../../src/engine/limits.ts'
import { NO_NAMES } from '../../src/engine/naming.ts'
import { FLOW_LIMITS } from '../../src/flows/engine.ts'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import {
  LOAD_DATAGRAM_BYTES,
  LOAD_DEFAULTS,
  LOAD_FLOW_SAMPLES,
  Load,
} from '../../src/simulate/load.ts'
import { median } from './median.ts'

/** Short rounds and many: others work on the machine, too. */
const DATAGRAMS = 4_000
const ROUNDS = 15
const DATAGRAMS_PER_MS = 50
/** Tables are full and ports have their names from then on. */
const WARM_DATAGRAMS = 40_000
const WARM_MS = 60_000

type Definitions = Readonly<Record<string, unknown>>

/** As `keys` differ, no two of them can share more than the reading of a field. */
const TWELVE_KEYS = [
  'ipsource',
  'ipdestination',
  'ipsource,ipdestination',
  'ipprotocol',
  'ipprotocol,serviceport',
  'ipdscp',
  'ipsource,ipprotocol',
  'ipdestination,ipprotocol',
  'macsource,macdestination',
  'ipsource,serviceport',
  'ipdestination,serviceport',
  'ipsource,ipdestination,ipprotocol,serviceport',
]

function shipped(names?: readonly string[]): Definitions {
  const chosen = SHIPPED_FLOWS.filter(({ name }) => names === undefined || names.includes(name))
  return Object.fromEntries(chosen.map(flow => [flow.name, flow]))
}

const VARIANTS: Readonly<Record<string, Definitions>> = {
  'counters only': {},
  'one definition': shipped(['talkers']),
  'twelve definitions': Object.fromEntries(
    TWELVE_KEYS.map((keys, index) => [`twelve${index}`, { name: `twelve${index}`, keys }]),
  ),
  [`${SHIPPED_FLOWS.length} shipped definitions`]: shipped(),
}

/** One engine under one load, with the time that both are at. */
class Run {
  readonly engine = new Engine({ limits: DEFAULT_LIMITS, names: NO_NAMES, hashSeed: 7 })
  readonly nsPerDatagram: number[] = []
  readonly #load: Load
  readonly #buffer = new Uint8Array(65_535)
  readonly #view = new DataView(this.#buffer.buffer)
  #nowMs = 1_000
  #made = 0

  constructor(definitions: Definitions, spoofed: boolean) {
    const flows = new FlowSamples(this.engine, { limits: FLOW_LIMITS, seed: 7, onEvent: () => {} })
    flows.apply({ flows: definitions, thresholds: {}, groups: {}, maps: {} })
    if (Object.keys(definitions).length > 0) this.engine.flows = flows
    this.#load = new Load({ ...LOAD_DEFAULTS, seed: 11, ring: 8_192, spoofed })
    this.#take(WARM_DATAGRAMS)
    this.#nowMs += WARM_MS
    this.engine.tick(this.#nowMs)
    this.#take(WARM_DATAGRAMS)
  }

  round(): void {
    const without = cpuNs(() => this.#make(DATAGRAMS))
    const withEngine = cpuNs(() => this.#take(DATAGRAMS))
    this.nsPerDatagram.push((withEngine - without) / DATAGRAMS)
  }

  /** Bytes of garbage that a datagram leaves, ticks included. */
  garbage(): number {
    const started = process.memoryUsage().heapUsed
    this.#take(DATAGRAMS)
    return (process.memoryUsage().heapUsed - started) / DATAGRAMS
  }

  #take(count: number): void {
    for (let index = 0; index < count; index++) {
      this.#receive()
      this.engine.receive(this.#view, 0, LOAD_DATAGRAM_BYTES, this.#nowMs)
      this.#made += 1
      if (this.#made % DATAGRAMS_PER_MS !== 0) continue
      this.#nowMs += 1
      if (this.#nowMs % 1_000 === 0) this.engine.tick(this.#nowMs)
    }
  }

  /** The cost of making the datagrams, to be taken off: a few, and thrown away, so the engine sees a gap. */
  #make(count: number): void {
    for (let index = 0; index < count; index++) this.#receive()
  }

  /** A datagram in the buffer that all of them come in: as a socket leaves it, near to the processor. */
  #receive(): void {
    this.#buffer.set(this.#load.next(this.#nowMs))
  }
}

function cpuNs(work: () => void): number {
  const started = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(started)
  return (user + system) * 1_000
}

const runs = Object.entries(VARIANTS).map(([name, definitions]) => ({
  name,
  calm: new Run(definitions, false),
  flood: new Run(definitions, true),
}))
for (let round = 0; round < ROUNDS; round++) {
  for (const { calm, flood } of runs) {
    calm.round()
    flood.round()
  }
}

const base = runs[0] as (typeof runs)[0]

/** What flows add to a packet sample: medians of what lies between rounds side by side. */
function perSample(run: Run, without: Run): number {
  const added = run.nsPerDatagram.map((ns, at) => ns - (without.nsPerDatagram[at] as number))
  return median(added) / LOAD_FLOW_SAMPLES
}

console.log('ns of CPU, medians            a datagram          a sample       flood / calm')
console.log('                            calm     flood      calm     flood')
for (const { name, calm, flood } of runs) {
  const datagram = [median(calm.nsPerDatagram), median(flood.nsPerDatagram)]
  const sample = [perSample(calm, base.calm), perSample(flood, base.flood)]
  const ratio = median(flood.nsPerDatagram.map((ns, at) => ns / (calm.nsPerDatagram[at] as number)))
  const columns = [...datagram, ...(name === base.name ? [Number.NaN, Number.NaN] : sample)]
  const shown = columns.map(ns => (Number.isNaN(ns) ? '-' : ns.toFixed(0)).padStart(8))
  console.log(`${name.padEnd(24)}${shown.join('  ')}  ${ratio.toFixed(2).padStart(8)}`)
}
if (globalThis.gc !== undefined) {
  for (const { name, calm } of runs) {
    globalThis.gc()
    console.log(
      `${name.padEnd(24)}${calm.garbage().toFixed(0).padStart(8)} bytes of garbage a datagram`,
    )
  }
}
