/**
 * Where rendered lines gather: a buffer of 64 KiB with marks that tell which bytes belong to which
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

const CHUNK_BYTES = 65_536
/** Text is encoded in pieces of about this many characters. */
const TEXT_MAX = 8_192

const encoder = new TextEncoder()

export class ChunkWriter {
  #bytes = new Uint8Array(CHUNK_BYTES)
  #used = 0
  #segments: Segment[] = []
  #family: FamilyHeader | undefined
  #text = ''
  readonly #full: Chunk[] = []
  series = 0

  /** Lines from here on belong to this family. */
  begin(family: FamilyHeader): void {
    this.#flushText()
    this.#family = family
  }

  /** One line with its newline; true if a chunk is ready to be handed on. */
  line(name: string, labels: string, suffix: string, value: number): boolean {
    this.series += 1
    this.#text +=
      labels === '' && suffix === ''
        ? `${name} ${value}\n`
        : `${name}{${labels}${suffix}} ${value}\n`
    if (this.#text.length < TEXT_MAX) return false
    this.#flushText()
    return this.#full.length > 0
  }

  /** A chunk that is full, if there is one. */
  take(): Chunk | undefined {
    return this.#full.shift()
  }

  /** What is left at the end. */
  finish(): Chunk | undefined {
    this.#flushText()
    if (this.#used > 0) this.#handOn()
    return this.#full.shift()
  }

  #flushText(): void {
    if (this.#text === '' || this.#family === undefined) return
    // UTF-8 takes at most three bytes for each UTF-16 unit.
    const need = this.#text.length * 3
    if (this.#bytes.length - this.#used < need) {
      if (this.#used > 0) this.#handOn()
      if (need > this.#bytes.length) this.#bytes = new Uint8Array(need)
    }
    const { written } = encoder.encodeInto(this.#text, this.#bytes.subarray(this.#used))
    const last = this.#segments.at(-1)
    if (last?.family === this.#family) last.end = this.#used + written
    else this.#segments.push({ family: this.#family, start: this.#used, end: this.#used + written })
    this.#used += written
    this.#text = ''
  }

  #handOn(): void {
    const bytes = this.#bytes.subarray(0, this.#used)
    this.#full.push({ bytes, segments: this.#segments })
    this.#bytes = new Uint8Array(CHUNK_BYTES)
    this.#used = 0
    this.#segments = []
  }
}
