/**
 * Exponential smoothing without touching what does not change: a weight that arrives later counts
 * for more, instead of all older ones being made smaller. A score divided by `scale` is the decayed
 * sum now. Every so often the owner multiplies its scores by what `rebase` returns.
 */

/** exp(30) is 10^13: far from overflow, even squared and summed. */
const EXPONENT_MAX = 30

export class DecayClock {
  /** What a weight is multiplied with when it arrives. */
  scale = 1
  nowMs = 0
  readonly #tauMs: number
  #landmarkMs = 0
  #started = false

  constructor(tauSeconds: number) {
    this.#tauMs = tauSeconds * 1000
  }

  /** From a score to a rate per second. */
  get perSecond(): number {
    return 1000 / (this.scale * this.#tauMs)
  }

  /** Sets the time; it never runs backwards. True: `rebase` is due before the next weight. */
  advance(nowMs: number): boolean {
    if (nowMs <= this.nowMs && this.#started) return false
    if (!this.#started) this.#landmarkMs = nowMs
    this.#started = true
    this.nowMs = nowMs
    const exponent = (nowMs - this.#landmarkMs) / this.#tauMs
    if (exponent > EXPONENT_MAX) return true
    this.scale = Math.exp(exponent)
    return false
  }

  /** Starts a new scale at the present time; all scores must be multiplied by the returned factor. */
  rebase(): number {
    const factor = Math.exp(-(this.nowMs - this.#landmarkMs) / this.#tauMs)
    this.#landmarkMs = this.nowMs
    this.scale = 1
    return factor
  }
}

/** Below any weight, and far above what is slow to work with since it has no leading bit. */
const NOTHING = 1e-20

/** A sum that has lost weight; what has long been silent is nothing. Below 0 it is not of a flow. */
export function faded(sum: number, factor: number): number {
  const left = sum * factor
  return left > NOTHING || left < 0 ? left : 0
}
