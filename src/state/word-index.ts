/**
 * Finds a small number by a key of a fixed count of 32-bit words: open addressing in one typed
 * array, linear probing, deletion by shifting back. No allocation per look-up. The seed makes the
 * places of keys from the wire unguessable.
 */
export class WordIndex {
  readonly #width: number
  readonly #seed: number
  /** Per place: the key's words, then its value + 1 (0: empty). */
  #places: Int32Array
  #mask: number
  #size = 0

  constructor(width: number, seed: number, capacity = 64) {
    this.#width = width
    this.#seed = seed | 0
    const places = 2 ** Math.ceil(Math.log2(Math.max(16, capacity * 2)))
    this.#places = new Int32Array(places * (width + 1))
    this.#mask = places - 1
  }

  get size(): number {
    return this.#size
  }

  /** The value set for `words`, or -1. */
  find(words: Int32Array): number {
    const at = this.#locate(words)
    return (this.#places[at + this.#width] as number) - 1
  }

  /** Sets a value of 0 or more; the caller bounds how many keys there are. */
  set(words: Int32Array, value: number): void {
    if ((this.#size + 1) * 2 > this.#mask + 1) this.#grow()
    const at = this.#locate(words)
    if (this.#places[at + this.#width] === 0) this.#size += 1
    this.#places.set(words.length === this.#width ? words : words.subarray(0, this.#width), at)
    this.#places[at + this.#width] = value + 1
  }

  delete(words: Int32Array): boolean {
    const stride = this.#width + 1
    let hole = this.#locate(words)
    if (this.#places[hole + this.#width] === 0) return false
    this.#size -= 1
    let place = hole / stride
    for (let step = 0; step <= this.#mask; step++) {
      place = (place + 1) & this.#mask
      const at = place * stride
      if (this.#places[at + this.#width] === 0) break
      const home = this.#hash(this.#places, at) & this.#mask
      const holePlace = hole / stride
      // May the key at `place` move into the hole? Only if its home is not between the two.
      const between =
        holePlace <= place ? home > holePlace && home <= place : home > holePlace || home <= place
      if (between) continue
      this.#places.copyWithin(hole, at, at + stride)
      hole = at
    }
    this.#places[hole + this.#width] = 0
    return true
  }

  /** Where the key stands, or the empty place where it would. */
  #locate(words: Int32Array): number {
    const width = this.#width
    const places = this.#places
    let place = this.#hash(words, 0) & this.#mask
    for (;;) {
      const at = place * (width + 1)
      if (places[at + width] === 0) return at
      let word = 0
      while (word < width && places[at + word] === words[word]) word++
      if (word === width) return at
      // Ends: the table is never more than half full.
      place = (place + 1) & this.#mask
    }
  }

  #hash(words: Int32Array, at: number): number {
    let hash = this.#seed
    for (let word = 0; word < this.#width; word++) {
      hash = Math.imul(hash ^ (words[at + word] as number), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0x85ebca6b)
    return (hash ^ (hash >>> 13)) >>> 0
  }

  #grow(): void {
    const old = this.#places
    const stride = this.#width + 1
    this.#places = new Int32Array(old.length * 2)
    this.#mask = this.#places.length / stride - 1
    for (let at = 0; at < old.length; at += stride) {
      if (old[at + this.#width] === 0) continue
      const to = this.#locate(old.subarray(at, at + this.#width))
      this.#places.set(old.subarray(at, at + stride), to)
    }
  }
}
