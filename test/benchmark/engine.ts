/**
 * What the engine costs, for a datagram of 6 packet samples and 1 counter sample: without flows, with
 * one definition, with twelve, with all shipped ones; calm and under a spoofed flood. All in one run,
 * taking turns; medians of CPU time. "A sample" is what flows add to a packet sample.
 *
 * Samples take effect behind each 32 datagrams, as many as a turn of the event loop brings.
 *
 *     node --expose-gc test/benchmark/engine.ts [--against=CHECKOUT] [--only=WORDS OF A NAME]
 *
 * `--against`: the engine of another checkout of this project beside it, taking turns with it.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Engine } from '../../src/engine/engine.ts'
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
const BURST = 32

const { values: flags } = parseArgs({
  options: {
    against: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})

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

/** What makes an engine of a checkout. */
async function engineOf(root: string) {
  const load = (path: string) => import(resolve(root, 'src', path))
  const [{ Engine }, { FlowSamples }, { DEFAULT_LIMITS }, { NO_NAMES }, { FLOW_LIMITS }] =
    await Promise.all([
      load('engine/engine.ts'),
      load('engine/flow-samples.ts'),
      load('engine/limits.ts'),
      load('engine/naming.ts'),
      load('flows/limits.ts'),
    ])
  return (definitions: Definitions, later: (settle: () => void) => void): Engine => {
    const engine = new Engine({ limits: DEFAULT_LIMITS, names: NO_NAMES, hashSeed: 7, later })
    const flows = new FlowSamples(engine, { limits: FLOW_LIMITS, seed: 7, onEvent: () => {} })
    flows.apply({ flows: definitions, thresholds: {}, groups: {}, maps: {} })
    if (Object.keys(definitions).length > 0) engine.flows = flows
    return engine
  }
}

type MakeEngine = Awaited<ReturnType<typeof engineOf>>

/** One engine under one load, with the time that both are at. */
class Run {
  readonly engine: Engine
  readonly nsPerDatagram: number[] = []
  readonly #load: Load
  readonly #buffer = new Uint8Array(65_535)
  readonly #view = new DataView(this.#buffer.buffer)
  #settle: (() => void) | undefined
  #nowMs = 1_000
  #made = 0

  constructor(make: MakeEngine, definitions: Definitions, spoofed: boolean) {
    this.engine = make(definitions, settle => {
      this.#settle = settle
    })
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
      if (this.#made % BURST === 0) {
        this.#settle?.()
        this.#settle = undefined
      }
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

/** All variants of one checkout. */
function runsOf(make: MakeEngine) {
  return Object.entries(VARIANTS)
    .filter(([name]) => name === 'counters only' || name.includes(flags.only))
    .map(([name, definitions]) => ({
      name,
      calm: new Run(make, definitions, false),
      flood: new Run(make, definitions, true),
    }))
}

type Runs = ReturnType<typeof runsOf>

/** What flows add to a packet sample: medians of what lies between rounds side by side. */
function perSample(run: Run, without: Run): number {
  const added = run.nsPerDatagram.map((ns, at) => ns - (without.nsPerDatagram[at] as number))
  return median(added) / LOAD_FLOW_SAMPLES
}

function show(runs: Runs): void {
  const base = runs[0] as Runs[0]
  console.log('ns of CPU, medians            a datagram          a sample       flood / calm')
  console.log('                            calm     flood      calm     flood')
  for (const { name, calm, flood } of runs) {
    const datagram = [median(calm.nsPerDatagram), median(flood.nsPerDatagram)]
    const sample = [perSample(calm, base.calm), perSample(flood, base.flood)]
    const ratio = medianRatio(flood, calm)
    const columns = [...datagram, ...(name === base.name ? [Number.NaN, Number.NaN] : sample)]
    const shown = columns.map(ns => (Number.isNaN(ns) ? '-' : ns.toFixed(0)).padStart(8))
    console.log(`${name.padEnd(24)}${shown.join('  ')}  ${ratio.toFixed(2).padStart(8)}`)
  }
}

function medianRatio(one: Run, other: Run): number {
  return median(one.nsPerDatagram.map((ns, at) => ns / (other.nsPerDatagram[at] as number)))
}

const runs = runsOf(await engineOf(resolve(import.meta.dirname, '../..')))
const against = flags.against === undefined ? [] : runsOf(await engineOf(flags.against))
for (let round = 0; round < ROUNDS; round++) {
  runs.forEach((run, at) => {
    const both = [run, against[at]].flatMap(one => (one === undefined ? [] : [one]))
    // Who comes first finds the caches full of another's numbers.
    if (round % 2 === 1) both.reverse()
    for (const { calm } of both) calm.round()
    for (const { flood } of both) flood.round()
  })
}
if (against.length > 0) {
  console.log(`as it is in ${flags.against}`)
  show(against)
  console.log('as it is here')
}
show(runs)
against.forEach((before, at) => {
  const { name, calm, flood } = runs[at] as Runs[0]
  const ratios = [medianRatio(calm, before.calm), medianRatio(flood, before.flood)]
  const shown = ratios.map(ratio => ratio.toFixed(2).padStart(8)).join('  ')
  console.log(`${name.padEnd(24)}${shown}  of what it was, calm and flood`)
})
if (globalThis.gc !== undefined) {
  for (const { name, calm } of runs) {
    globalThis.gc()
    console.log(
      `${name.padEnd(24)}${calm.garbage().toFixed(0).padStart(8)} bytes of garbage a datagram`,
    )
  }
}
