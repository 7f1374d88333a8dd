/**
 * The numbers that a definition carries for each exported flow beside bytes, frames and samples, as
 * columns by row: sums (exact, integers below 2^53), smoothed averages, least and greatest value and
 * distinct counts of the last one to two windows.
 */
import { ADDITIONS } from './additions.ts'
import type { CompiledFlow, Measure } from './compiled.ts'
import { DistinctColumns } from './distinct.ts'
import type { SampleRows } from './sample-rows.ts'

/** Windows of minima, maxima and distinct counts are never shorter: single samples would flicker. */
const WINDOW_MS_MIN = 60_000

/** What bytes and frames are called is fixed; they are counted for every flow anyway. */
const ALWAYS_COUNTED: readonly string[] = ['bytes', 'frames']

/** The measures of a flow that need a column: its value and values, each once. */
export function extraMeasures(flow: CompiledFlow): readonly Measure[] {
  const names = new Set(ALWAYS_COUNTED)
  return [flow.value, ...flow.values].filter(measure => {
    if (names.has(measure.metricName)) return false
    names.add(measure.metricName)
    return true
  })
}

export interface Column {
  readonly measure: Measure
  /** Which of the extra measures it is. */
  readonly at: number
  /** Takes the number of one sample, NaN if it has none; `weight` is the sampling rate in the scale of the decay clock. */
  observe(row: number, number: number, weight: number): void
  value(row: number): number
  clear(row: number): void
  decay(factor: number): void
  rotate(): void
}

export class MeasureColumns {
  readonly measures: readonly Measure[]
  /** Totals that only count while the row is counted. */
  readonly sums: readonly SumColumn[]
  readonly gauges: readonly Column[]
  readonly #windowMs: number
  #windowEndMs = 0

  constructor(measures: readonly Measure[], rows: number, windowMs: number) {
    this.measures = measures
    this.sums = measures.flatMap((measure, at) =>
      measure.kind === 'sum' ? [new SumColumn(measure, at, rows)] : [],
    )
    this.gauges = measures.flatMap((measure, at) =>
      measure.kind === 'sum' ? [] : [gaugeColumn(measure, at, rows)],
    )
    this.#windowMs = Math.max(windowMs, WINDOW_MS_MIN)
  }

  /** Adds to the sums of the flows in the first `live` of the lines that are known: exported.ts. */
  addSums(rows: SampleRows, live: number, numbers: Float64Array): void {
    if (this.sums.length === 0) return
    for (let index = 0; index < live; index++) {
      const line = ADDITIONS.known[index] as number
      const row = ADDITIONS.rows[line] as number
      for (const sum of this.sums) {
        const number = numbers[row * this.measures.length + sum.at] as number
        sum.add(ADDITIONS.pins[line] as number, number, rows.scales[row] as number)
      }
    }
  }

  clear(row: number): void {
    for (const sum of this.sums) sum.totals[row] = 0
    for (const gauge of this.gauges) gauge.clear(row)
  }

  decay(factor: number): void {
    for (const gauge of this.gauges) gauge.decay(factor)
  }

  /** Begins new windows when it is time. */
  tick(nowMs: number): void {
    if (nowMs < this.#windowEndMs) return
    if (this.#windowEndMs > 0) for (const gauge of this.gauges) gauge.rotate()
    this.#windowEndMs = nowMs + this.#windowMs
  }
}

/** What a sample adds to a sum: 0 if it does not hold the number. */
export function addend(number: number, scale: number): number {
  return Number.isNaN(number) ? 0 : number * scale
}

export class SumColumn {
  readonly measure: Measure
  readonly at: number
  readonly totals: Float64Array

  constructor(measure: Measure, at: number, rows: number) {
    this.measure = measure
    this.at = at
    this.totals = new Float64Array(rows)
  }

  add(row: number, number: number, scale: number): void {
    this.totals[row] = (this.totals[row] as number) + addend(number, scale)
  }
}

function gaugeColumn(measure: Measure, at: number, rows: number): Column {
  if (measure.kind === 'count') return new CountColumn(measure, at, rows)
  if (measure.kind === 'avg') return new AverageColumn(measure, at, rows)
  return new ExtremeColumn(measure, at, rows, measure.kind === 'max' ? Math.max : Math.min)
}

class CountColumn implements Column {
  readonly measure: Measure
  readonly at: number
  readonly #columns: DistinctColumns

  constructor(measure: Measure, at: number, rows: number) {
    this.measure = measure
    this.at = at
    this.#columns = new DistinctColumns(rows)
  }

  observe(row: number, word: number): void {
    if (!Number.isNaN(word)) this.#columns.add(row, word)
  }

  value(row: number): number {
    return this.#columns.count(row)
  }

  clear(row: number): void {
    this.#columns.clear(row)
  }

  decay(): void {}

  rotate(): void {
    this.#columns.rotate()
  }
}

class AverageColumn implements Column {
  readonly measure: Measure
  readonly at: number
  readonly #sums: Float64Array
  readonly #weights: Float64Array

  constructor(measure: Measure, at: number, rows: number) {
    this.measure = measure
    this.at = at
    this.#sums = new Float64Array(rows)
    this.#weights = new Float64Array(rows)
  }

  observe(row: number, number: number, weight: number): void {
    if (Number.isNaN(number)) return
    this.#sums[row] = (this.#sums[row] as number) + number * weight
    this.#weights[row] = (this.#weights[row] as number) + weight
  }

  /** NaN before the first sample and when it is too long ago to tell. */
  value(row: number): number {
    return (this.#sums[row] as number) / (this.#weights[row] as number)
  }

  clear(row: number): void {
    this.#sums[row] = 0
    this.#weights[row] = 0
  }

  decay(factor: number): void {
    for (let row = 0; row < this.#sums.length; row++) {
      this.#sums[row] = (this.#sums[row] as number) * factor
      this.#weights[row] = (this.#weights[row] as number) * factor
    }
  }

  rotate(): void {}
}

class ExtremeColumn implements Column {
  readonly measure: Measure
  readonly at: number
  readonly #pick: (a: number, b: number) => number
  #current: Float64Array
  #previous: Float64Array

  constructor(measure: Measure, at: number, rows: number, pick: (a: number, b: number) => number) {
    this.measure = measure
    this.at = at
    this.#pick = pick
    this.#current = new Float64Array(rows).fill(Number.NaN)
    this.#previous = new Float64Array(rows).fill(Number.NaN)
  }

  observe(row: number, number: number): void {
    this.#current[row] = this.#either(this.#current[row] as number, number)
  }

  value(row: number): number {
    return this.#either(this.#current[row] as number, this.#previous[row] as number)
  }

  clear(row: number): void {
    this.#current[row] = Number.NaN
    this.#previous[row] = Number.NaN
  }

  decay(): void {}

  rotate(): void {
    const oldest = this.#previous
    this.#previous = this.#current
    this.#current = oldest.fill(Number.NaN)
  }

  #either(a: number, b: number): number {
    if (Number.isNaN(a)) return b
    return Number.isNaN(b) ? a : this.#pick(a, b)
  }
}
