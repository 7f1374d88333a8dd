/**
 * Seeded random numbers: xoshiro128** over a splitmix32 seed. The same seed gives the same numbers
 * on every machine. `fork` gives a stream of its own, so that one more draw in one place of the
 * simulation does not change what happens in another.
 */

export class Random {
  #a: number
  #b: number
  #c: number
  #d: number
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed | 0
    let state = this.#seed
    const word = () => {
      state = (state + 0x9e3779b9) | 0
      let mixed = state ^ (state >>> 16)
      mixed = Math.imul(mixed, 0x21f0aaad)
      mixed ^= mixed >>> 15
      mixed = Math.imul(mixed, 0x735a2d97)
      return mixed ^ (mixed >>> 15)
    }
    this.#a = word()
    this.#b = word()
    this.#c = word()
    this.#d = word() | 1
  }

  /** A stream that depends on the seed and the name alone, not on what was drawn so far. */
  fork(name: string): Random {
    let hash = this.#seed ^ 0x811c9dc5
    for (let at = 0; at < name.length; at++)
      hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
    return new Random(hash)
  }

  /** 32 bits, unsigned. */
  word(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotate(this.#d, 11)
    return result
  }

  /** 0 <= x < 1 */
  fraction(): number {
    return this.word() / 2 ** 32
  }

  /** 0 <= x < bound, a whole number. */
  integer(bound: number): number {
    return Math.floor(this.fraction() * bound)
  }

  between(low: number, high: number): number {
    return low + this.fraction() * (high - low)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.integer(from.length)] as T
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.fraction())
  }

  /** Heavy-tailed from `least` up: Pareto with the given shape. */
  pareto(least: number, shape: number): number {
    return least / (1 - this.fraction()) ** (1 / shape)
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.fraction()))
    return radius * Math.cos(2 * Math.PI * this.fraction())
  }

  /** How many events of a mean rate; a rounded normal where the mean is large. */
  poisson(mean: number): number {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()))
    let left = Math.exp(-mean)
    let draw = this.fraction()
    let count = 0
    while (draw > left && count < 1_000) {
      draw -= left
      count += 1
      left *= mean / count
    }
    return count
  }

  /** How many of `trials` succeed; the probability is small wherever this is used. */
  binomial(trials: number, probability: number): number {
    if (probability <= 0) return 0
    if (probability >= 1) return trials
    return Math.min(trials, this.poisson(trials * probability))
  }

  /** Packets until the next sample, itself included, when 1 in `rate` is taken at random. */
  skip(rate: number): number {
    if (rate <= 1) return 1
    return 1 + Math.floor(Math.log(1 - this.fraction()) / Math.log(1 - 1 / rate))
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.integer(256))
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
