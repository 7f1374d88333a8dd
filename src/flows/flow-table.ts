/**
 * One flow definition at work: its heavy hitters, its exported flows and what is left over. A sample
 * that matches is counted exactly once, in an exported flow or in `other`.
 */
import { labelText } from '../state/text.ts'
import type { CompiledFlow, FlowView } from './compiled.ts'
import { DecayClock } from './decay-clock.ts'
import { ExportedFlows, FLOW_LIVE, FLOW_NONE } from './exported.ts'
import { HeavyHitters } from './heavy-hitters.ts'
import { extraMeasures, MeasureColumns } from './measures.ts'
import { OtherTotals } from './other.ts'
import type { Ranking } from './ranking.ts'
import { NO_UNIT, type Units } from './units.ts'

/** Two-sided 95 % of the normal distribution: sflow.org, "Packet Sampling Basics". */
const DEVIATIONS_95 = 1.96
/** Slower than this, in bytes or other units a second, a flow is over. */
const RATE_MIN: Readonly<Record<string, number>> = { bytes: 1 }
const RATE_MIN_OTHER = 1e-3

/** Names that the engine knows and flows show. */
export interface NameSource {
  /** The ifName of a port, if it is known. */
  interfaceName(agent: string, ifIndex: number): string | undefined
  /** Is a name of this port still to be expected? Its flows become series when it is not. */
  awaitsName?(agent: string, ifIndex: number): boolean
}

export interface FlowTableOptions {
  readonly entriesMax: number
  readonly holdMs: number
  readonly lingerMs: number
  readonly rememberMs: number
  /** Flows that thresholds may hold on to, per definition. */
  readonly activeMax: number
  readonly seed: number
}

export interface Estimate {
  /** Per second; for definitions over `count:`, `avg:`, ... the number itself. */
  readonly value: number
  readonly lowerBound: number
  readonly upperBound: number
  /** Half of the 95 % interval, relative to the value. */
  readonly errorRatio: number
}

/** Who wants to know when a flow grows: thresholds. */
export interface FlowWatch {
  /** The rate per second from which `above` is called. */
  level(unit: number): number
  above(table: FlowTable, entry: number, unit: number, view: FlowView): void
}

export class FlowTable {
  readonly flow: CompiledFlow
  readonly hitters: HeavyHitters
  readonly exported: ExportedFlows
  readonly columns: MeasureColumns
  readonly other: OtherTotals
  readonly agents: Units
  /** The units of `by`; undefined: all traffic is one. */
  readonly units: Units | undefined
  watches: readonly FlowWatch[] = []
  readonly rateMin: number
  readonly #clock: DecayClock
  readonly #key: Int32Array
  readonly #names: NameSource
  readonly #ranksSums: boolean
  readonly #exports: boolean

