/**
 * The hash of a key as a sum: each half of each word times a secret multiplier of its own, upper bits
 * used (multilinear hashing; Dietzfelbinger 1996). For two different keys a table of up to 2^16 places
 * answers the same place with a chance of at most 2 in the number of places, whatever the keys are: who
 * does not know the seed cannot aim at one place. And being a sum, the part of a key that several tables
 * share is hashed once.
 *
 * A second sum with odd multipliers is the check: two different keys agree in both with a chance of at
 * most 2^-32, and far less for nearly all pairs, drawn once at start. So a table compares two words
 * instead of keys of a dozen.
 */

/** Words of a hash with its check. */
export const HASH_WORDS = 2
/** Multipliers of a word: of its lower and its upper half for the hash, the same for the check. */
export const MULTIPLIERS = 4

/** Multipliers for `words` words of the part that is called `name`: the same for the same seed. */
export function multipliersOf(seed: number, name: string, words: number): Int32Array {
  let state = mix(seed)
  for (let at = 0; at < name.length; at++) state = mix(state ^ name.charCodeAt(at))
  return Int32Array.from({ length: MULTIPLIERS * words }, (_, index) => {
    const isOfCheck = index % MULTIPLIERS >= 2
    return mix(state + index) | (isOfCheck ? 1 : 0)
  })
}

/**
 * The part of a hash that `width` words at `at` make, and of its check, into two words of `into`. Add the
 * parts, as 32-bit numbers.
 */
export function hashPart(
  words: Int32Array,
  at: number,
  width: number,
  multipliers: Int32Array,
  into: Int32Array,
  to: number,
): void {
  let hash = 0
  let check = 0
  for (let word = 0; word < width; word++) {
    const value = words[at + word] as number
    const low = value & 0xffff
    const high = value >>> 16
    const from = MULTIPLIERS * word
    hash += Math.imul(low, multipliers[from] as number)
    hash += Math.imul(high, multipliers[from + 1] as number)
    check += Math.imul(low, multipliers[from + 2] as number)
    check += Math.imul(high, multipliers[from + 3] as number)
    hash |= 0
    check |= 0
  }
  into[to] = hash
  into[to + 1] = check
}

/** The finalizer of MurmurHash3 over a Weyl step, so that 0 has followers, too. */
function mix(word: number): number {
  let hash = (word + 0x9e3779b9) | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
