/** At most so many in any window of time: a bucket that refills evenly, and needs no list. */
import type { Clock } from './clock.ts'

export class RateWindow {
  readonly #clock: Clock
  readonly #windowMs: number
  #used = 0
  #lastMs: number

  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock
    this.#windowMs = windowMs
    this.#lastMs = clock.monotonicMs()
  }

  /** Takes one of `max`, or says no. */
  take(max: number): boolean {
    const nowMs = this.#clock.monotonicMs()
    this.#used = Math.max(0, this.#used - ((nowMs - this.#lastMs) / this.#windowMs) * max)
    this.#lastMs = nowMs
    if (this.#used + 1 > max) return false
    this.#used += 1
    return true
  }
}
