/**
 * Scrapes on their way out of a worker: chunks are made in short slices, between which the event loop
 * reads datagrams, and sent ahead of what the main thread asks for, up to a bound. So a scrape does
 * not wait for both threads in turn at each chunk, and a client that does not read stops its own
 * scrape alone, at a known number of bytes.
 */
import { type Allocate, CHUNK_BYTES, type Chunk } from '../engine/chunks.ts'
import type { Scrape } from '../engine/engine.ts'
import type { FromWorker } from './messages.ts'

/** What one scrape may have on its way to its client: 1 MiB. */
const CHUNKS_AHEAD = 4
/** Of more scrapes at once, which are slow ones as a rule, each has one chunk: 512 of them 128 MiB. */
const SCRAPES_AHEAD_MAX = 8
/** Chunks kept for the next scrape, 2 MiB: fresh memory for each would call for the garbage collector. */
const FREE_MAX = 2 * CHUNKS_AHEAD
/** One chunk takes about as long. What 100,000 datagrams a second bring meanwhile are a hundred. */
const SLICE_MS = 1

export interface ChunkSenderOptions {
  readonly render: (allocate: Allocate) => Scrape
  readonly send: (message: FromWorker, transfer?: ArrayBuffer[]) => void
  /** Calls back once the event loop has turned. */
  readonly later: (slice: () => void) => void
  readonly now: () => number
}

interface Outgoing {
  readonly scrape: Scrape
  /** Chunks that may be sent before the main thread asks for more. */
  credit: number
}

export class ChunkSender {
  readonly #options: ChunkSenderOptions
  readonly #outgoing = new Map<number, Outgoing>()
  readonly #free: ArrayBuffer[] = []
  #isDue = false

  constructor(options: ChunkSenderOptions) {
    this.#options = options
  }

  /** There are chunks to be made now: nobody should sleep. */
  get busy(): boolean {
    return this.#isDue
  }

  begin(id: number): void {
    const scrape = this.#options.render(this.#allocate)
    const credit = this.#outgoing.size < SCRAPES_AHEAD_MAX ? CHUNKS_AHEAD : 1
    this.#outgoing.set(id, { scrape, credit })
    this.#options.send({ kind: 'totals', id, totals: scrape.totals })
    this.#schedule()
  }

  /** The main thread is done with a chunk. */
  next(id: number, bytes: ArrayBuffer): void {
    if (bytes.byteLength === CHUNK_BYTES && this.#free.length < FREE_MAX) this.#free.push(bytes)
    const outgoing = this.#outgoing.get(id)
    if (outgoing === undefined) return
    outgoing.credit += 1
    this.#schedule()
  }

  /** Harmless after the end. */
  cancel(id: number): void {
    this.#outgoing.get(id)?.scrape.end()
    this.#outgoing.delete(id)
  }

  readonly #allocate = (length: number): Uint8Array<ArrayBuffer> => {
    const bytes = length === CHUNK_BYTES ? this.#free.pop() : undefined
    return bytes === undefined ? Buffer.allocUnsafeSlow(length) : new Uint8Array(bytes)
  }

  #schedule(): void {
    if (this.#isDue) return
    this.#isDue = true
    this.#options.later(this.#slice)
  }

  /** A chunk of each scrape that may send one, in turn, for as long as a slice takes. */
  readonly #slice = () => {
    this.#isDue = false
    const { now } = this.#options
    const endMs = now() + SLICE_MS
    let waiting: boolean
    do {
      waiting = false
      for (const [id, outgoing] of this.#outgoing) {
        if (outgoing.credit === 0) continue
        outgoing.credit -= 1
        if (this.#sendOne(id, outgoing.scrape) && outgoing.credit > 0) waiting = true
      }
    } while (waiting && now() < endMs)
    if (waiting) this.#schedule()
  }

  /** False at the end. */
  #sendOne(id: number, { chunks }: Scrape): boolean {
    const { send } = this.#options
    const { done, value } = chunks.next()
    if (done) {
      this.cancel(id)
      send({ kind: 'end', id })
      return false
    }
    const { bytes } = value
    send({ kind: 'chunk', id, bytes, segments: segmentsOf(value) }, [bytes.buffer])
    return true
  }
}

function segmentsOf({ segments }: Chunk) {
  return segments.map(({ family, start, end }) => {
    return { name: family.name, type: family.type, help: family.help, start, end }
  })
}
