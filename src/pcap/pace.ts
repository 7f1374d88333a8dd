/**
 * Real time for recorded or simulated time: an event is due when as much time has passed here,
 * times the speed, as lay between the first event and it. The clock is an argument.
 */

export interface Clock {
  now(): number
  /** Ends early when the signal is aborted; never rejects. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>
}

/** Timers are no finer. */
const SLEEP_MS_MIN = 1

export class Pace {
  readonly #clock: Clock
  readonly #speed: number
  readonly #signal: AbortSignal
  #startedMs: number | undefined
  #firstMs = 0

  /** A speed of 1 is real time; Infinity never waits. */
  constructor(clock: Clock, speed: number, signal: AbortSignal) {
    this.#clock = clock
    this.#speed = speed
    this.#signal = signal
  }

  /** Undefined when the event is due already. */
  until(timeMs: number): Promise<void> | undefined {
    if (this.#speed === Number.POSITIVE_INFINITY) return undefined
    if (this.#startedMs === undefined) {
      this.#startedMs = this.#clock.now()
      this.#firstMs = timeMs
    }
    const dueMs = this.#startedMs + (timeMs - this.#firstMs) / this.#speed
    const restMs = dueMs - this.#clock.now()
    return restMs < SLEEP_MS_MIN ? undefined : this.#clock.sleep(restMs, this.#signal)
  }
}
