/**
 * Remembers what was worked out from the words of a key: a text derived from it, or the answer of a
 * pattern. Direct-mapped and of fixed size: a value that is not there is worked out again, so under
 * a flood of new keys it costs time and never memory.
 */
import type { TextTable } from './texts.ts'

const SLOTS = 4096

/** What a derivation answers where there is nothing. */
export const NOTHING_DERIVED = -1

export class WordCache {
  readonly #width: number
  readonly #keys: Int32Array
  readonly #values: Int32Array
  readonly #used: Uint8Array
  readonly #texts: TextTable | undefined
  readonly #derive: (words: Int32Array, at: number) => number

  /** With `texts`, what is derived is a word of that table, and is worked out again when it is forgotten. */
  constructor(width: number, derive: (words: Int32Array, at: number) => number, texts?: TextTable) {
    this.#width = width
    this.#keys = new Int32Array(SLOTS * width)
    this.#values = new Int32Array(SLOTS)
    this.#used = new Uint8Array(SLOTS)
    this.#derive = derive
    this.#texts = texts
  }

  get(words: Int32Array, at: number): number {
    const slot = this.#slot(words, at)
    if (this.#used[slot] === 1 && this.#same(slot, words, at)) {
      const value = this.#values[slot] as number
      if (this.#texts === undefined || value < 0 || this.#texts.live(value)) return value
    }
    const value = this.#derive(words, at)
    for (let word = 0; word < this.#width; word++) {
      this.#keys[slot * this.#width + word] = words[at + word] as number
    }
    this.#values[slot] = value
    this.#used[slot] = 1
    return value
  }

  clear(): void {
    this.#used.fill(0)
  }

  #slot(words: Int32Array, at: number): number {
    let hash = 0
    for (let word = 0; word < this.#width; word++) {
      hash = Math.imul(hash ^ (words[at + word] as number), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    return hash & (SLOTS - 1)
  }

  #same(slot: number, words: Int32Array, at: number): boolean {
    for (let word = 0; word < this.#width; word++) {
      if (this.#keys[slot * this.#width + word] !== words[at + word]) return false
    }
    return true
  }
}
