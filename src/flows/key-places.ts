/**
 * Finds the entry of a key: open addressing, linear probing. A place holds the number of an entry and
 * some bits of its hash, so that hardly ever an entry is looked at in vain.
 */
import { ADDITIONS } from './additions.ts'
import { CHECK, type Entries, HALF, HASH, SCORE, STRIDE } from './entries.ts'

/** Places for each entry: with fewer, look-ups of keys that are not there take longer. */
const PLACES_PER_ENTRY = 1.5
/** Places of a table that holds little: more of them would only push others out of the cache. */
const PLACES_MIN = 64
/** So many are in the cache anyway: of protocols, DSCPs, VLANs. */
const FEW_PLACES = 4_096

const { hashes: HASHES, entries: ENTRIES, some: SOME } = ADDITIONS

export class KeyPlaces {
  /** What `guess` read: of no meaning, but so it is not optimised away. */
  warmth = 0
  readonly #table: Entries
  readonly #cells: Int32Array
  /** Entry + 1 in the lower bits, above them as many of the hash as fit; 0 is empty. */
  #places = new Int32Array(0)
  #mask = 0
  /** From a hash to its place: the upper bits. */
  #shift = 0
  /** Entries that find room before there must be more places. */
  #room = 0
  readonly #entryBits: number
  readonly #entryMask: number

  constructor(table: Entries) {
    this.#table = table
    this.#cells = table.cells
    this.#entryBits = 32 - Math.clz32(table.capacity)
    this.#entryMask = 2 ** this.#entryBits - 1
    this.#resize(Math.min(PLACES_MIN, placesFor(table.capacity)))
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

  /** Gives an entry that has none the first free place from its own on. It is among the entries in use. */
  add(entry: number, hash: number): void {
    if (this.#table.size > this.#room) this.#grow()
    else this.#put(entry, hash)
  }

  clear(): void {
    this.#places.fill(0)
  }

  /**
   * The entries that the hashes of some lines lead to, or -1: whether they are of the keys is for the
   * entries to say. Where there are many places, all are read first and nothing is decided by a word that
   * is still on its way: so the memory answers all reads together instead of one after the other. One
   * loop for each step, without calls or loops within: the compiler takes the checks of the arrays out
   * of such loops alone.
   */
  guess(from: number, to: number): void {
    if (to - from > 1 && this.#places.length > FEW_PLACES) this.#warm(from, to)
    const chains = this.#first(from, to)
    for (let at = 0; at < chains; at++) this.#along(SOME[at] as number)
  }

  #warm(from: number, to: number): void {
    const places = this.#places
    const shift = this.#shift
    let warmth = 0
    for (let line = from; line + 4 <= to; line += 4) {
      warmth ^=
        (places[(HASHES[line] as number) >>> shift] as number) ^
        (places[(HASHES[line + 1] as number) >>> shift] as number) ^
        (places[(HASHES[line + 2] as number) >>> shift] as number) ^
        (places[(HASHES[line + 3] as number) >>> shift] as number)
    }
    this.warmth = warmth
  }

  /** Looks at the place of each line and the next two. Returns how many lines are left over, in `some`. */
  #first(from: number, to: number): number {
    const places = this.#places
    const shift = this.#shift
    const mask = this.#mask
    const entryBits = this.#entryBits
    const entryMask = this.#entryMask
    const tagMask = ~entryMask
    let left = 0
    for (let line = from; line < to; line++) {
      const hash = HASHES[line] as number
      const tagged = hash << entryBits
      const place = hash >>> shift
      let held = places[place] as number
      if (held !== 0 && ((held ^ tagged) & tagMask) !== 0) {
        held = places[(place + 1) & mask] as number
        if (held !== 0 && ((held ^ tagged) & tagMask) !== 0) {
          held = places[(place + 2) & mask] as number
          if (held !== 0 && ((held ^ tagged) & tagMask) !== 0) SOME[left++] = line
        }
      }
      ENTRIES[line] = (held & entryMask) - 1
    }
    return left
  }

  /** The same for one line, from the fourth place on. */
  #along(line: number): void {
    const places = this.#places
    const hash = HASHES[line] as number
    const tagged = hash << this.#entryBits
    let place = (hash >>> this.#shift) + 3
    let held = places[place & this.#mask] as number
    while (held !== 0 && ((held ^ tagged) & ~this.#entryMask) !== 0) {
      place += 1
      held = places[place & this.#mask] as number
    }
    ENTRIES[line] = (held & this.#entryMask) - 1
  }

  #put(entry: number, hash: number): void {
    const places = this.#places
    let place = hash >>> this.#shift
    while (places[place] !== 0) place = (place + 1) & this.#mask
    places[place] = (hash << this.#entryBits) | (entry + 1)
  }

  /** Twice as many places, and all entries in use have one. */
  #grow(): void {
    this.#resize(2 * this.#places.length)
    const { count, numbers } = this.#table
    for (let entry = 0; entry < count; entry++) {
      if ((numbers[entry * HALF + SCORE] as number) < 0) continue
      this.#put(entry, this.#cells[entry * STRIDE + HASH] as number)
    }
  }

  #resize(places: number): void {
    this.#places = new Int32Array(places)
    this.#mask = places - 1
    this.#shift = 32 - Math.log2(places)
    this.#room = Math.floor(places / PLACES_PER_ENTRY)
  }
}

function placesFor(entries: number): number {
  return 2 ** Math.ceil(Math.log2(entries * PLACES_PER_ENTRY))
}
