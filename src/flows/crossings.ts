/**
 * What of one threshold is active now, and the events that tell so. Bounded: beyond `activeMax`
 * further crossings are refused and counted, so that a flood of flows is no flood of events.
 */

import type { Estimate } from './estimate.ts'
import type { ThresholdEvent } from './events.ts'
import type { Levels, ThresholdDefinition } from './threshold.ts'

export interface Crossing {
  readonly id: string
  readonly startedMs: number
  readonly agent: string
  readonly dataSource: string
  readonly flowKey: string
  readonly labels: Readonly<Record<string, string>>
  readonly levels: Levels
  /** What the definition carries besides, now. */
  readonly values: () => Readonly<Record<string, number>>
  /** When its numbers were last told. */
  toldMs: number
  /** The last time that the value was not below the release. */
  aboveMs: number
  latest: Estimate
}

/** How often numbers are told anew: each second at first. */
const YOUNG_MS = 5_000
const UPDATE_YOUNG_MS = 900
const UPDATE_MS = 5_000

export type EventListener = (event: ThresholdEvent) => void

export class Crossings {
  readonly definition: ThresholdDefinition
  /** By agent and data source: how many are active. Ended ones stay at 0 for a while. */
  readonly counts = new Map<
    string,
    { agent: string; dataSource: string; active: number; sinceMs: number }
  >()
  fired = 0
  refused = 0
  active = 0
  readonly #activeMax: number
  readonly #emit: EventListener

  constructor(definition: ThresholdDefinition, activeMax: number, emit: EventListener) {
    this.definition = definition
    this.#activeMax = activeMax
    this.#emit = emit
  }

  /** Is there room for another? If not it is refused and counted. */
  admits(): boolean {
    if (this.active < this.#activeMax) return true
    this.refused += 1
    return false
  }

  begin(
    source: Pick<Crossing, 'agent' | 'dataSource' | 'flowKey' | 'labels' | 'levels' | 'values'>,
    latest: Estimate,
    nowMs: number,
  ): Crossing {
    this.fired += 1
    this.active += 1
    const id = `${this.definition.name}/${nowMs}/${this.fired}`
    const crossing = { ...source, id, startedMs: nowMs, aboveMs: nowMs, toldMs: nowMs, latest }
    this.#countSource(crossing, 1, nowMs)
    this.#emit(this.#event(crossing, 'firing', nowMs))
    return crossing
  }

  /** Takes the present value. True: it has been below the release for the timeout, and is over. */
  update(crossing: Crossing, latest: Estimate, nowMs: number): boolean {
    crossing.latest = latest
    if (latest.value >= crossing.levels.release) crossing.aboveMs = nowMs
    const belowMs = nowMs - crossing.aboveMs
    if (belowMs === 0 || belowMs < this.definition.timeoutMs) {
      this.#tellNumbers(crossing, nowMs)
      return false
    }
    this.end(crossing, nowMs)
    return true
  }

  end(crossing: Crossing, nowMs: number): void {
    this.active -= 1
    this.#countSource(crossing, -1, nowMs)
    this.#emit(this.#event(crossing, 'resolved', nowMs))
  }

  /** Forgets sources that have had nothing active since `beforeMs`. */
  forget(beforeMs: number): void {
    for (const [key, count] of this.counts) {
      if (count.active === 0 && count.sinceMs < beforeMs) this.counts.delete(key)
    }
  }

  /**
   * The numbers of the first sample over the threshold are poor ones: those who decide by the lower
   * bound or by distinct sources need them as they get better.
   */
  #tellNumbers(crossing: Crossing, nowMs: number): void {
    const young = nowMs - crossing.startedMs <= YOUNG_MS
    if (nowMs - crossing.toldMs < (young ? UPDATE_YOUNG_MS : UPDATE_MS)) return
    crossing.toldMs = nowMs
    this.#emit({ ...this.#event(crossing, 'firing', nowMs), isUpdate: true })
  }

  #countSource({ agent, dataSource }: Crossing, change: number, nowMs: number): void {
    const key = `${agent}/${dataSource}`
    const known = this.counts.get(key)
    if (known === undefined && this.counts.size >= 2 * this.#activeMax) this.#forgetOne()
    const active = (known?.active ?? 0) + change
    this.counts.set(key, { agent, dataSource, active, sinceMs: nowMs })
  }

  /** At most `activeMax` sources are active, so among twice as many one is not. */
  #forgetOne(): void {
    for (const [key, count] of this.counts) {
      if (count.active > 0) continue
      this.counts.delete(key)
      return
    }
  }

  #event(crossing: Crossing, status: 'firing' | 'resolved', timestamp: number): ThresholdEvent {
    const { definition } = this
    const { latest } = crossing
    return {
      timestamp,
      thresholdID: definition.name,
      status,
      crossing: crossing.id,
      startedAt: crossing.startedMs,
      agent: crossing.agent,
      dataSource: crossing.dataSource,
      metric: definition.flow ?? definition.metric ?? '',
      threshold: crossing.levels.value,
      value: latest.value,
      lowerBound: latest.lowerBound,
      upperBound: latest.upperBound,
      error: latest.errorRatio,
      values: crossing.values(),
      isUpdate: false,
      flowKey: crossing.flowKey,
      labels: crossing.labels,
      notify: definition.notify,
    }
  }
}
