/**
 * Time for the controller. Decisions must survive a wall clock that is set by hand or by NTP: the
 * clock runs on the monotonic one and follows the wall clock only while they agree. A jump is told
 * to whoever asks, so that remembered times can be moved along: what was ten seconds ago still is.
 */
export interface Clock {
  /** Unix milliseconds, never going back by itself. */
  now(): number
  /** Runs `task` once after `delayMs`; the function returned cancels it. */
  after(delayMs: number, task: () => void): () => void
}

/** Less than this is slewing, and is followed. NTP steps from 128 ms on. */
const JUMP_MS = 1_000

export class SteadyClock implements Clock {
  readonly #wall: () => number
  readonly #monotonic: () => number
  #offsetMs: number
  #lastMs = 0

  constructor(wall: () => number = Date.now, monotonic: () => number = () => performance.now()) {
    this.#wall = wall
    this.#monotonic = monotonic
    this.#offsetMs = wall() - monotonic()
  }

  now(): number {
    const steady = this.#monotonic() + this.#offsetMs
    const wall = this.#wall()
    if (Math.abs(wall - steady) < JUMP_MS) this.#offsetMs = wall - this.#monotonic()
    this.#lastMs = Math.max(this.#lastMs, Math.round(this.#monotonic() + this.#offsetMs))
    return this.#lastMs
  }

  /** By how much the wall clock jumped since the last call (0: it did not); adopts its time. */
  takeJump(): number {
    const deltaMs = Math.round(this.#wall() - (this.#monotonic() + this.#offsetMs))
    if (Math.abs(deltaMs) < JUMP_MS) return 0
    this.#offsetMs = this.#wall() - this.#monotonic()
    this.#lastMs += deltaMs
    return deltaMs
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = setTimeout(task, delayMs)
    return () => clearTimeout(timer)
  }
}
