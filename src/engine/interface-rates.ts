/**
 * How fast the counters of an interface went between its last two samples. What is kept are the numbers
 * before the last ones: thresholds and the live page ask once a second at most, samples come far oftener.
 */
import type { Pool } from '../state/pool.ts'

export class InterfaceRates {
  readonly #pool: Pool
  /** By row: its cells before they were last written, and behind them the milliseconds in between. */
  #before = new Float64Array(0)

  /** `pool`: that of if_counters. */
  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** To be called before a row is written. */
  keep(row: number, elapsedMs: number): void {
    const { data, stride } = this.#pool
    const to = row * (stride + 1)
    if (to >= this.#before.length) this.#grow()
    const from = row * stride
    const before = this.#before
    // Not set(subarray()): that makes an object for each counter sample.
    for (let column = 0; column < stride; column++)
      before[to + column] = data[from + column] as number
    before[to + stride] = elapsedMs
  }

  /**
   * What a counter grew by, per second. NaN before there were two samples (or no row, -1), for a
   * counter that fell, and where one of the two samples did not know it.
   */
  of(row: number, column: number): number {
    const { data, stride } = this.#pool
    const at = row * (stride + 1)
    const before = this.#before[at + column] ?? Number.NaN
    const now = data[row * stride + column] ?? Number.NaN
    const step = now - before
    return before >= 0 && step >= 0
      ? step / ((this.#before[at + stride] as number) / 1_000)
      : Number.NaN
  }

  #grow(): void {
    const { data, stride } = this.#pool
    const before = new Float64Array((data.length / stride) * (stride + 1))
    before.set(this.#before)
    this.#before = before
  }
}
