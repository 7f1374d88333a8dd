/**
 * How many different words were seen: HyperLogLog with 256 registers of a byte (Flajolet et al.
 * 2007, with linear counting while few are set). Standard error 6.5 %. Two windows take turns, so
 * that the number covers the last one to two windows and falls again when the traffic ends.
 */

const REGISTERS = 256
const INDEX_BITS = 8
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)

export class DistinctColumns {
  #current: Uint8Array
  #previous: Uint8Array

  constructor(rows: number) {
    this.#current = new Uint8Array(rows * REGISTERS)
    this.#previous = new Uint8Array(rows * REGISTERS)
  }

  add(row: number, word: number): void {
    const hash = mix(word)
    const at = row * REGISTERS + (hash >>> (32 - INDEX_BITS))
    const rank = Math.clz32((hash << INDEX_BITS) | (1 << (INDEX_BITS - 1))) + 1
    if (rank > (this.#current[at] as number)) this.#current[at] = rank
  }

  /** The estimate, 0 if nothing was seen. */
  count(row: number): number {
    let inverse = 0
    let empty = 0
    const from = row * REGISTERS
    for (let at = from; at < from + REGISTERS; at++) {
      const rank = Math.max(this.#current[at] as number, this.#previous[at] as number)
      if (rank === 0) empty += 1
      inverse += 2 ** -rank
    }
    const estimate = (ALPHA * REGISTERS * REGISTERS) / inverse
    if (estimate > 2.5 * REGISTERS || empty === 0) return Math.round(estimate)
    return Math.round(REGISTERS * Math.log(REGISTERS / empty))
  }

  clear(row: number): void {
    this.#current.fill(0, row * REGISTERS, (row + 1) * REGISTERS)
    this.#previous.fill(0, row * REGISTERS, (row + 1) * REGISTERS)
  }

  /** Begins a new window for all rows. */
  rotate(): void {
    const oldest = this.#previous
    this.#previous = this.#current
    this.#current = oldest.fill(0)
  }
}

/** The finalizer of MurmurHash3: each bit of the word changes half of the result's bits. */
function mix(word: number): number {
  let hash = word | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
