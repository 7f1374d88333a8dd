/**
 * A threshold on a metric of counters: rates and utilisation of interfaces, load of hosts. Looked at
 * about once a second; its readings change with the counter samples and are exact.
 */
import { type Crossing, Crossings, type EventListener } from './crossings.ts'
import {
  levelsFor,
  type MetricReading,
  type MetricSource,
  type ThresholdDefinition,
} from './threshold.ts'

export class MetricThreshold {
  readonly crossings: Crossings
  readonly #definition: ThresholdDefinition
  readonly #source: MetricSource
  /** By agent and data source; `crossings` bounds how many. */
  readonly #active = new Map<string, Crossing>()

  constructor(
    definition: ThresholdDefinition,
    source: MetricSource,
    activeMax: number,
    emit: EventListener,
  ) {
    this.#definition = definition
    this.#source = source
    this.crossings = new Crossings(definition, activeMax, emit)
  }

  tick(nowMs: number): void {
    const present = new Set<string>()
    this.#source.readings(this.#definition.metric ?? '', reading => {
      const key = `${reading.agent}/${reading.dataSource}`
      const crossing = this.#active.get(key)
      if (crossing === undefined) this.#look(key, reading, nowMs)
      else {
        present.add(key)
        if (this.crossings.update(crossing, exact(reading.value), nowMs)) this.#active.delete(key)
      }
    })
    // A source that has gone has no value: it is below every release.
    for (const [key, crossing] of this.#active) {
      if (present.has(key) || crossing.startedMs === nowMs) continue
      if (this.crossings.update(crossing, exact(0), nowMs)) this.#active.delete(key)
    }
  }

  close(nowMs: number): void {
    for (const crossing of this.#active.values()) this.crossings.end(crossing, nowMs)
    this.#active.clear()
  }

  #look(key: string, reading: MetricReading, nowMs: number): void {
    const { agent, dataSource, value, speed } = reading
    const levels = levelsFor(this.#definition, agent, speed)
    if (!(value >= levels.value) || !this.crossings.admits()) return
    const labels: Record<string, string> = { ...reading.labels, agent }
    if (/^\d+$/.test(dataSource)) labels.ifindex = dataSource
    const source = {
      agent,
      dataSource,
      flowKey: '',
      labels: { ...labels, ...this.#definition.labels },
      levels,
      values: () => ({}),
    }
    this.#active.set(key, this.crossings.begin(source, exact(value), nowMs))
  }
}

function exact(value: number) {
  return { value, lowerBound: value, upperBound: value, errorRatio: 0 }
}
