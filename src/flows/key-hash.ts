/**
 * The hash of a key as a sum: each half of each word times a secret multiplier of its own, upper bits
 * used (multilinear hashing; Dietzfelbinger 1996). For two different keys a table of up to 2^16 places
 * answers the same place with a chance of at most 2 in the number of places, whatever the keys are: who
 * does not know the seed cannot aim at one place. And being a sum, the part of a key that several tables
 * share is hashed once.
 */

/** Multipliers for `words` words of the part that is called `name`: the same for the same seed. */
export function multipliersOf(seed: number, name: string, words: number): Int32Array {
  let state = mix(seed)
  for (let at = 0; at < name.length; at++) state = mix(state ^ name.charCodeAt(at))
  return Int32Array.from({ length: 2 * words }, (_, index) => mix(state + index))
}

/** The part of a hash that `width` words at `at` make. Add the parts, as 32-bit numbers. */
export function hashPart(
  words: Int32Array,
  at: number,
  width: number,
  multipliers: Int32Array,
): number {
  let hash = 0
  for (let word = 0; word < width; word++) {
    const value = words[at + word] as number
    const low = Math.imul(value & 0xffff, multipliers[2 * word] as number)
    const high = Math.imul(value >>> 16, multipliers[2 * word + 1] as number)
    hash = (hash + low + high) | 0
  }
  return hash
}

/** The finalizer of MurmurHash3 over a Weyl step, so that 0 has followers, too. */
function mix(word: number): number {
  let hash = (word + 0x9e3779b9) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
