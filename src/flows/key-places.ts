/**
 * Finds the entry of a key: open addressing, linear probing. A place holds the number of an entry and
 * some bits of its hash, so that hardly ever an entry is looked at in vain.
 */
import { CHECK, type Entries, HASH, STRIDE } from './entries.ts'

/** Places for each entry: with fewer, look-ups of keys that are not there take longer. */
const PLACES_PER_ENTRY = 1.5

export class KeyPlaces {
  /** What `guess` read: of no meaning, but so it is not optimised away. */
  warmth = 0
  readonly #cells: Int32Array
  /** Entry + 1 in the lower bits, above them as many of the hash as fit; 0 is empty. */
  readonly #places: Int32Array
  readonly #mask: number
  /** From a hash to its place: the upper bits. */
  readonly #shift: number
  readonly #entryBits: number
  readonly #entryMask: number

  constructor({ cells, capacity }: Entries) {
    this.#cells = cells
    const places = 2 ** Math.ceil(Math.log2(capacity * PLACES_PER_ENTRY))
    this.#entryBits = 32 - Math.clz32(capacity)
    this.#entryMask = 2 ** this.#entryBits - 1
    this.#places = new Int32Array(places)
    this.#mask = places - 1
    this.#shift = 32 - Math.log2(places)
  }

  /** The entry of a key, or -1. */
  find(hash: number, check: number): number {
    const places = this.#places
    const entryMask = this.#entryMask
    const tagMask = ~entryMask
    const tagged = hash << this.#entryBits
    let place = hash >>> this.#shift
    let held = places[place] as number
    // Ends: at least a third of the places are empty.
    while (held !== 0) {
      if (((held ^ tagged) & tagMask) === 0) {
        const entry = (held & entryMask) - 1
        if (this.isOf(entry, hash, check)) return entry
      }
      place = (place + 1) & this.#mask
      held = places[place] as number
    }
    return -1
  }

  /** Is the entry this key's? It may be one that nobody uses any more. */
  isOf(entry: number, hash: number, check: number): boolean {
    const at = entry * STRIDE
    return this.#cells[at + HASH] === hash && this.#cells[at + CHECK] === check
  }

  /** Gives an entry that has none the first free place from its own on. */
  add(entry: number, hash: number): void {
    const places = this.#places
    let place = hash >>> this.#shift
    while (places[place] !== 0) place = (place + 1) & this.#mask
    places[place] = (hash << this.#entryBits) | (entry + 1)
  }

  clear(): void {
    this.#places.fill(0)
  }

  /**
   * The entries that some hashes lead to, or -1; whether they are of the keys is for `isOf` to say. First
   * all places are read, then all entries, and nothing is decided by a word that is still on its way:
   * so the memory answers all reads together instead of one after the other.
   */
  guess(hashes: Int32Array, entries: Int32Array, from: number, to: number): void {
    const places = this.#places
    const cells = this.#cells
    const shift = this.#shift
    const mask = this.#mask
    const entryBits = this.#entryBits
    const entryMask = this.#entryMask
    const tagMask = ~entryMask
    let warmth = 0
    for (let row = from; row < to; row++) {
      warmth ^= places[(hashes[row] as number) >>> shift] as number
    }
    for (let row = from; row < to; row++) {
      const hash = hashes[row] as number
      const tagged = hash << entryBits
      let place = hash >>> shift
      let held = places[place] as number
      while (held !== 0 && ((held ^ tagged) & tagMask) !== 0) {
        place = (place + 1) & mask
        held = places[place] as number
      }
      const entry = (held & entryMask) - 1
      entries[row] = entry
      warmth ^= cells[(entry & ~(entry >> 31)) * STRIDE] as number
    }
    this.warmth = warmth
  }
}