  constructor(
    flow: CompiledFlow,
    options: FlowTableOptions,
    agents: Units,
    interfaces: Units,
    names: NameSource,
  ) {
    const { definition } = flow
    const extras = extraMeasures(flow)
    const pins = definition.max + options.activeMax
    this.flow = flow
    this.agents = agents
    this.units = { all: undefined, agent: agents, interface: interfaces }[definition.by]
    this.#names = names
    this.#ranksSums = flow.value.kind === 'sum'
    this.#exports = definition.series
    this.rateMin = (this.#ranksSums && RATE_MIN[flow.value.metricName]) || RATE_MIN_OTHER
    this.#clock = new DecayClock(definition.t)
    this.#key = new Int32Array(flow.keyWords + 1)
    this.hitters = new HeavyHitters({
      words: flow.keyWords + 1,
      entriesMax: options.entriesMax,
      pinnedMax: pins,
      seed: options.seed,
    })
    const windowMs = definition.t * 1000
    this.columns = new MeasureColumns(extras, pins, windowMs)
    this.exported = new ExportedFlows(
      { ...definition, ...options },
      this.hitters,
      this.columns,
      key => this.#labelText(key),
    )
    const sums = extras.filter(measure => measure.kind === 'sum')
    this.other = new OtherTotals(sums, options.holdMs)
  }

  /** Takes one sample. `agent` and `port` are its units. False: it does not match, or lacks a key. */
  sample(view: FlowView, agent: number, port: number): boolean {
    const { flow } = this
    if (!flow.matches(view)) return false
    const key = this.#key
    const { by } = flow.definition
    const unit = by === 'all' ? NO_UNIT : by === 'agent' ? agent : port
    if (!flow.readKey(view, key, 1)) return false
    const value = this.#ranksSums ? flow.value.read(view) * view.scale : view.scale
    // NaN: the sample does not hold the number that the definition is about.
    if (!(value >= 0)) return false
    const otherUnit = by === 'all' ? NO_UNIT : agent
    this.other.begin(otherUnit, view.nowMs)
    if (unit === NO_UNIT && by !== 'all') {
      this.other.add(otherUnit, view)
      return true
    }
    if (this.#clock.advance(view.nowMs)) this.#rebase()
    key[0] = unit
    const weight = value * this.#clock.scale
    const entry = this.hitters.add(key, weight, weight * weight)
    this.#count(this.hitters.pinOf(entry), otherUnit, view)
    const { watches } = this
    for (let index = 0; index < watches.length; index++) {
      const watch = watches[index] as FlowWatch
      if (this.rateOf(entry) >= watch.level(unit)) watch.above(this, entry, unit, view)
    }
    return true
  }

  /** To be called about once a second. `ranking` is scratch space. */
  tick(nowMs: number, ranking: Ranking): void {
    const { definition } = this.flow
    if (this.#clock.advance(nowMs)) this.#rebase()
    this.#rebase()
    this.columns.tick(nowMs)
    if (!this.#exports) return
    if (definition.by === 'all') this.other.begin(NO_UNIT, nowMs)
    const { perSecond } = this.#clock
    const rankedMax = definition.max - Math.floor(definition.max / 10)
    ranking.rank(this.hitters, definition.n, rankedMax, this.rateMin / perSecond)
    this.exported.tick(nowMs, ranking, perSecond)
  }

  /** Sets the clock without changing anything else, so that rates are those of this moment. */
  advance(nowMs: number): void {
    if (this.#clock.advance(nowMs)) this.#rebase()
  }

  /** The smoothed rate of an entry, per second: never more than what was sampled. */
  rateOf(entry: number): number {
    return this.hitters.score(entry) * this.#clock.perSecond
  }

  /** 1.96 standard deviations of the smoothed rate, relative to it; NaN when nothing is left. */
  errorRatioOf(entry: number): number {
    const score = this.hitters.score(entry)
    return (DEVIATIONS_95 * Math.sqrt(this.hitters.squares(entry))) / score
  }

  /** The lower end of the 95 % interval of the smoothed rate, per second. */
  lowerBoundOf(entry: number): number {
    return Math.max(0, this.rateOf(entry) * (1 - this.errorRatioOf(entry)))
  }

  /** What is known of an entry's value, with both errors: of sampling, and of the table. */
  estimate(entry: number): Estimate {
    if (!this.#ranksSums) return this.#gaugeEstimate(entry)
    const value = this.rateOf(entry)
    const errorRatio = this.errorRatioOf(entry)
    const error = value > 0 ? value * errorRatio : 0
    const missed = this.hitters.missed(entry) * this.#clock.perSecond
    return {
      value,
      lowerBound: Math.max(0, value - error),
      upperBound: value + missed + error,
      errorRatio,
    }
  }

  /** Pins an entry for a threshold; from the sample at hand on its further numbers are kept. -1: no room. */
  hold(entry: number, view: FlowView | undefined): number {
    const isFresh = this.hitters.pinOf(entry) < 0
    const pin = this.hitters.pin(entry)
    if (pin < 0 || !isFresh) return pin
    this.columns.clear(pin)
    if (view !== undefined) this.#observe(pin, view)
    return pin
  }

  /** Distinct counts, averages and extremes of an entry; none if it is neither exported nor held. */
  valuesOf(entry: number): Record<string, number> {
    const values: Record<string, number> = {}
    const pin = this.hitters.pinOf(entry)
    if (pin < 0) return values
    for (const gauge of this.columns.gauges) values[gauge.measure.metricName] = gauge.value(pin)
    return values
  }

  /** Values of the keys of an entry, by position in `flow.labels`. */
  keyTexts(entry: number): string[] {
    return this.flow.formatKey(this.hitters.keyAt(entry), 1)
  }

  unitOf(entry: number): number {
    return this.hitters.firstWord(entry)
  }

  isExported(pin: number): boolean {
    return pin >= 0 && this.#exports && this.exported.states[pin] !== FLOW_NONE
  }

  #count(pin: number, otherUnit: number, view: FlowView): void {
    if (pin >= 0) {
      this.#observe(pin, view)
      if (this.#exports && this.exported.states[pin] === FLOW_LIVE) {
        this.exported.count(pin, view)
        return
      }
    }
    this.other.add(otherUnit, view)
  }

  #observe(pin: number, view: FlowView): void {
    const weight = view.scale * this.#clock.scale
    for (const gauge of this.columns.gauges) gauge.observe(pin, view, weight)
  }

  #rebase(): void {
    const factor = this.#clock.rebase()
    this.hitters.decay(factor)
    this.columns.decay(factor)
  }

  /** Distinct counts, averages and extremes are kept for flows that are exported or held. */
  #gaugeEstimate(entry: number): Estimate {
    const pin = this.hitters.pinOf(entry)
    const { metricName, kind } = this.flow.value
    const gauge = this.columns.gauges.find(column => column.measure.metricName === metricName)
    const value = pin >= 0 && gauge !== undefined ? gauge.value(pin) : Number.NaN
    // HyperLogLog with 256 registers: two standard errors of 6.5 %.
    const errorRatio = kind === 'count' ? 0.13 : this.errorRatioOf(entry)
    const error = value * errorRatio
    return { value, lowerBound: Math.max(0, value - error), upperBound: value + error, errorRatio }
  }

  #labelText(key: Int32Array): string | undefined {
    const labels: Record<string, string | undefined> = {}
    const { units } = this
    const unit = key[0] as number
    if (units !== undefined) labels.agent = units.agents[unit]
    if (this.flow.definition.by === 'interface' && units !== undefined) {
      const ifIndex = (units.ifIndexes[unit] as number) >>> 0
      labels.ifindex = String(ifIndex)
      if (this.#names.awaitsName?.(units.agents[unit] as string, ifIndex)) return undefined
      labels.ifname = this.#names.interfaceName(units.agents[unit] as string, ifIndex)
    }
    const values = this.flow.formatKey(key, 1)
    this.flow.labels.forEach((name, position) => {
      labels[name] = values[position]
    })
    return labelText(labels)
  }
}
