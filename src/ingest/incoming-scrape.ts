/**
 * One worker's part of a scrape as the main thread receives it: chunks come ahead of the asking, up to
 * a bound, and each one that is taken lets the worker send another.
 */
import type { SmallFamily } from '../engine/render.ts'
import type { SegmentMessage } from './messages.ts'

export interface WorkerChunk {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly segments: readonly SegmentMessage[]
}

/** One worker's part of a scrape. */
export interface WorkerScrape {
  readonly totals: readonly SmallFamily[]
  /**
   * The next chunk, or undefined at the end. The one before goes back to the worker: its bytes are gone.
   * Not to be called again before it has answered.
   */
  next(): Promise<WorkerChunk | undefined>
  /** Gives the rest up. Harmless after the end. */
  cancel(): void
}

export interface IncomingScrapeEvents {
  /** A chunk was done with: here is its memory, and another may be sent. */
  taken(bytes: ArrayBuffer): void
  /** No more is wanted. */
  cancelled(): void
}

export class IncomingScrape implements WorkerScrape {
  totals: readonly SmallFamily[] = []
  readonly #events: IncomingScrapeEvents
  readonly #arrived: WorkerChunk[] = []
  /** What the last `next` gave. */
  #current: WorkerChunk | undefined
  #waiting: PromiseWithResolvers<WorkerChunk | undefined> | undefined
  #isOver = false
  #failure: Error | undefined

  constructor(events: IncomingScrapeEvents) {
    this.#events = events
  }

  next(): Promise<WorkerChunk | undefined> {
    if (this.#current !== undefined) this.#events.taken(this.#current.bytes.buffer)
    this.#current = this.#arrived.shift()
    if (this.#current !== undefined || this.#isOver) return Promise.resolve(this.#current)
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#waiting = Promise.withResolvers()
    return this.#waiting.promise
  }

  cancel(): void {
    this.#arrived.length = 0
    this.end()
    this.#events.cancelled()
  }

  arrive(chunk: WorkerChunk): void {
    if (this.#isOver) return
    if (this.#waiting === undefined) {
      this.#arrived.push(chunk)
      return
    }
    this.#current = chunk
    this.#answer(chunk)
  }

  /** Nothing will arrive any more: that was all. */
  end(): void {
    this.#isOver = true
    this.#answer(undefined)
  }

  /** Nothing will arrive any more, and more should have. */
  fail(error: Error): void {
    this.#failure = error
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }

  #answer(chunk: WorkerChunk | undefined): void {
    this.#waiting?.resolve(chunk)
    this.#waiting = undefined
  }
}
