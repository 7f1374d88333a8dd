/**
 * Longest prefix match over IPv4 and IPv6: a binary tree in one typed array, two trees for the two
 * versions. A look-up walks at most 32 or 128 steps and allocates nothing.
 */
import type { Prefix } from '../../packet/format.ts'

const ROOT_4 = 0
const ROOT_6 = 1
/** Two children and a value. */
const NODE_WORDS = 3
const NONE = -1

export class PrefixTrie {
  #nodes = new Int32Array(64 * NODE_WORDS)
  #count = 2

  constructor() {
    this.#clear(ROOT_4)
    this.#clear(ROOT_6)
  }

  /** The first value that was added for a prefix stays. */
  add(prefix: Prefix, value: number): void {
    let node = prefix.words.length === 1 ? ROOT_4 : ROOT_6
    for (let bit = 0; bit < prefix.bits; bit++) {
      const side = ((prefix.words[bit >>> 5] as number) >>> (31 - (bit & 31))) & 1
      let child = this.#nodes[node * NODE_WORDS + side] as number
      if (child === 0) {
        child = this.#add()
        this.#nodes[node * NODE_WORDS + side] = child
      }
      node = child
    }
    const at = node * NODE_WORDS + 2
    if (this.#nodes[at] === NONE) this.#nodes[at] = value
  }

  /** The value of the longest prefix that holds the address, or -1. */
  find4(word: number): number {
    const nodes = this.#nodes
    let node = ROOT_4
    let best = nodes[ROOT_4 * NODE_WORDS + 2] as number
    for (let bit = 31; bit >= 0; bit--) {
      node = nodes[node * NODE_WORDS + ((word >>> bit) & 1)] as number
      if (node === 0) return best
      const value = nodes[node * NODE_WORDS + 2] as number
      if (value !== NONE) best = value
    }
    return best
  }

  find6(words: Int32Array, at: number): number {
    const nodes = this.#nodes
    let node = ROOT_6
    let best = nodes[ROOT_6 * NODE_WORDS + 2] as number
    for (let bit = 0; bit < 128; bit++) {
      const word = words[at + (bit >>> 5)] as number
      node = nodes[node * NODE_WORDS + ((word >>> (31 - (bit & 31))) & 1)] as number
      if (node === 0) return best
      const value = nodes[node * NODE_WORDS + 2] as number
      if (value !== NONE) best = value
    }
    return best
  }

  #add(): number {
    const node = this.#count
    if ((node + 1) * NODE_WORDS > this.#nodes.length) {
      const larger = new Int32Array(this.#nodes.length * 2)
      larger.set(this.#nodes)
      this.#nodes = larger
    }
    this.#count += 1
    this.#clear(node)
    return node
  }

  /** Child 0 means none: no child is ever one of the roots. */
  #clear(node: number): void {
    this.#nodes[node * NODE_WORDS] = 0
    this.#nodes[node * NODE_WORDS + 1] = 0
    this.#nodes[node * NODE_WORDS + 2] = NONE
  }
}
