/**
 * What keys that a full table does not hold may have had, at most: a bound for each cell, a key's cell
 * by its hash ("filtered space saving", Homem and Carvalho 2010). A key has to bring more than the
 * table's offset to be taken in, so that what comes once, as all of a flood does, mostly stays outside:
 * without an entry written, and without one purged for it.
 */
import { ADDITIONS } from './additions.ts'
import { faded } from './decay-clock.ts'

/** With so many for each entry most of a flood finds a cell that has room for it below the offset. */
const CELLS_PER_ENTRY = 2
/** Sums are rounded up by as much as a float32 may round them down. */
const UP = 1 + 2 ** -22

const { hashes: HASHES, weights: WEIGHTS, entries: ENTRIES, pins: PINS, some: SOME } = ADDITIONS

export class Unheld {
  /** What a key must bring more than. Not an argument: the number would be made an object for each call. */
  level = 0
  /** What `keepOut` read: of no meaning, but so it is not optimised away. */
  warmth = 0
  readonly #bounds: Float32Array
  /** The same bytes as words. */
  readonly #bits: Int32Array
  /** From a hash to its cell: the upper bits. */
  readonly #shift: number

  constructor(entries: number) {
    const bits = Math.ceil(Math.log2(entries * CELLS_PER_ENTRY))
    this.#bounds = new Float32Array(2 ** bits)
    this.#bits = new Int32Array(this.#bounds.buffer)
    this.#shift = 32 - bits
  }

  /** The most that a key with this hash, which is not held, may have. */
  bound(hash: number): number {
    return this.#bounds[hash >>> this.#shift] as number
  }

  /**
   * Keeps out those of the first `count` lines in `some` whose key brings no more than the level, and raises
   * what it may have. Returns how many are left, in `some`. First all bounds are read, so that the memory
   * answers together: key-places.ts.
   */
  keepOut(count: number): number {
    const bounds = this.#bounds
    const { level } = this
    const shift = this.#shift
    const bits = this.#bits
    let warmth = 0
    for (let at = 0; at + 4 <= count; at += 4) {
      warmth ^=
        (bits[(HASHES[SOME[at] as number] as number) >>> shift] as number) ^
        (bits[(HASHES[SOME[at + 1] as number] as number) >>> shift] as number) ^
        (bits[(HASHES[SOME[at + 2] as number] as number) >>> shift] as number) ^
        (bits[(HASHES[SOME[at + 3] as number] as number) >>> shift] as number)
    }
    this.warmth = warmth
    let left = 0
    for (let at = 0; at < count; at++) {
      const line = SOME[at] as number
      const cell = (HASHES[line] as number) >>> shift
      const before = bounds[cell] as number
      const bound = before + (WEIGHTS[line] as number)
      // One that only looked like another key has to be looked up.
      const stays = bound > level || (ENTRIES[line] as number) >= 0
      bounds[cell] = stays ? before : bound * UP
      PINS[line] = -1
      SOME[left] = line
      left += stays ? 1 : 0
    }
    return left
  }

  /** A key with this hash is not held and may have so much. */
  raise(hash: number, bound: number): void {
    const cell = hash >>> this.#shift
    if (bound > (this.#bounds[cell] as number)) this.#bounds[cell] = bound * UP
  }

  decay(factor: number): void {
    const bounds = this.#bounds
    for (let cell = 0; cell < bounds.length; cell++) {
      bounds[cell] = faded(bounds[cell] as number, factor * UP)
    }
  }
}
