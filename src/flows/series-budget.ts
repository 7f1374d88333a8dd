/**
 * How many series a definition may create. Two token buckets, 80 % of the hourly budget for any flow
 * that ranks and 20 % for those larger than every flow that lingers. Each holds half of its share
 * and gets the other half over the hour: no hour, wherever it begins, takes more than the budget.
 */

const HOUR_MS = 3_600_000
const ORDINARY_SHARE = 0.8

export class SeriesBudget {
  readonly #ordinary: TokenBucket
  readonly #exceptional: TokenBucket

  constructor(perHour: number) {
    this.#ordinary = new TokenBucket(perHour * ORDINARY_SHARE)
    this.#exceptional = new TokenBucket(perHour * (1 - ORDINARY_SHARE))
  }

  refill(nowMs: number): void {
    this.#ordinary.refill(nowMs)
    this.#exceptional.refill(nowMs)
  }

  /** New series that any flow may create now. */
  get ordinary(): number {
    return Math.floor(this.#ordinary.tokens)
  }

  get exceptional(): number {
    return Math.floor(this.#exceptional.tokens)
  }

  take(): void {
    if (!this.#ordinary.take()) this.#exceptional.take()
  }
}

class TokenBucket {
  tokens: number
  readonly #capacity: number
  readonly #perMs: number
  #lastMs: number | undefined

  constructor(perHour: number) {
    this.#capacity = perHour / 2
    this.#perMs = perHour / 2 / HOUR_MS
    this.tokens = this.#capacity
  }

  refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - (this.#lastMs ?? nowMs))
    this.tokens = Math.min(this.#capacity, this.tokens + elapsedMs * this.#perMs)
    this.#lastMs = nowMs
  }

  take(): boolean {
    if (this.tokens < 1) return false
    this.tokens -= 1
    return true
  }
}

/**
 * Totals of flows that left are remembered, some 400 bytes each: as many as this times the live
 * ones, or two hours' budget. Beyond that the longest gone is forgotten, and begins at 0 again.
 */
const REMEMBERED_FACTOR = 4
const REMEMBERED_HOURS = 2

export function rememberedMax(max: number, budget: number): number {
  return Math.max(1, max * REMEMBERED_FACTOR, budget * REMEMBERED_HOURS)
}
