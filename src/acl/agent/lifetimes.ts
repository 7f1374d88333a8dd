/** Ends entries when their time is over: one timer, for the next deadline. */
import type { Clock } from './clock.ts'
import type { Entry } from './entry.ts'
import type { WantedSet } from './wanted-set.ts'

export class Lifetimes {
  readonly #wanted: WantedSet
  readonly #clock: Clock
  readonly #ended: (entries: readonly Entry[]) => void
  #cancel: (() => void) | undefined

  constructor(wanted: WantedSet, clock: Clock, ended: (entries: readonly Entry[]) => void) {
    this.#wanted = wanted
    this.#clock = clock
    this.#ended = ended
  }

  /** Call it after deadlines have changed. */
  watch(): void {
    this.stop()
    const deadlineMs = this.#wanted.nextDeadlineMs()
    if (deadlineMs === undefined) return
    this.#cancel = this.#clock.after(deadlineMs - this.#clock.monotonicMs(), () => {
      const expired = this.#wanted.expired(this.#clock.monotonicMs())
      if (expired.length > 0) this.#ended(expired)
      this.watch()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
