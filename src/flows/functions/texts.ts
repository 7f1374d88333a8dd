/**
 * Texts as numbers. A flow key holds 32-bit words, so a name (a host, an AS path, a DNS question)
 * becomes the number of a slot here. Bounded: at most `slotsMax` texts of `TEXT_BYTES_MAX` bytes,
 * each forgotten after `ageMs` without use, or after `crowdedAgeMs` when three quarters of the slots
 * are taken; over the limit every new text shares the word OTHER.
 * A word carries its slot's generation, so an old word never shows another text. Like the flow
 * tables, this is not made of lru-cache: it is asked for every sample and must not allocate.
 */

import type { FlowTableStats } from '../families.ts'

/** The word of all texts that found no room. Its text is `other`. */
export const OTHER_WORD = 0

/** Longer texts are cut: label values have a limit. */
export const TEXT_BYTES_MAX = 200

const SLOT_BITS = 20
const SLOT_MASK = (1 << SLOT_BITS) - 1
const GENERATIONS = 1 << 11
const PINNED = 0xffffffff
const FREE = 0

export interface TextTableOptions {
  /** At most 2^20. */
  readonly slotsMax?: number
  /** Longer than flows are remembered, so that one that returns finds its own total: 25 hours. */
  readonly ageMs?: number
  /** Longer than a flow stays after its last sample, so that none that is shown expires: 20 minutes. */
  readonly crowdedAgeMs?: number
}

export class TextTable {
  readonly slotsMax: number
  readonly ageMs: number
  readonly crowdedAgeMs: number
  /** Texts in use; texts that found no room; texts forgotten for their age. */
  used = 1
  refused = 0
  evicted = 0

  /** Raw bytes of each text, one character a byte. */
  readonly #texts: (string | undefined)[]
  readonly #hashes: Int32Array
  readonly #generations: Uint16Array
  /** Second of the last use plus 1; FREE; or PINNED. */
  readonly #lastUse: Uint32Array
  readonly #heads: Int32Array
  readonly #nexts: Int32Array
  readonly #free: Int32Array
  #freeCount = 0
  #second = 1

  constructor(options: TextTableOptions = {}) {
    this.slotsMax = Math.min(Math.max(options.slotsMax ?? 65_536, 2), 1 << SLOT_BITS)
    this.ageMs = options.ageMs ?? 25 * 3_600_000
    this.crowdedAgeMs = options.crowdedAgeMs ?? 20 * 60_000
    this.#texts = new Array<string | undefined>(this.slotsMax)
    this.#hashes = new Int32Array(this.slotsMax)
    this.#generations = new Uint16Array(this.slotsMax)
    this.#lastUse = new Uint32Array(this.slotsMax)
    this.#heads = new Int32Array(1 << (32 - Math.clz32(this.slotsMax - 1))).fill(-1)
    this.#nexts = new Int32Array(this.slotsMax).fill(-1)
    this.#free = new Int32Array(this.slotsMax)
    for (let slot = this.slotsMax - 1; slot > 0; slot--) this.#free[this.#freeCount++] = slot
    this.#texts[0] = 'other'
    this.#lastUse[0] = PINNED
  }

