/** A fuzz run over the whole engine, flows and renders included: counts, times, memory. */
import { FlowSamples } from '../../src/engine/flow-samples.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { REFUSAL } from '../../src/sflow/refusal.ts'
import { Random } from '../../src/simulate/random.ts'
import { pageLines, testEngine } from './engine.ts'
import { mutate, seedDatagrams } from './mutate.ts'

export interface FuzzResult {
  readonly datagrams: number
  readonly refused: number
  /** Datagrams on which something threw: must be 0. */
  readonly internal: number
  readonly slowestMs: number
  readonly microsecondsEach: number
  /** Rows of all tables at the end, and what they may hold. */
  readonly rows: number
  readonly rowsMax: number
  readonly heapGrowthBytes: number
  readonly pageFaults: number
}

const SERIES =
  /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)*\})? -?[0-9.e+-]+$/

export async function fuzz(datagrams: number, seed: number): Promise<FuzzResult> {
  const seeds = await seedDatagrams()
  const random = new Random(seed)
  const table = { max: 500, perAgentMax: 100 }
  const limitsPart = {
    agents: table,
    interfaces: table,
    hosts: table,
    containers: table,
    sources: table,
  }
  const engine = testEngine({ limitsPart })
  const limits = { ...FLOW_LIMITS, agents: 500, interfaces: 500, entries: 1_024 }
  const flows = new FlowSamples(engine, { limits, seed: 1, onEvent: () => {} })
  const settings = Object.fromEntries(SHIPPED_FLOWS.map(flow => [flow.name, flow]))
  flows.apply({ flows: settings, thresholds: {}, groups: {}, maps: {} })
  engine.flows = flows
  const buffer = new Uint8Array(65_536)
  const view = new DataView(buffer.buffer)
  let slowestMs = 0
  let pageFaults = 0
  let heapBefore = 0
  const started = performance.now()
  for (let count = 0; count < datagrams; count++) {
    // The first tenth fills the tables: memory is compared from there on.
    if (count === Math.floor(datagrams / 10)) heapBefore = usedBytes()
    const length = mutate(seeds[random.integer(seeds.length)] as Uint8Array, buffer, random)
    const before = performance.now()
    engine.receive(view, 0, length, count, '192.0.2.1')
    slowestMs = Math.max(slowestMs, performance.now() - before)
    if (count % 1_000 === 999) engine.tick(count)
    if (count % 20_000 !== 19_999) continue
    for (const line of pageLines(engine)) if (!SERIES.test(line)) pageFaults += 1
  }
  const elapsedMs = performance.now() - started
  const tables = engine.registry.tables
  return {
    datagrams,
    refused: engine.datagramsRefused.reduce((sum, one) => sum + one, 0),
    internal: engine.datagramsRefused[REFUSAL.internal] as number,
    slowestMs,
    microsecondsEach: (elapsedMs * 1_000) / datagrams,
    rows: tables.reduce((sum, one) => sum + one.size, 0),
    rowsMax: tables.reduce((sum, one) => sum + one.max, 0),
    heapGrowthBytes: usedBytes() - heapBefore,
    pageFaults,
  }
}

function usedBytes(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
