/**
 * What matched a definition and was not counted as an exported flow: exact totals per agent, or one
 * for `by: all`. A new series shows 0 for the hold time, so that a 0 is stored, and then all that it
 * has counted meanwhile: nothing is lost and nothing is counted twice.
 */
import { ADDITIONS } from './additions.ts'
import { addend, type MeasureColumns, type SumColumn } from './measures.ts'
import { type SampleRows, UNIT_AT } from './sample-rows.ts'
import { NO_UNIT } from './units.ts'

const { left: LEFT } = ADDITIONS

export class OtherTotals {
  /** By unit, as the others. */
  bytes = new Float64Array(1)
  frames = new Float64Array(1)
  /** One column for each measure that sums. */
  readonly sums: Float64Array[]
  readonly #columns: MeasureColumns
  readonly #unitAt: number
  /** When the series came into being; NaN: it has not. */
  #bornMs = new Float64Array(1).fill(Number.NaN)
  readonly #holdMs: number

  /** `unitAt` is where rows hold the unit whose total it is. */
  constructor(columns: MeasureColumns, unitAt: number, holdMs: number) {
    this.#columns = columns
    this.#unitAt = unitAt
    this.sums = columns.sums.map(() => new Float64Array(1))
    this.#holdMs = holdMs
  }

  /** Makes the series of a unit if there is none. */
  begin(unit: number, { nowMs }: { readonly nowMs: number }): void {
    if (unit >= this.bytes.length) this.#grow(unit)
    if (!Number.isNaN(this.#bornMs[unit])) return
    this.#bornMs[unit] = nowMs
    this.bytes[unit] = 0
    this.frames[unit] = 0
    for (const sum of this.sums) sum[unit] = 0
  }

  /** Counts one sample. */
  add(rows: SampleRows, row: number, numbers: Float64Array): void {
    LEFT[0] = row
    this.addAll(rows, 1, numbers)
  }

  /**
   * Counts the samples of so many rows that are left; what row `row` holds of further measures is line `row` of
   * `numbers`.
   */
  addAll(rows: SampleRows, count: number, numbers: Float64Array): void {
    if (!this.#areBorn(rows, count)) this.#beginAll(rows, count)
    if (this.#unitAt === UNIT_AT.all) this.#addToOne(rows, count)
    else this.#addToEach(rows, count)
    if (this.sums.length > 0) this.#addSums(rows, count, numbers)
  }

  #addToOne({ bytes: rowBytes, scales }: SampleRows, count: number): void {
    let bytes = this.bytes[NO_UNIT] as number
    let frames = this.frames[NO_UNIT] as number
    for (let index = 0; index < count; index++) {
      const row = LEFT[index] as number
      bytes += rowBytes[row] as number
      frames += scales[row] as number
    }
    this.bytes[NO_UNIT] = bytes
    this.frames[NO_UNIT] = frames
  }

  #addToEach({ words, bytes: rowBytes, scales }: SampleRows, count: number): void {
    const { bytes, frames } = this
    const unitAt = this.#unitAt
    for (let index = 0; index < count; index++) {
      const row = LEFT[index] as number
      const unit = words[unitAt + row] as number
      bytes[unit] = (bytes[unit] as number) + (rowBytes[row] as number)
      frames[unit] = (frames[unit] as number) + (scales[row] as number)
    }
  }

  /** Have the units of all these rows a series? */
  #areBorn({ words }: SampleRows, count: number): boolean {
    const bornMs = this.#bornMs
    const unitAt = this.#unitAt
    const last = bornMs.length - 1
    let areBorn = true
    for (let index = 0; index < count; index++) {
      const unit = words[unitAt + (LEFT[index] as number)] as number
      areBorn = areBorn && unit <= last && (bornMs[Math.min(unit, last)] as number) >= 0
    }
    return areBorn
  }

  #beginAll(rows: SampleRows, count: number): void {
    for (let index = 0; index < count; index++) {
      this.begin(rows.words[this.#unitAt + (LEFT[index] as number)] as number, rows)
    }
  }

  #addSums(rows: SampleRows, count: number, numbers: Float64Array): void {
    const { sums, measures } = this.#columns
    for (let index = 0; index < count; index++) {
      const row = LEFT[index] as number
      const unit = rows.words[this.#unitAt + row] as number
      const scale = rows.scales[row] as number
      for (let at = 0; at < sums.length; at++) {
        const sum = this.sums[at] as Float64Array
        const number = numbers[row * measures.length + (sums[at] as SumColumn).at] as number
        sum[unit] = (sum[unit] as number) + addend(number, scale)
      }
    }
  }

  /** There are never more units than `Units` has room for. */
  #grow(unit: number): void {
    const grown = (column: Float64Array) => {
      const longer = new Float64Array(2 * (unit + 1)).fill(Number.NaN)
      longer.set(column)
      return longer
    }
    this.#bornMs = grown(this.#bornMs)
    this.bytes = grown(this.bytes)
    this.frames = grown(this.frames)
    this.sums.forEach((sum, index) => {
      this.sums[index] = grown(sum)
    })
  }

  /** The unit is gone: its series ends. */
  remove(unit: number): void {
    this.#bornMs[unit] = Number.NaN
  }

  /** The units that have a series. */
  units(): number[] {
    const units: number[] = []
    this.#bornMs.forEach((bornMs, unit) => {
      if (!Number.isNaN(bornMs)) units.push(unit)
    })
    return units
  }

  /** Is the unit's series still shown as 0? */
  held(unit: number, nowMs: number): boolean {
    return nowMs - (this.#bornMs[unit] as number) < this.#holdMs
  }
}
