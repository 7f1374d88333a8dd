/**
 * What several workers cost, datagram by datagram, in CPU time of both sides together: asking who owns
 * an agent; handing a datagram over; and, with a flow over all agents, telling its samples to the main
 * thread. All in one thread and interleaved, so that the ratios hold on a busy machine, too.
 * `node test/benchmark/workers.ts [--rounds=9]`
 */
import { parseArgs } from 'node:util'
import { MessageChannel } from 'node:worker_threads'
import { Engine } from '../../src/engine/engine.ts'
import { FlowSamples } from '../../src/engine/flow-samples.ts'
import { DEFAULT_LIMITS } from '../../src/engine/limits.ts'
import { NO_NAMES } from '../../src/engine/naming.ts'
import { Router } from '../../src/engine/router.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import { MergedFlows } from '../../src/flows/merge/merged-flows.ts'
import { SampleTaps } from '../../src/flows/merge/taps.ts'
import { NO_SETTINGS } from '../../src/flows/settings.ts'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { Lanes } from '../../src/ingest/lanes.ts'
import { Ownership } from '../../src/ingest/ownership.ts'
import { LOAD_DEFAULTS, Load } from '../../src/simulate/load.ts'
import { median } from './median.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })
const ROUNDS = Number(values.rounds)
const DATAGRAMS = 20_000
/** As many as a turn of the event loop takes from a socket. */
const TURN = 32
const SEED = 7

const SHIPPED = { ...NO_SETTINGS, flows: named(SHIPPED_FLOWS) }
const EVERYWHERE = {
  ...NO_SETTINGS,
  flows: named([{ name: 'all', keys: ['ipsource', 'ipdestination'], by: 'all', n: 10 }]),
}

function named<Flow extends { readonly name: string }>(
  flows: readonly Flow[],
): Record<string, unknown> {
  return Object.fromEntries(flows.map(flow => [flow.name, flow]))
}

type Take = (view: DataView, length: number, nowMs: number) => void

interface Case {
  readonly name: string
  readonly take: Take
  /** After so many datagrams as one turn brings. */
  readonly turn: () => void
}

const nothing = () => {}

function engineWith(settings: typeof SHIPPED, taps?: SampleTaps): Engine {
  const engine = new Engine({ limits: DEFAULT_LIMITS, names: NO_NAMES, hashSeed: SEED })
  const options = { limits: FLOW_LIMITS, seed: SEED, onEvent: nothing }
  const flows = new FlowSamples(engine, taps ? { ...options, taps } : options)
  flows.apply(settings)
  engine.flows = flows
  return engine
}

function alone(name: string, settings: typeof SHIPPED): Case {
  const engine = engineWith(settings)
  return {
    name,
    take: (view, length, nowMs) => engine.receive(view, 0, length, nowMs, '192.0.2.1'),
    turn: nothing,
  }
}

/** One worker takes from the socket, the other owns all agents or none. */
function routed(name: string, owner: 0 | 1): Case {
  const owners = new Ownership(Ownership.memory(DEFAULT_LIMITS.agents.max), SEED)
  const { port1, port2 } = new MessageChannel()
  let nowMs = 0
  const workers = [port1, port2].map((port, worker) => {
    const lanes: Lanes = new Lanes({
      ports: new Map([[1 - worker, port]]),
      receive: (view, offset, length, sender) =>
        router.receiveForwarded(view, offset, length, nowMs, sender),
      later: nothing,
    })
    const router: Router = new Router({
      engine: engineWith(SHIPPED),
      owners,
      worker,
      forward: (...datagram) => lanes.send(...datagram),
    })
    return { lanes, router }
  })
  // Whoever hears of an agent first owns it.
  const load = new Load({ ...LOAD_DEFAULTS, seed: 3 })
  for (let index = 0; index < LOAD_DEFAULTS.agents; index++) {
    const bytes = load.next(0)
    workers[owner]?.router.receive(viewOf(bytes), 0, bytes.byteLength, 1)
  }
  return {
    name,
    take(view, length, now) {
      nowMs = now
      workers[0]?.router.receive(view, 0, length, now, '192.0.2.1')
    },
    turn() {
      workers[0]?.lanes.flush()
      workers[1]?.lanes.drain()
      workers[0]?.lanes.drain()
    },
  }
}

function merging(name: string): Case {
  const merged = new MergedFlows({ limits: FLOW_LIMITS, seed: SEED, onEvent: nothing })
  merged.apply(EVERYWHERE)
  const taps: SampleTaps = new SampleTaps({
    taps: 4,
    seed: SEED,
    begun: nothing,
    send(batch) {
      // As a worker does: a structured clone with the numbers transferred.
      const sent = structuredClone(batch, { transfer: [batch.numbers.buffer] })
      merged.take(0, sent)
      taps.recycle(sent.numbers)
    },
  })
  const engine = engineWith(EVERYWHERE, taps)
  return {
    name,
    take: (view, length, nowMs) => engine.receive(view, 0, length, nowMs, '192.0.2.1'),
    turn: nothing,
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Microseconds a datagram. The traffic is made before the clock runs. */
function run({ take, turn }: Case, load: Load, nowMs: number): number {
  const bytes = Array.from({ length: DATAGRAMS }, (_, index) =>
    load.next(nowMs + index / 20).slice(),
  )
  const views = bytes.map(viewOf)
  const before = process.cpuUsage()
  for (const [index, view] of views.entries()) {
    take(view, view.byteLength, nowMs + index / 20)
    if (index % TURN === TURN - 1) turn()
  }
  turn()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / DATAGRAMS
}

const CASES: readonly Case[] = [
  alone('shipped flows: one worker', SHIPPED),
  routed('  its own datagrams, one of several', 0),
  routed('  datagrams of another, handed over', 1),
  alone('a flow over all agents: one worker', EVERYWHERE),
  merging('  counted by the main thread'),
]

const costs = CASES.map((): number[] => [])
const loads = CASES.map(() => new Load({ ...LOAD_DEFAULTS, seed: 3 }))
for (let round = 0; round <= ROUNDS; round++) {
  for (const [index, one] of CASES.entries()) {
    const cost = run(one, loads[index] as Load, 1_000 + round * 2_000)
    // Code is compiled in a first round that does not count.
    if (round > 0) costs[index]?.push(cost)
  }
}
let base = 0
for (const [index, { name }] of CASES.entries()) {
  const cost = median(costs[index] ?? [])
  if (!name.startsWith(' ')) base = cost
  process.stdout.write(
    `${name.padEnd(40)} ${cost.toFixed(2)} µs a datagram, × ${(cost / base).toFixed(2)}\n`,
  )
}
process.exit()
