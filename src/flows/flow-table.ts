/**
 * One flow definition at work: its heavy hitters, its exported flows and what is left over. A sample
 * that matches is counted exactly once, in an exported flow or in `other`.
 */
import { ADDITIONS } from './additions.ts'
import type { CompiledFlow } from './compiled.ts'
import { DecayClock } from './decay-clock.ts'
import type { Estimate } from './estimate.ts'
import { ExportedFlows } from './exported.ts'
import { flowLabels, type NameSource } from './flow-labels.ts'
import { FLOW_NONE } from './flow-totals.ts'
import type { FlowView } from './flow-view.ts'
import { type FlowWatch, lowestLevel, NEAR } from './flow-watch.ts'
import { HeavyHitters } from './heavy-hitters.ts'
import { type Column, extraMeasures, MeasureColumns } from './measures.ts'
import { OtherTotals } from './other.ts'
import type { Ranking } from './ranking.ts'
import { type SampleRows, UNIT_AT, type UnitAt } from './sample-rows.ts'
import { multipliersOfKeys, type SharedKey, sharedKeys } from './shared-keys.ts'
import { StagedSamples } from './staged-samples.ts'
import { NO_UNIT, type Units } from './units.ts'

/** Two-sided 95 % of the normal distribution: sflow.org, "Packet Sampling Basics". */
const DEVIATIONS_95 = 1.96
/** Slower than this, in bytes or other units a second, a flow is over. */
const RATE_MIN: Readonly<Record<string, number>> = { bytes: 1 }
const RATE_MIN_OTHER = 1e-3

export interface FlowTableOptions {
  readonly entriesMax: number
  readonly holdMs: number
  readonly lingerMs: number
  readonly rememberMs: number
  /** Flows that thresholds may hold on to, per definition. */
  readonly activeMax: number
  readonly seed: number
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
  readonly #ranksSums: boolean
  readonly #exports: boolean
  readonly #keys: readonly SharedKey[]
  readonly #unitAt: UnitAt
  readonly #staged: StagedSamples
  /** Which table of the rows it is. */
  #number = 0
  #bound: SampleRows | undefined

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
    this.#ranksSums = flow.value.kind === 'sum'
    this.#exports = definition.series
    this.rateMin = (this.#ranksSums && RATE_MIN[flow.value.metricName]) || RATE_MIN_OTHER
    this.#clock = new DecayClock(definition.t)
    this.#keys = sharedKeys(flow)
    this.#unitAt = UNIT_AT[definition.by]
    this.#staged = new StagedSamples(flow, extras, this.#keys.length, this.#unitAt)
    this.hitters = new HeavyHitters({
      words: flow.keyWords + 1,
      entriesMax: options.entriesMax,
      pinnedMax: pins,
      seed: options.seed,
      multipliers: multipliersOfKeys(options.seed, this.#keys),
    })
    const windowMs = definition.t * 1000
    this.columns = new MeasureColumns(extras, pins, windowMs)
    this.exported = new ExportedFlows(
      { ...definition, ...options },
      this.hitters,
      this.columns,
      key => flowLabels(flow, this.units, names, key),
    )
    const otherAt = UNIT_AT[definition.by === 'all' ? 'all' : 'agent']
    this.other = new OtherTotals(this.columns, otherAt, options.holdMs)
  }

  /** The slots of its keys in the rows. */
  get slots(): Int32Array {
    return this.#staged.slots
  }

  /** It wants nothing of a sample but what the rows hold. */
  get isPlain(): boolean {
    return this.#staged.isPlain
  }

  get number(): number {
    return this.#number
  }

  /** Finds its keys in rows that begin to be used, as table `number` of them. Nothing may be staged. */
  bind(rows: SampleRows, number: number): void {
    this.#bound = rows
    this.#number = number
    this.#staged.bind(rows, this.#keys)
  }

  /** Takes the sample of the latest row, which matches and has all keys: `settle` counts it. */
  stage(view: FlowView, rows: SampleRows): void {
    const row = rows.count - 1
    if (!this.#staged.read(view, row)) return
    if (this.units === undefined || rows.unit(this.#unitAt) !== NO_UNIT) rows.take(this.#number)
    // A unit that found no room has no flows of its own.
    else this.other.add(rows, row, this.#staged.numbers)
  }

  /** Counts what is staged, in order. */
  settle(rows: SampleRows): void {
    if (!rows.isTakenBy(this.#number)) return
    if (this.#clock.advance(rows.nowMs)) this.#rebase()
    const { wordAt } = this.#staged
    const count = this.#staged.prepare(rows, this.#number, this.#clock)
    // Who watches sees each sample's entry before the next one can purge it.
    const step = this.watches.length > 0 ? 1 : count
    for (let from = 0; from < count; from += step) {
      if (this.hitters.offset > 0) this.#watch(rows, from)
      this.hitters.addAll(rows.words, 1, wordAt, from, from + step)
      this.#count(rows, from, from + step)
      if (this.watches.length > 0) this.#tell(rows, from)
    }
  }

  /** To be called about once a second. `ranking` is scratch space. */
  tick(nowMs: number, ranking: Ranking): void {
    const { definition } = this.flow
    if (this.#clock.advance(nowMs)) this.#rebase()
    this.columns.tick(nowMs)
    if (!this.#exports) return
    if (definition.by === 'all') this.other.begin(NO_UNIT, { nowMs })
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
  hold(entry: number, sample: number | undefined): number {
    const isFresh = this.hitters.pinOf(entry) < 0
    const pin = this.hitters.pin(entry)
    if (pin < 0 || !isFresh) return pin
    this.columns.clear(pin)
    if (sample !== undefined && this.columns.gauges.length > 0) this.#observe(pin, sample)
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

  /** Each sample once: in its flow if that is live, else in `other`. */
  #count(rows: SampleRows, from: number, to: number): void {
    const { numbers } = this.#staged
    if (this.columns.gauges.length > 0) {
      for (let line = from; line < to; line++) {
        const pin = ADDITIONS.pins[line] as number
        if (pin >= 0) this.#observe(pin, ADDITIONS.rows[line] as number)
      }
    }
    // What makes no series has no `other` to show.
    if (!this.#exports) return
    const count = this.exported.count(rows, from, to, numbers)
    this.other.addAll(rows, count, numbers)
  }

  /** The further numbers of the sample in row `row`. */
  #observe(pin: number, row: number): void {
    const { gauges, measures } = this.columns
    const { numbers } = this.#staged
    const weight = (this.#bound?.scales[row] as number) * this.#clock.scale
    for (let at = 0; at < gauges.length; at++) {
      const gauge = gauges[at] as Column
      gauge.observe(pin, numbers[row * measures.length + gauge.at] as number, weight)
    }
  }

  /** Lets in what comes near to a level, whatever else the table holds. */
  #watch(rows: SampleRows, index: number): void {
    const { hitters, watches } = this
    const row = ADDITIONS.rows[index] as number
    const unit = rows.words[this.#unitAt + row] as number
    hitters.watchedFrom = (lowestLevel(watches, unit) * NEAR) / this.#clock.perSecond
  }

  #tell(rows: SampleRows, index: number): void {
    const { watches } = this
    const entry = ADDITIONS.entries[index] as number
    const row = ADDITIONS.rows[index] as number
    if (entry < 0) return
    const unit = this.hitters.firstWord(entry)
    const rate = this.rateOf(entry)
    for (const watch of watches) {
      const level = watch.level(unit)
      if (rate >= level * NEAR) this.hitters.spare(entry)
      if (rate < level) continue
      watch.above(this, entry, unit, rows.nowMs, row)
    }
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
}
