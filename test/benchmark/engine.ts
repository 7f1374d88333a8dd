/**
 * What the engine costs: ns per datagram for decode and state, with and without flows, calm and under
 * a spoofed flood, interleaved in one run; medians. `node test/benchmark/engine.ts`
 */

import { Engine } from '../../src/engine/engine.ts'
import { FlowSamples } from '../../src/engine/flow-samples.ts'
import { DEFAULT_LIMITS } from '../../src/engine/limits.ts'
import { NO_NAMES } from '../../src/engine/naming.ts'
import { FLOW_LIMITS } from '../../src/flows/engine.ts'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { LOAD_DEFAULTS, Load } from '../../src/simulate/load.ts'
import { median } from './median.ts'

const DATAGRAMS = 60_000
const ROUNDS = 5

function engineOf(flowNames: readonly string[]): Engine {
  const engine = new Engine({ limits: DEFAULT_LIMITS, names: NO_NAMES, hashSeed: 7 })
  const flows = new FlowSamples(engine, { limits: FLOW_LIMITS, seed: 7, onEvent: () => {} })
  const chosen = SHIPPED_FLOWS.filter(({ name }) => flowNames.includes(name))
  const settings = Object.fromEntries(chosen.map(flow => [flow.name, flow]))
  flows.apply({ flows: settings, thresholds: {}, groups: {}, maps: {} })
  if (flowNames.length > 0) engine.flows = flows
  return engine
}

/** ns per datagram over one round; the engine and the load go on from where they were. */
function round(engine: Engine, load: Load, clock: { nowMs: number }): number {
  const started = process.hrtime.bigint()
  for (let count = 0; count < DATAGRAMS; count++) {
    const bytes = load.next(clock.nowMs)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    engine.receive(view, 0, bytes.byteLength, clock.nowMs)
    // 50,000 datagrams a second of virtual time, one tick each second.
    if (count % 50 === 0) clock.nowMs += 1
    if (clock.nowMs % 1_000 === 0 && count % 50 === 0) engine.tick(clock.nowMs)
  }
  return Number(process.hrtime.bigint() - started) / DATAGRAMS
}

/** The cost of making the datagrams themselves, to be taken off. */
function loadAlone(load: Load): number {
  const started = process.hrtime.bigint()
  let bytes = 0
  for (let count = 0; count < DATAGRAMS; count++) {
    const one = load.next(1_000 + count)
    bytes += new DataView(one.buffer, one.byteOffset, one.byteLength).getUint32(0)
  }
  if (bytes === 0) throw new Error('no load')
  return Number(process.hrtime.bigint() - started) / DATAGRAMS
}

const all = SHIPPED_FLOWS.map(({ name }) => name)
const variants = [
  { name: 'load alone', flows: undefined, spoofed: false },
  { name: 'load alone, spoofed', flows: undefined, spoofed: true },
  { name: 'counters only', flows: [], spoofed: false },
  { name: 'counters only, spoofed', flows: [], spoofed: true },
  { name: 'one definition', flows: ['talkers'], spoofed: false },
  { name: 'shipped definitions', flows: all, spoofed: false },
  { name: 'shipped definitions, spoofed', flows: all, spoofed: true },
] as const

const runs = variants.map(variant => ({
  ...variant,
  engine: variant.flows && engineOf(variant.flows),
  load: new Load({ ...LOAD_DEFAULTS, seed: 11, spoofed: variant.spoofed }),
  clock: { nowMs: 1_000 },
  times: [] as number[],
}))
for (let index = 0; index < ROUNDS + 1; index++) {
  for (const run of runs) {
    const time = run.engine ? round(run.engine, run.load, run.clock) : loadAlone(run.load)
    // The first round warms up.
    if (index > 0) run.times.push(time)
  }
}
const base = [median(runs[0]?.times ?? []), median(runs[1]?.times ?? [])]
for (const { name, times, spoofed, engine } of runs) {
  const own = median(times) - (engine ? (base[spoofed ? 1 : 0] as number) : 0)
  process.stdout.write(`${name.padEnd(30)} ${own.toFixed(0).padStart(6)} ns a datagram\n`)
}
