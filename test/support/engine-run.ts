/** An engine with some of the shipped flow definitions, fed by virtual time; its page, counted. */
import { Engine } from '../../src/engine/engine.ts'
import { FlowSamples } from '../../src/engine/flow-samples.ts'
import { DEFAULT_LIMITS } from '../../src/engine/limits.ts'
import { NO_NAMES } from '../../src/engine/naming.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'

export interface CountedPage {
  readonly series: number
  readonly bytes: number
  /** Series by the second word of their names: `host`, `container`, … */
  readonly byEntity: Readonly<Record<string, number>>
  /** How many `…_info` series of each there are. */
  readonly entities: Readonly<Record<string, number>>
}

export interface EngineRun {
  readonly engine: Engine
  receive(bytes: Uint8Array, nowMs: number): void
  receiveAt(view: DataView, offset: number, length: number, nowMs: number): void
  page(): CountedPage
}

/**
 * `flows` by position in the shipped definitions, or by name. `later`: samples take effect when it says
 * so, as in a worker; else at once.
 */
export function engineRun(
  flows: readonly (number | string)[],
  later?: (settle: () => void) => void,
): EngineRun {
  const options = { limits: DEFAULT_LIMITS, names: NO_NAMES, hashSeed: 7 }
  const engine = new Engine(later === undefined ? options : { ...options, later })
  const samples = new FlowSamples(engine, { limits: FLOW_LIMITS, seed: 7, onEvent: () => {} })
  const chosen = SHIPPED_FLOWS.filter(
    ({ name }, index) => flows.includes(index) || flows.includes(name),
  )
  const settings = Object.fromEntries(chosen.map(flow => [flow.name, flow]))
  samples.apply({ flows: settings, thresholds: {}, groups: {}, maps: {} })
  if (chosen.length > 0) engine.flows = samples
  let nextTickMs = 0
  const receiveAt = (view: DataView, offset: number, length: number, nowMs: number) => {
    if (nowMs >= nextTickMs) {
      engine.tick(nowMs)
      nextTickMs = nowMs + 1_000
    }
    engine.receive(view, offset, length, nowMs)
  }
  return {
    engine,
    receiveAt,
    receive(bytes, nowMs) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      receiveAt(view, 0, bytes.byteLength, nowMs)
    },
    page: () => count(pageOf(engine)),
  }
}

function pageOf(engine: Engine): string {
  const scrape = engine.render()
  let text = ''
  for (const { bytes } of scrape.chunks) text += Buffer.from(bytes).toString('utf8')
  scrape.end()
  return text
}

function count(text: string): CountedPage {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  const byEntity: Record<string, number> = {}
  const entities: Record<string, number> = {}
  let bytes = 0
  for (const line of lines) {
    const [, entity = '', isInfo] = /^sflow_([a-z]+)(_info\b)?/.exec(line) ?? []
    byEntity[entity] = (byEntity[entity] ?? 0) + 1
    if (isInfo) entities[entity] = (entities[entity] ?? 0) + 1
    bytes += line.length + 1
  }
  return { series: lines.length, bytes, byEntity, entities }
}
