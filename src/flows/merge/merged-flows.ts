/**
 * Flows over all agents (`by: all`) where several workers receive: counted in one place, so that
 * there is one ranking, one budget, one set of monotonic series, and thresholds see the whole.
 * Batches of samples and time go in; families, answers and events come out. No clock of its own.
 */

import { FlowEngine } from '../engine.ts'
import type { ThresholdEvent } from '../events.ts'
import type { FlowKeyStats, FlowSnapshot, FlowTableStats } from '../families.ts'
import type { FlowTable } from '../flow-table.ts'
import { FlowView } from '../flow-view.ts'
import { FlowContext } from '../functions/context.ts'
import type { FlowLimits } from '../limits.ts'
import type { ActiveFlow, ActiveFlowQuery } from '../queries.ts'
import { applyFlowSettings, type FlowSettings, type FlowTaker, NO_SETTINGS } from '../settings.ts'
import { NO_UNIT } from '../units.ts'
import {
  definitionKey,
  FRAME_LENGTH,
  type SampleBatch,
  SCALE,
  SHED_BYTES,
  SHED_FRAMES,
  SHED_SUMS,
  sumsOf,
  TAP,
  type TapNotice,
  TIME,
} from './batch.ts'
import { RecordCursor, ReplayedFlow } from './replayed-flow.ts'
import { forMerge } from './split.ts'

const SWEEP_MS = 60_000

export interface MergedFlowsOptions {
  readonly limits: FlowLimits
  readonly seed: number
  readonly onEvent: (event: ThresholdEvent) => void
}

interface Merged {
  readonly key: string
  readonly flow: ReplayedFlow
  readonly table: FlowTable
}

/** What one worker has told of one of its taps. */
interface Told extends TapNotice {
  readonly keys: ToldKey[]
}

interface ToldKey {
  readonly texts: readonly string[]
  readonly words: Int32Array
}

export class MergedFlows {
  readonly #engine: FlowEngine
  readonly #context = new FlowContext()
  readonly #cursor = new RecordCursor()
  readonly #view = new FlowView()
  readonly #merged = new Map<string, Merged>()
  /** By worker and tap. */
  readonly #told: Told[][] = []
  #settings: FlowSettings = NO_SETTINGS
  #sweptMs = 0
  #nowMs = 0

  constructor({ limits, seed, onEvent }: MergedFlowsOptions) {
    this.#engine = new FlowEngine({
      // All traffic is one unit.
      limits: { ...limits, agents: 1, interfaces: 1 },
      names: { interfaceName: () => undefined },
      metrics: { interfaceSpeed: () => 0, readings: () => {} },
      seed,
      onEvent,
    })
  }

  /** Takes its part of the settings; what did not change goes on counting. Returns the faults. */
  apply(settings: FlowSettings): string[] {
    const next = forMerge(settings)
    const engine = this.#engine
    const taker: FlowTaker = {
      define: flow => {
        const { name } = flow.definition
        const replayed = new ReplayedFlow(flow, this.#cursor, this.#context.texts)
        if (!engine.define(replayed)) return false
        const table = engine.table(name) as FlowTable
        this.#merged.set(name, { key: definitionKey(flow), flow: replayed, table })
        return true
      },
      remove: name => {
        this.#merged.delete(name)
        return engine.remove(name)
      },
      setThreshold: threshold => engine.setThreshold(threshold),
      removeThreshold: name => engine.removeThreshold(name),
    }
    const faults = applyFlowSettings(taker, this.#context, this.#settings, next)
    this.#settings = next
    return faults
  }

  /** Counts a batch of a worker. Records of definitions that are no more are passed over. */
  take(worker: number, { taps, keys, numbers, used }: SampleBatch): void {
    const told = this.#told[worker] ?? []
    this.#told[worker] = told
    // Before the first text: one that was taken in before the time is known is soon too old.
    if (this.#sweptMs === 0 && used > TIME) this.#sweep(numbers[TIME] as number)
    for (const notice of taps) told[notice.tap] = { ...notice, keys: [] }
    for (const [tap, key, texts] of keys) {
      const one = told[tap]
      if (one !== undefined) one.keys[key] = { texts, words: new Int32Array(texts.length) }
    }
    const byKey = new Map(Array.from(this.#merged.values(), merged => [merged.key, merged]))
    const merged = told.map(({ definition }) => byKey.get(definition))
    const cursor = this.#cursor
    cursor.numbers = numbers
    for (let at = 0; at < used; ) {
      cursor.at = at
      const number = numbers[at + TAP] as number
      const isShed = number < 0
      const tap = isShed ? -1 - number : number
      const one = merged[tap]
      const { length, shedLength, keys: known } = told[tap] as Told
      at += isShed ? shedLength : length
      if (one === undefined) continue
      if (isShed) this.#addShed(one)
      else this.#count(one, known)
    }
    this.#engine.settle()
  }

  #count({ flow, table }: Merged, keys: readonly ToldKey[]): void {
    const { numbers, at } = this.#cursor
    if (flow.localKey) this.#readTexts(keys[numbers[at + flow.keyAt] as number])
    const view = this.#view
    // Time does not run backwards: what was told a tick ago is not older than that.
    view.nowMs = Math.max(this.#nowMs, numbers[at + TIME] as number)
    view.frameLength = numbers[at + FRAME_LENGTH] as number
    view.scale = numbers[at + SCALE] as number
    this.#engine.stageInto(table, view)
  }

  /** Texts are forgotten when they have not been used for long: then they get words anew. */
  #readTexts(key: ToldKey | undefined): void {
    if (key === undefined) return
    const { texts } = this.#context
    const { words } = key
    for (let index = 0; index < words.length; index++) {
      const word = words[index] as number
      if (word === 0 || !texts.live(word)) words[index] = texts.ofText(key.texts[index] as string)
    }
    this.#cursor.words = words
  }

  /** What a worker could not send in time: all totals stay exact, but it belongs to no flow. */
  #addShed({ flow, table }: Merged): void {
    const { numbers, at } = this.#cursor
    const { other } = table
    const add = (totals: Float64Array, value: number) => {
      totals[NO_UNIT] = (totals[NO_UNIT] as number) + value
    }
    other.begin(NO_UNIT, { nowMs: numbers[at + TIME] as number })
    add(other.bytes, numbers[at + SHED_BYTES] as number)
    add(other.frames, numbers[at + SHED_FRAMES] as number)
    sumsOf(flow).forEach((_, index) => {
      add(other.sums[index] as Float64Array, numbers[at + SHED_SUMS + index] as number)
    })
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs
    this.#engine.tick(nowMs)
    if (nowMs - this.#sweptMs >= SWEEP_MS) this.#sweep(nowMs)
  }

  #sweep(nowMs: number): void {
    this.#sweptMs = nowMs
    this.#context.texts.sweep(nowMs)
  }

  snapshot(): FlowSnapshot {
    return this.#engine.snapshot(this.#nowMs)
  }

  /** Of the definitions alone: the engine's tables of agents and ports hold nothing. */
  stats(): FlowTableStats[] {
    return this.#engine.stats().filter(({ table }) => table.startsWith('flow_'))
  }

  keyStats(): FlowKeyStats[] {
    return this.#engine.keyStats()
  }

  /** Is this a definition that is counted here? */
  has(name: string): boolean {
    return this.#merged.has(name)
  }

  activeFlows(name: string, query: ActiveFlowQuery): ActiveFlow[] | undefined {
    return this.#engine.activeFlows(name, query)
  }

  flowValue(name: string, agent: string, dataSource: string, key: string): number | undefined {
    return this.#engine.flowValue(name, agent, dataSource, key)
  }
}
