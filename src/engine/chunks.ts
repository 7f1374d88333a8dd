/**
 * Where rendered lines gather: a buffer of 256 KiB with marks that tell which bytes belong to which
 * family. Full, it is handed on and a fresh one is begun; so nobody holds a whole page.
 */
import type { FamilyHeader } from './families.ts'

export interface Segment {
  readonly family: FamilyHeader
  readonly start: number
  end: number
}

export interface Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly segments: readonly Segment[]
}

/** Some thousand lines, a millisecond: each message costs as much as a hundred lines. */
export const CHUNK_BYTES = 262_144
/** Text is encoded in pieces of about this many characters. */
const TEXT_MAX = 8_192
/** Room for any number: the longest that JavaScript prints has 24 characters. */
const NUMBER_BYTES = 32
const BILLION = 1e9
const NEWLINE = 10
const DIGIT_0 = 48

const NO_CHUNK = new Uint8Array(0)

const encoder = new TextEncoder()

/** Gives a buffer of this length, whose bytes may be anything: all that is read of it is written first. */
export type Allocate = (length: number) => Uint8Array<ArrayBuffer>

export class ChunkWriter {
  readonly #allocate: Allocate
  /** Had when the first line for it comes: at the end of a scrape none is left over. */
  #bytes = NO_CHUNK
  #used = 0
  #segments: Segment[] = []
  #family: FamilyHeader | undefined
  #text = ''
  readonly #full: Chunk[] = []
  readonly #digits = new Uint8Array(NUMBER_BYTES)
  series = 0

  constructor(allocate: Allocate = allocateFresh) {
    this.#allocate = allocate
  }

  /** Lines from here on belong to this family. */
  begin(family: FamilyHeader): void {
    this.#flushText()
    this.#family = family
  }

  /** One line with its newline; true if a chunk is ready to be handed on. */
  line(name: string, labels: string, value: number): boolean {
    this.series += 1
    this.#text += `${name}${labels === '' ? '' : `{${labels}}`} ${exposed(value)}\n`
    if (this.#text.length < TEXT_MAX) return false
    this.#flushText()
    return this.#full.length > 0
  }

  /**
   * The same for many lines of one form, whose parts were encoded once: what is before the labels,
   * the labels, what is between them and the value. Each is short against a chunk.
   */
  parts(before: Uint8Array, labels: Uint8Array, after: Uint8Array, value: number): boolean {
    this.series += 1
    this.#flushText()
    this.#makeRoom(before.length + labels.length + after.length + NUMBER_BYTES)
    const bytes = this.#bytes
    const start = this.#used
    let at = start
    bytes.set(before, at)
    at += before.length
    bytes.set(labels, at)
    at += labels.length
    bytes.set(after, at)
    at = this.#number(bytes, at + after.length, value)
    bytes[at++] = NEWLINE
    this.#used = at
    this.#mark(start)
    return this.#full.length > 0
  }

  /** A chunk that is full, if there is one. */
  take(): Chunk | undefined {
    return this.#full.shift()
  }

  /** What is left at the end. */
  finish(): Chunk | undefined {
    this.#flushText()
    this.#handOn()
    return this.#full.shift()
  }

  #flushText(): void {
    if (this.#text === '' || this.#family === undefined) return
    // UTF-8 takes at most three bytes for each UTF-16 unit.
    this.#makeRoom(this.#text.length * 3)
    const start = this.#used
    const { written } = encoder.encodeInto(this.#text, this.#bytes.subarray(start))
    this.#used += written
    this.#mark(start)
    this.#text = ''
  }

  /** What was written from `start` on belongs to the present family. */
  #mark(start: number): void {
    const segments = this.#segments
    const last = segments[segments.length - 1]
    if (this.#family === undefined) return
    if (last?.family === this.#family) last.end = this.#used
    else segments.push({ family: this.#family, start, end: this.#used })
  }

  /** Writes a number as JavaScript prints it; whole ones, which most are, by their digits. */
  #number(bytes: Uint8Array, start: number, value: number): number {
    let at = start
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER && Math.floor(value) === value)) {
      const text = exposed(value)
      for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index)
      return at
    }
    const digits = this.#digits
    let count = 0
    let high = value
    // Nine digits at a time, so that all division is of integers of 32 bits.
    while (high >= BILLION) {
      const rest = Math.floor(high / BILLION)
      let low = high - rest * BILLION
      for (let place = 0; place < 9; place++) {
        const tenth = (low / 10) | 0
        digits[count++] = DIGIT_0 + low - tenth * 10
        low = tenth
      }
      high = rest
    }
    let low = high | 0
    do {
      const tenth = (low / 10) | 0
      digits[count++] = DIGIT_0 + low - tenth * 10
      low = tenth
    } while (low > 0)
    while (count > 0) bytes[at++] = digits[--count] as number
    return at
  }

  #makeRoom(need: number): void {
    if (this.#bytes.length - this.#used >= need) return
    this.#handOn()
    this.#bytes = this.#allocate(Math.max(need, CHUNK_BYTES))
  }

  #handOn(): void {
    if (this.#used === 0) return
    const bytes = this.#bytes.subarray(0, this.#used)
    this.#full.push({ bytes, segments: this.#segments })
    this.#bytes = NO_CHUNK
    this.#used = 0
    this.#segments = []
  }
}

function allocateFresh(length: number): Uint8Array<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(length)
}

/** As both exposition formats write a number. */
function exposed(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
