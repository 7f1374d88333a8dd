/**
 * What keys that a full table does not hold may have had, at most: a bound for each cell, a key's cell
 * by its hash ("filtered space saving", Homem and Carvalho 2010). A key has to bring more than the
 * table's offset to be taken in, so that what comes once, as all of a flood does, mostly stays outside:
 * without an entry written, and without one purged for it.
 */
import { faded } from './decay-clock.ts'

/** With so many for each entry most of a flood finds a cell that has room for it below the offset. */
const CELLS_PER_ENTRY = 2
/** Sums are rounded up by as much as a float32 may round them down. */
const UP = 1 + 2 ** -22

export class Unheld {
  /** What `warm` read: of no meaning, but so it is not optimised away. */
  warmth = 0
  readonly #bounds: Float32Array
  /** From a hash to its cell: the upper bits. */
  readonly #shift: number

  constructor(entries: number) {
    const bits = Math.ceil(Math.log2(entries * CELLS_PER_ENTRY))
    this.#bounds = new Float32Array(2 ** bits)
    this.#shift = 32 - bits
  }

  /** The most that a key with this hash, which is not held, may have. */
  bound(hash: number): number {
    return this.#bounds[hash >>> this.#shift] as number
  }

  /**
   * Reads what will be asked for, those of `entries` that are -1, so that the memory answers all of it
   * together: key-places.ts.
   */
  warm(hashes: Int32Array, entries: Int32Array, from: number, to: number): void {
    const bounds = this.#bounds
    const shift = this.#shift
    let warmth = 0
    for (let row = from; row < to; row++) {
      if ((entries[row] as number) < 0)
        warmth += bounds[(hashes[row] as number) >>> shift] as number
    }
    this.warmth = warmth
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
