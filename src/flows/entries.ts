/**
 * The entries of a heavy-hitter table: 32 bytes each, so that a sample touches one line of the cache:
 * two numbers of two words each, hash and check of its key, its pin, and whether it is spared. The keys
 * themselves stand apart: they are read when a flow is named, and written when it comes in.
 */

import { ADDITIONS } from './additions.ts'

/** Places in `cells`, in words from where an entry begins. */
export const HASH = 4
export const CHECK = 5
export const PIN = 6
const SPARED = 7
/** Words of an entry. */
export const STRIDE = 8
/** Places in `numbers`, in numbers from where an entry begins, and how many take as much room. */
export const SCORE = 0
export const SQUARES = 1
export const HALF = 4
/** The score of who is not in use: it never ranks. */
const UNUSED = Number.NEGATIVE_INFINITY

/**
 * Large arrays begin 16 bytes behind a line of the cache (glibc puts its own notes before them): from the
 * next line on, none of the entries lies across two.
 */
const TO_LINE = 48

/** So many are in the cache anyway. */
const FEW = 1_024

const { hashes: HASHES, checks: CHECKS, weights: WEIGHTS } = ADDITIONS
const { entries: ENTRIES, pins: PINS, some: SOME } = ADDITIONS

export class Entries {
  /** Entries are numbered from 0 to this; those not in use have a score below 0. */
  count = 0
  /** What `addKnown` read: of no meaning, but so it is not optimised away. */
  warmth = 0
  readonly capacity: number
  /** Words of a key. */
  readonly words: number
  /** The entries, as words and as numbers. */
  readonly cells: Int32Array
  readonly numbers: Float64Array
  readonly #keys: Int32Array
  /** Entries below `count` that are not in use. */
  readonly #unused: Int32Array
  #unusedCount = 0

  constructor(capacity: number, words: number) {
    this.capacity = capacity
    this.words = words
    const bytes = capacity * STRIDE * Int32Array.BYTES_PER_ELEMENT
    const all = new ArrayBuffer(TO_LINE + bytes)
    this.numbers = new Float64Array(all, TO_LINE, capacity * HALF)
    this.cells = new Int32Array(all, TO_LINE, capacity * STRIDE)
    this.#keys = new Int32Array(capacity * words)
    this.#unused = new Int32Array(capacity)
  }

  /** How many are in use. */
  get size(): number {
    return this.count - this.#unusedCount
  }

  /** The words of an entry's key: a view, good until the next change. */
  keyAt(entry: number): Int32Array {
    return this.#keys.subarray(entry * this.words, (entry + 1) * this.words)
  }

  /** The first word of an entry's key. */
  firstWord(entry: number): number {
    return this.#keys[entry * this.words] as number
  }

  /** A new entry; there is room for it. The words of its key stand in `words` at `base` plus each of `at`. */
  take(hash: number, check: number, words: Int32Array, base: number, at: Int32Array): number {
    const entry =
      this.#unusedCount > 0 ? (this.#unused[--this.#unusedCount] as number) : this.count++
    const cell = entry * STRIDE
    this.cells[cell + HASH] = hash
    this.cells[cell + CHECK] = check
    this.cells[cell + PIN] = -1
    this.cells[cell + SPARED] = 0
    this.numbers[entry * HALF + SCORE] = 0
    this.numbers[entry * HALF + SQUARES] = 0
    const key = entry * this.words
    for (let word = 0; word < at.length; word++) {
      this.#keys[key + word] = words[base + (at[word] as number)] as number
    }
    return entry
  }

  /**
   * Adds the weights of those lines whose entry is of their key. Returns how many are left, in `some`.
   */
  addKnown(from: number, to: number): number {
    if (to - from > 1 && this.count > FEW) this.#warm(from, to)
    const { cells, numbers } = this
    let left = 0
    for (let line = from; line < to; line++) {
      const entry = ENTRIES[line] as number
      const at = entry * STRIDE
      const isKnown =
        entry >= 0 && cells[at + HASH] === HASHES[line] && cells[at + CHECK] === CHECKS[line]
      if (isKnown) {
        const weight = WEIGHTS[line] as number
        const number = entry * HALF
        numbers[number + SCORE] = (numbers[number + SCORE] as number) + weight
        numbers[number + SQUARES] = (numbers[number + SQUARES] as number) + weight * weight
        PINS[line] = cells[at + PIN] as number
      } else SOME[left++] = line
    }
    return left
  }

  /** Reads the entries, so that the memory answers all reads together: key-places.ts. */
  #warm(from: number, to: number): void {
    const { cells } = this
    let warmth = 0
    for (let line = from; line + 4 <= to; line += 4) {
      warmth ^=
        (cells[Math.max(0, ENTRIES[line] as number) * STRIDE] as number) ^
        (cells[Math.max(0, ENTRIES[line + 1] as number) * STRIDE] as number) ^
        (cells[Math.max(0, ENTRIES[line + 2] as number) * STRIDE] as number) ^
        (cells[Math.max(0, ENTRIES[line + 3] as number) * STRIDE] as number)
    }
    this.warmth = warmth
  }

  /** The next purge that would drop it does not, if few are to be spared. */
  spare(entry: number): void {
    this.cells[entry * STRIDE + SPARED] = 1
  }

  /** Takes back `spare`. True: it was spared. */
  unspare(entry: number): boolean {
    const at = entry * STRIDE + SPARED
    const isSpared = this.cells[at] === 1
    this.cells[at] = 0
    return isSpared
  }

  /** It is not in use any more; its hash and check stay until it is taken again. */
  drop(entry: number): void {
    this.numbers[entry * HALF + SCORE] = UNUSED
    this.#unused[this.#unusedCount++] = entry
  }
}
