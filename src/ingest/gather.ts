/**
 * Lets datagrams gather for a few milliseconds when they come one soon after the other, instead of waking for each:
 * a wake costs as much as ten datagrams, since it finds the processor's caches cold, and samples that take effect
 * together cost less. What has come is taken before; who is alone delays nobody, nor does what waits behind a
 * full turn.
 */

/** So many are to gather: more of them would push what counts them out of the caches. */
const GATHERED = 128
const GATHER_MS_MIN = 1
const GATHER_MS_MAX = 4
/**
 * A millisecond for so many bytes of the receive buffer, as the kernel counts it (twice what was asked for): a
 * hundred datagrams come in it at a hundred thousand a second, and there is room for nine hundred.
 */
const GATHER_BYTES = 2 * 2 ** 20
/** What the runtime hands over before the event loop turns. */
const TURN_DATAGRAMS = 32

/** The longest wait that a socket with such a receive buffer allows. */
export function gatherMsMaxOf(bufferBytes: number): number {
  const room = Math.floor(bufferBytes / GATHER_BYTES)
  return Math.min(GATHER_MS_MAX, Math.max(GATHER_MS_MIN, room))
}

/** How long to wait where so many came in the last milliseconds. */
export function gatherMs(count: number, periodMs: number, maxMs: number): number {
  return Math.min(maxMs, Math.max(GATHER_MS_MIN, (GATHERED * periodMs) / Math.max(1, count)))
}

export interface GatherOptions {
  /** Something else waits for this thread: a scrape. */
  readonly isHurried: () => boolean
  /** Called at the end of a turn: `setImmediate`. */
  readonly later: (work: () => void) => void
  /** Halts the thread. */
  readonly wait: (ms: number) => void
  readonly nowMs: () => number
}

export class Gather {
  /** The shortest that a socket allows. */
  maxMs = GATHER_MS_MAX
  readonly #options: GatherOptions
  /** Of this turn, and since the last wait began. */
  #count = 0
  #sum = 0
  #sinceMs = 0
  #endedMs = Number.NEGATIVE_INFINITY

  constructor(options: GatherOptions) {
    this.#options = options
  }

  /** To be called for each datagram, when it is taken. */
  took(): void {
    this.#count += 1
    if (this.#count === 1) this.#options.later(this.#turn)
  }

  #turn = (): void => {
    const { isHurried, wait, nowMs } = this.#options
    const count = this.#count
    const now = nowMs()
    this.#count = 0
    this.#sum += count
    if (count < TURN_DATAGRAMS && !isHurried()) {
      // Who comes soon after others is one of many.
      const isStream = now - this.#endedMs < this.maxMs
      const ms = gatherMs(this.#sum, now - this.#sinceMs, this.maxMs)
      this.#sum = 0
      this.#sinceMs = now
      if (isStream || count > 1) wait(ms)
    }
    this.#endedMs = nowMs()
  }
}

/** Halts this thread, which must not be the main one. */
export function halt(): (ms: number) => void {
  const never = new Int32Array(new SharedArrayBuffer(4))
  return ms => {
    Atomics.wait(never, 0, 0, ms)
  }
}
