/**
 * Time for the ACL agent. Lifetimes run on the monotonic clock, so that a jump of the wall clock
 * neither keeps a rule nor ends it; the wall clock is for people and for what survives a restart.
 */
import { readFileSync } from 'node:fs'

/** Two times with one `id` are as far apart as their `uptimeMs`, whatever was done to the wall clock. */
export interface Boot {
  readonly id: string
  readonly uptimeMs: number
}

export interface Clock {
  /** Milliseconds since 1970; may jump. */
  wallMs(): number
  /** Milliseconds since some start; never jumps. */
  monotonicMs(): number
  /** Calls back once; the result cancels. */
  after(delayMs: number, callback: () => void): () => void
  /** Undefined where the system does not say. */
  boot?: (() => Boot | undefined) | undefined
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    // setTimeout fires at once beyond 2^31 ms; whoever waits longer looks again after that.
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), 2_147_483_647))
    return () => clearTimeout(timer)
  },
  boot() {
    try {
      const id = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      const uptimeMs = Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1_000
      return id !== '' && Number.isFinite(uptimeMs) ? { id, uptimeMs } : undefined
    } catch {
      return undefined
    }
  },
}
