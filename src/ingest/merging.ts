/**
 * The main thread's part in counting flows over all agents (`by: all`) for several workers: their
 * batches in, the engine's second, families and answers out.
 */
import { keyTotals, tableTotals } from '../engine/bridge-families.ts'
import { smallFamilies } from '../engine/flow-samples.ts'
import type { SmallFamily } from '../engine/render.ts'
import type { FlowValueQuery } from '../flows/api.ts'
import type { ThresholdEvent } from '../flows/events.ts'
import type { SampleBatch } from '../flows/merge/batch.ts'
import { MergedFlows } from '../flows/merge/merged-flows.ts'
import { forWorker } from '../flows/merge/split.ts'
import { type ActiveFlowQuery, EXAMINED_MAX } from '../flows/queries.ts'
import type { EngineSettings } from './messages.ts'

const TICK_MS = 1_000

export class Merging {
  readonly #flows: MergedFlows
  readonly #workers: number
  readonly #timer: NodeJS.Timeout

  constructor(
    settings: EngineSettings,
    workers: number,
    seed: number,
    onEvent: (event: ThresholdEvent) => void,
  ) {
    this.#flows = new MergedFlows({ limits: settings.flowLimits, seed, onEvent })
    this.#workers = workers
    this.configure(settings)
    this.#timer = setInterval(() => this.#flows.tick(Date.now()), TICK_MS)
  }

  /** To be called before the workers are told, so that nothing they send is unknown here. */
  configure(settings: EngineSettings): void {
    this.#flows.apply(settings.flows)
  }

  /** What one worker is to be told. */
  settingsOf(settings: EngineSettings, worker: number): EngineSettings {
    return { ...settings, flows: forWorker(settings.flows, worker, this.#workers) }
  }

  take(worker: number, batch: SampleBatch): void {
    this.#flows.take(worker, batch)
  }

  /** To be added to what the workers tell. */
  families(): SmallFamily[] {
    return [
      ...smallFamilies(this.#flows.snapshot(), () => true),
      ...tableTotals(this.#flows.stats()),
      ...keyTotals(this.#flows.keyStats()),
    ]
  }

  /** The answer if it is about a flow that is counted here; undefined: the workers know. */
  answer(what: string, argument: unknown): unknown {
    const { name = '' } = (argument ?? {}) as { readonly name?: string }
    if (!this.#flows.has(name)) return undefined
    if (what === 'activeflows') {
      const { query } = argument as { readonly query: ActiveFlowQuery }
      return this.#flows.activeFlows(name, query)
    }
    if (what !== 'flowvalue') return undefined
    const { agent, dataSource, key } = argument as FlowValueQuery
    return this.#flows.flowValue(name, agent, dataSource, key)
  }

  /** What to ask workers: a flow may be small in each and large in sum. */
  question(what: string, argument: unknown): unknown {
    if (what !== 'activeflows') return argument
    const { name, query } = argument as { readonly name: string; readonly query: ActiveFlowQuery }
    return query.combine === 'sum' ? { name, query: { ...query, max: EXAMINED_MAX } } : argument
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
