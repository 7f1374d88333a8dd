/** Small numbers as a set of bits, and what a filter is about in such numbers. */
import type { Expression } from '../keys/expression.ts'

/** Numbers below this are those of fields of up to two bytes. */
export const SMALL_MAX = 65_536

/** A key of one word, and values of it below SMALL_MAX, a bit each. */
export interface OneOf {
  readonly key: Expression
  readonly values: Int32Array
}

/** Undefined: one of the numbers is not small. */
export function bitsOf(numbers: readonly number[]): Int32Array | undefined {
  if (!numbers.every(number => number >= 0 && number < SMALL_MAX)) return undefined
  const bits = new Int32Array(SMALL_MAX / 32)
  for (const number of numbers) {
    bits[number >>> 5] = (bits[number >>> 5] as number) | (1 << (number & 31))
  }
  return bits
}

/** Is the bit of this word set? Words of SMALL_MAX or more have none. */
export function hasBit(bits: Int32Array, word: number): boolean {
  return word >>> 16 === 0 && (((bits[word >>> 5] as number) >>> (word & 31)) & 1) === 1
}

/** Values of one key together, so that a long list of alternatives is one set. */
export function merged(all: readonly OneOf[]): readonly OneOf[] {
  const byKey = new Map<unknown, OneOf>()
  for (const one of all) {
    const name = one.key.signature ?? one.key
    const known = byKey.get(name)
    if (known === undefined) byKey.set(name, { key: one.key, values: one.values.slice() })
    else addBits(known.values, one.values)
  }
  return [...byKey.values()]
}

function addBits(to: Int32Array, from: Int32Array): void {
  for (let index = 0; index < to.length; index++) {
    to[index] = (to[index] as number) | (from[index] as number)
  }
}

export function countBits(bits: Int32Array): number {
  let count = 0
  for (let word of bits) {
    for (; word !== 0; word &= word - 1) count += 1
  }
  return count
}
