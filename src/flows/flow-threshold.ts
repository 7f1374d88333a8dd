/**
 * A threshold on a flow definition: looked at with every sample that the definition counts, and
 * about once a second for those that are active. A flow whose event is active is pinned in the
 * table, so that its rate is exact until the event ends.
 */
import { type Crossing, Crossings, type EventListener } from './crossings.ts'
import type { FlowTable } from './flow-table.ts'
import type { FlowWatch } from './flow-watch.ts'
import { type Levels, levelsFor, type MetricSource, type ThresholdDefinition } from './threshold.ts'

/** Speeds are asked anew so often: a port may have changed its speed. */
const LEVELS_MS = 10_000
const NOTHING = { value: 0, lowerBound: 0, upperBound: 0, errorRatio: Number.NaN }

/** A key alone, perhaps of an inner header. */
const PLAIN_KEY = /^[a-z0-9_]+(\.\d+)?$/i

export class FlowThreshold implements FlowWatch {
  readonly crossings: Crossings
  readonly #definition: ThresholdDefinition
  readonly table: FlowTable
  readonly #source: MetricSource
  readonly #ranksRates: boolean
  #levels: (Levels | undefined)[] = []
  #levelsMs = 0
  /** By pin with byFlow, else by unit. */
  readonly #active: (Crossing | undefined)[] = []

  constructor(
    definition: ThresholdDefinition,
    table: FlowTable,
    source: MetricSource,
    activeMax: number,
    emit: EventListener,
  ) {
    this.#definition = definition
    this.table = table
    this.#source = source
    this.#ranksRates = table.flow.value.kind === 'sum'
    this.crossings = new Crossings(definition, activeMax, emit)
  }

  /** Infinite for values that are not rates: those are looked at in `tick`. */
  level(unit: number): number {
    return this.#ranksRates ? this.#levelsOf(unit).value : Number.POSITIVE_INFINITY
  }

  above(table: FlowTable, entry: number, unit: number, nowMs: number, sample: number): void {
    const { byFlow, decideOn } = this.#definition
    const pin = table.hitters.pinOf(entry)
    const active = byFlow ? pin >= 0 && this.#active[pin] : this.#active[unit]
    if (active) {
      active.aboveMs = nowMs
      return
    }
    if (decideOn === 'lower' && table.lowerBoundOf(entry) < this.#levelsOf(unit).value) return
    this.#begin(entry, unit, nowMs, sample)
  }

  tick(nowMs: number): void {
    if (nowMs - this.#levelsMs >= LEVELS_MS) {
      this.#levels = []
      this.#levelsMs = nowMs
    }
    if (!this.#ranksRates) this.#lookAtExported(nowMs)
    if (this.crossings.active === 0) return
    if (this.#definition.byFlow) this.#updateFlows(nowMs)
    else this.#updateUnits(nowMs)
  }

  /** Ends all that is active: the threshold or its flow definition goes away. */
  close(nowMs: number): void {
    this.#active.forEach((crossing, at) => {
      if (crossing !== undefined) this.#end(crossing, at, nowMs)
    })
  }

  #begin(entry: number, unit: number, nowMs: number, sample?: number): void {
    if (!this.crossings.admits()) return
    const table = this.table
    const { byFlow } = this.#definition
    const pin = byFlow ? table.hold(entry, sample) : -1
    if (byFlow && pin < 0) {
      this.crossings.refused += 1
      return
    }
    const agent = table.units?.agents[unit] ?? ''
    const port = table.flow.definition.by === 'interface'
    const dataSource = port ? String((table.units?.ifIndexes[unit] ?? 0) >>> 0) : ''
    const texts = byFlow ? table.keyTexts(entry) : []
    const labels = this.#labels(agent, dataSource, texts)
    const levels = this.#levelsOf(unit)
    const values = () => (byFlow ? table.valuesOf(table.hitters.entryOf(pin)) : {})
    const source = { agent, dataSource, flowKey: texts.join(','), labels, levels, values }
    this.#active[byFlow ? pin : unit] = this.crossings.begin(source, table.estimate(entry), nowMs)
  }

  #updateFlows(nowMs: number): void {
    this.#active.forEach((crossing, pin) => {
      if (crossing === undefined) return
      const latest = this.table.estimate(this.table.hitters.entryOf(pin))
      if (this.crossings.update(crossing, latest, nowMs)) this.#free(pin)
    })
  }

  /** Without byFlow the value of a source is that of its largest flow. */
  #updateUnits(nowMs: number): void {
    const table = this.table
    const largest: number[] = []
    for (let entry = 0; entry < table.hitters.count; entry++) {
      const unit = table.unitOf(entry)
      if (table.hitters.score(entry) < 0 || this.#active[unit] === undefined) continue
      const other = largest[unit]
      const more = other === undefined || table.estimate(entry).value > table.estimate(other).value
      if (more) largest[unit] = entry
    }
    this.#active.forEach((crossing, unit) => {
      if (crossing === undefined) return
      const entry = largest[unit]
      const latest = entry === undefined ? NOTHING : table.estimate(entry)
      if (this.crossings.update(crossing, latest, nowMs)) this.#free(unit)
    })
  }

  /** Values such as distinct counts are kept for exported flows only. */
  #lookAtExported(nowMs: number): void {
    const table = this.table
    const { byFlow, decideOn } = this.#definition
    for (let pin = 0; pin < table.hitters.pinsMax; pin++) {
      if (!table.isExported(pin)) continue
      const entry = table.hitters.entryOf(pin)
      const unit = table.unitOf(entry)
      const { value, lowerBound } = table.estimate(entry)
      const decisive = decideOn === 'lower' ? lowerBound : value
      if (!(decisive >= this.#levelsOf(unit).value)) continue
      if (this.#active[byFlow ? pin : unit] === undefined) this.#begin(entry, unit, nowMs)
    }
  }

  #end(crossing: Crossing, at: number, nowMs: number): void {
    this.crossings.end(crossing, nowMs)
    this.#free(at)
  }

  #free(at: number): void {
    this.#active[at] = undefined
    if (this.#definition.byFlow) this.table.hitters.unpin(at)
  }

  #levelsOf(unit: number): Levels {
    const known = this.#levels[unit]
    if (known !== undefined) return known
    const { units, flow } = this.table
    const agent = units?.agents[unit] ?? ''
    const port = flow.definition.by === 'interface' ? (units?.ifIndexes[unit] ?? 0) >>> 0 : 0
    const speed = port > 0 ? this.#source.interfaceSpeed(agent, port) : 0
    const levels = levelsFor(this.#definition, agent, speed)
    this.#levels[unit] = levels
    return levels
  }

  /** Keys under their own names; one made by a function has none, and takes its series' label. */
  #labels(agent: string, dataSource: string, texts: readonly string[]): Record<string, string> {
    const labels: Record<string, string> = {}
    const { definition, labels: seriesLabels } = this.table.flow
    texts.forEach((text, position) => {
      const key = definition.keys[position] as string
      const own = PLAIN_KEY.test(key) ? key.replaceAll('.', '_') : seriesLabels[position]
      labels[own ?? key] = text
    })
    if (agent !== '') labels.agent = agent
    if (dataSource !== '') labels.ifindex = dataSource
    return { ...labels, ...this.#definition.labels }
  }
}
