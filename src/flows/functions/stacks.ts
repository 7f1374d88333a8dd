/**
 * The words of layer stacks: a tree with a step for each layer, so that the key `stack` makes a text
 * only for a stack that was never seen. Bounded: STACKS_MAX nodes, then all new ones share `other`.
 */
import { LAYER_NAMES } from '../../packet/layers.ts'
import { OTHER_WORD, type TextTable } from './texts.ts'

/** Real networks show some dozens; more than this is made on purpose. */
export const STACKS_MAX = 4096

interface StackNode {
  readonly text: string
  readonly word: number
  readonly children: (StackNode | undefined)[]
}

export class Stacks {
  readonly #texts: TextTable
  readonly #root: StackNode = { text: '', word: OTHER_WORD, children: [] }
  #count = 0

  constructor(texts: TextTable) {
    this.#texts = texts
  }

  /** The word of the first `count` layers of `order`. */
  word(order: Uint8Array, count: number): number {
    let node = this.#root
    for (let index = 0; index < count; index++) {
      const layer = order[index] as number
      let child = node.children[layer]
      if (child === undefined) {
        if (this.#count === STACKS_MAX) return OTHER_WORD
        const name = LAYER_NAMES[layer] as string
        const text = node === this.#root ? name : `${node.text}.${name}`
        child = { text, word: this.#texts.ofText(text, true), children: [] }
        node.children[layer] = child
        this.#count += 1
      }
      node = child
    }
    return node.word
  }
}
