/**
 * Lets datagrams gather for a millisecond when they come faster than one a turn of the event loop, instead
 * of waking for each: a wake costs as much as a datagram, and samples that take effect together cost less.
 * Who is alone is never kept waiting, nor what waits behind a full turn.
 */

const GATHER_MS = 1
/** What the runtime hands over before the event loop turns. */
const TURN_DATAGRAMS = 32

export interface GatherOptions {
  /** Something else waits for this thread: a scrape. */
  readonly isHurried: () => boolean
  /** Called at the end of a turn: `setImmediate`. */
  readonly later: (work: () => void) => void
  /** Halts the thread. */
  readonly wait: (ms: number) => void
}

export class Gather {
  readonly #options: GatherOptions
  #count = 0

  constructor(options: GatherOptions) {
    this.#options = options
  }

  /** To be called for each datagram, when it is taken. */
  took(): void {
    this.#count += 1
    if (this.#count === 1) this.#options.later(this.#turn)
  }

  #turn = (): void => {
    const count = this.#count
    this.#count = 0
    if (count <= 1 || count >= TURN_DATAGRAMS || this.#options.isHurried()) return
    this.#options.wait(GATHER_MS)
  }
}

/** Halts this thread, which must not be the main one. */
export function halt(): (ms: number) => void {
  const never = new Int32Array(new SharedArrayBuffer(4))
  return ms => {
    Atomics.wait(never, 0, 0, ms)
  }
}
