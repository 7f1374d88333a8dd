/**
 * What matched a definition and was not counted as an exported flow: exact totals per agent, or one
 * for `by: all`. A new series shows 0 for the hold time, so that a 0 is stored, and then all that it
 * has counted meanwhile: nothing is lost and nothing is counted twice.
 */
import type { FlowView, Measure } from './compiled.ts'
import { addend } from './measures.ts'

export class OtherTotals {
  readonly bytes: number[] = []
  readonly frames: number[] = []
  /** One list per measure that sums. */
  readonly sums: readonly number[][]
  readonly #measures: readonly Measure[]
  /** When the series came into being; undefined: it has not. */
  readonly #bornMs: (number | undefined)[] = []
  readonly #holdMs: number

  constructor(measures: readonly Measure[], holdMs: number) {
    this.#measures = measures
    this.sums = measures.map(() => [])
    this.#holdMs = holdMs
  }

  /** Makes the series of a unit if there is none. */
  begin(unit: number, nowMs: number): void {
    if (this.#bornMs[unit] !== undefined) return
    this.#bornMs[unit] = nowMs
    this.bytes[unit] = 0
    this.frames[unit] = 0
    for (const sum of this.sums) sum[unit] = 0
  }

  add(unit: number, view: FlowView): void {
    this.bytes[unit] = (this.bytes[unit] as number) + view.frameLength * view.scale
    this.frames[unit] = (this.frames[unit] as number) + view.scale
    for (let index = 0; index < this.sums.length; index++) {
      const sum = this.sums[index] as number[]
      sum[unit] = (sum[unit] as number) + addend(this.#measures[index] as Measure, view)
    }
  }

  /** The unit is gone: its series ends. */
  remove(unit: number): void {
    this.#bornMs[unit] = undefined
  }

  /** The units that have a series. */
  units(): number[] {
    const units: number[] = []
    this.#bornMs.forEach((bornMs, unit) => {
      if (bornMs !== undefined) units.push(unit)
    })
    return units
  }

  /** Is the unit's series still shown as 0? */
  held(unit: number, nowMs: number): boolean {
    return nowMs - (this.#bornMs[unit] ?? nowMs) < this.#holdMs
  }
}
