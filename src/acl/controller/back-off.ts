/**
 * When to ask an ACL agent again. Failures wait longer and longer, up to a cap, with jitter so that
 * a hundred agents behind one broken link do not all return in the same instant. After several
 * in a row the circuit is open: one probe at a time, and nothing else is sent. Pure: time and chance
 * are arguments.
 */
export interface BackOffLimits {
  readonly firstMs: number
  readonly maxMs: number
  /** Failures in a row that open the circuit. */
  readonly openAfter: number
}

export class BackOff {
  readonly #limits: BackOffLimits
  readonly #random: () => number
  #failures = 0
  #notBeforeMs = 0

  constructor(limits: BackOffLimits, random: () => number) {
    this.#limits = limits
    this.#random = random
  }

  get failures(): number {
    return this.#failures
  }

  get isOpen(): boolean {
    return this.#failures >= this.#limits.openAfter
  }

  /** How long to wait from now; 0: go. */
  delayMs(nowMs: number): number {
    return Math.max(0, this.#notBeforeMs - nowMs)
  }

  succeeded(): void {
    this.#failures = 0
    this.#notBeforeMs = 0
  }

  /** Waits between half of the step and the whole of it; the step doubles up to the cap. */
  failed(nowMs: number): void {
    const { firstMs, maxMs } = this.#limits
    const stepMs = Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 30))
    this.#failures += 1
    this.#notBeforeMs = nowMs + stepMs * (0.5 + 0.5 * this.#random())
  }

  /** The clock was set: the wait goes along. */
  shift(deltaMs: number): void {
    if (this.#notBeforeMs !== 0) this.#notBeforeMs += deltaMs
  }
}