  /** The word of `length` bytes at `start`. Allocates only for a text that is new. */
  ofBytes(view: DataView, start: number, length: number): number {
    const bytes = Math.min(length, TEXT_BYTES_MAX)
    let hash = 0x811c9dc5
    for (let index = 0; index < bytes; index++) {
      hash = Math.imul(hash ^ view.getUint8(start + index), 0x01000193)
    }
    for (let slot = this.#head(hash); slot >= 0; slot = this.#nexts[slot] as number) {
      if (this.#hashes[slot] !== hash) continue
      const text = this.#texts[slot] as string
      if (text.length === bytes && sameBytes(text, view, start)) return this.#touched(slot)
    }
    return this.#add(hash, bytesText(view, start, bytes), false)
  }

  /** The word of a text of ours. `pinned` ones are never forgotten: for definitions, not for the wire. */
  ofText(text: string, pinned = false): number {
    const raw = rawBytes(text)
    let hash = 0x811c9dc5
    for (let index = 0; index < raw.length; index++) {
      hash = Math.imul(hash ^ raw.charCodeAt(index), 0x01000193)
    }
    for (let slot = this.#head(hash); slot >= 0; slot = this.#nexts[slot] as number) {
      if (this.#hashes[slot] !== hash || this.#texts[slot] !== raw) continue
      if (pinned) this.#lastUse[slot] = PINNED
      return this.#touched(slot)
    }
    return this.#add(hash, raw, pinned)
  }

  /** Whether the word still stands for its text; if so it counts as used now. */
  live(word: number): boolean {
    const slot = word & SLOT_MASK
    if (this.#generations[slot] !== word >>> SLOT_BITS || this.#lastUse[slot] === FREE) return false
    if (this.#lastUse[slot] !== PINNED) this.#lastUse[slot] = this.#second
    return true
  }

  /** A hash of a word's text: the same in every table, unlike the word. */
  hashOf(word: number): number {
    return this.#hashes[word & SLOT_MASK] as number
  }

  /** The text of a word; `expired` if it was forgotten meanwhile. */
  text(word: number): string {
    const slot = word & SLOT_MASK
    const raw = this.#generations[slot] === word >>> SLOT_BITS ? this.#texts[slot] : undefined
    return raw === undefined ? 'expired' : printable(Buffer.from(raw, 'latin1').toString('utf8'))
  }

  /** Forgets what was not used for long. Call it some times a minute, not per sample. */
  sweep(nowMs: number): void {
    this.#second = Math.floor(nowMs / 1000) + 1
    const crowded = this.used > this.slotsMax * 0.75
    const oldest = this.#second - (crowded ? this.crowdedAgeMs : this.ageMs) / 1000
    this.#heads.fill(-1)
    for (let slot = 1; slot < this.slotsMax; slot++) {
      const lastUse = this.#lastUse[slot] as number
      if (lastUse === FREE) continue
      if (lastUse < oldest) this.#release(slot)
      else this.#link(slot)
    }
  }

  /** In the form of the other bounded tables. */
  stats(table: string): FlowTableStats {
    const { used, refused, evicted, slotsMax } = this
    return { table, series: used, seriesMax: slotsMax, created: used + evicted, refused, evicted }
  }

  #head(hash: number): number {
    return this.#heads[hash & (this.#heads.length - 1)] as number
  }

  #link(slot: number): void {
    const bucket = (this.#hashes[slot] as number) & (this.#heads.length - 1)
    this.#nexts[slot] = this.#heads[bucket] as number
    this.#heads[bucket] = slot
  }

  #touched(slot: number): number {
    if (this.#lastUse[slot] !== PINNED) this.#lastUse[slot] = this.#second
    return ((this.#generations[slot] as number) << SLOT_BITS) | slot
  }

  #add(hash: number, raw: string, pinned: boolean): number {
    if (this.#freeCount === 0) {
      this.refused += 1
      return OTHER_WORD
    }
    const slot = this.#free[--this.#freeCount] as number
    this.#texts[slot] = raw
    this.#hashes[slot] = hash
    this.#lastUse[slot] = pinned ? PINNED : this.#second
    this.#link(slot)
    this.used += 1
    return this.#touched(slot)
  }

  #release(slot: number): void {
    this.#texts[slot] = undefined
    this.#lastUse[slot] = FREE
    this.#generations[slot] = ((this.#generations[slot] as number) + 1) % GENERATIONS
    this.#free[this.#freeCount++] = slot
    this.used -= 1
    this.evicted += 1
  }
}

function sameBytes(text: string, view: DataView, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== view.getUint8(start + index)) return false
  }
  return true
}

function bytesText(view: DataView, start: number, bytes: number): string {
  return Buffer.from(view.buffer, view.byteOffset + start, bytes).toString('latin1')
}

/** A text as its UTF-8 bytes, cut to the limit; the same string where it is plain ASCII. */
function rawBytes(text: string): string {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 127) {
      return Buffer.from(text, 'utf8').subarray(0, TEXT_BYTES_MAX).toString('latin1')
    }
  }
  return text.length > TEXT_BYTES_MAX ? text.slice(0, TEXT_BYTES_MAX) : text
}

/** Bytes from the wire may hold anything; controls become spaces. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
}
