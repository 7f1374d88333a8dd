/**
 * Time for the ACL agent. Lifetimes run on the monotonic clock, so that a jump of the wall clock
 * neither keeps a rule nor ends it; the wall clock is for people and for what survives a restart.
 */

export interface Clock {
  /** Milliseconds since 1970; may jump. */
  wallMs(): number
  /** Milliseconds since some start; never jumps. */
  monotonicMs(): number
  /** Calls back once; the result cancels. */
  after(delayMs: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    // setTimeout fires at once beyond 2^31 ms; whoever waits longer looks again after that.
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), 2_147_483_647))
    return () => clearTimeout(timer)
  },
}
