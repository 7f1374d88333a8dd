/**
 * Which flows a sample can match at all, by the layers, records and traits that it has. Packets of a
 * network are of a few dozen sorts, so the answer for each sort is worked out once and then looked up:
 * the definitions for tunnels, containers or UDP cost nothing for a plain TCP packet. Bounded: when
 * SORTS_MAX sorts were seen, it begins anew.
 */
import { WordIndex } from '../state/word-index.ts'
import { type CompiledFlow, type FlowView, type Need, TRAIT } from './compiled.ts'

export const SORTS_MAX = 1024

const LAYERS = 0
const TAGS = 1
const TRAITS = 2
const SORT_WORDS = 3

export class Candidates<Item> {
  readonly #items: readonly (readonly [needs: readonly Need[], item: Item])[]
  /** Only these bits of a view's records make a difference. */
  readonly #tags: number
  #index = new WordIndex(SORT_WORDS, 0)
  #lists: (readonly Item[])[] = []
  /** The sort that was asked for last, and its answer. */
  readonly #sort = new Int32Array(SORT_WORDS)
  #last: readonly Item[] | undefined
  /** Which of all answers the latest was; they are numbered from 0, again when it begins anew. */
  latest = 0

  /** `flowOf` tells the flow of an item, such as a table. The order stays. */
  constructor(items: readonly Item[], flowOf: (item: Item) => CompiledFlow) {
    this.#items = items.map(item => [needsOf(flowOf(item)), item])
    const needs = this.#items.flatMap(([all]) => all)
    this.#tags = needs.reduce((mask, { tags }) => mask | tags, 0)
  }

  /** The items whose flows may match: never fewer than do. The list is shared; do not keep it. */
  of(view: FlowView): readonly Item[] {
    const layers = view.packet.layers()
    const tags = view.tags & this.#tags
    const traits = view.traits()
    const sort = this.#sort
    const same = sort[LAYERS] === layers && sort[TAGS] === tags && sort[TRAITS] === traits
    if (same && this.#last !== undefined) return this.#last
    sort[LAYERS] = layers
    sort[TAGS] = tags
    sort[TRAITS] = traits
    const known = this.#index.find(sort)
    const list = known < 0 ? this.#learn(layers, tags, traits) : (this.#lists[known] as Item[])
    this.#last = list
    this.latest = known < 0 ? this.#lists.length - 1 : known
    return list
  }

  #learn(layers: number, tags: number, traits: number): readonly Item[] {
    if (this.#lists.length === SORTS_MAX) {
      this.#lists = []
      this.#index = new WordIndex(SORT_WORDS, 0)
    }
    const able = this.#items.filter(([needs]) =>
      needs.every(need => meets(need, layers, tags, traits)),
    )
    const list = able.map(([, item]) => item)
    this.#index.set(this.#sort, this.#lists.length)
    this.#lists.push(list)
    return list
  }
}

function needsOf({ definition, needs }: CompiledFlow): readonly Need[] {
  const kind = definition.dropped ? TRAIT.dropped : TRAIT.sampled
  return [...(needs ?? []), { layers: 0, tags: 0, traits: kind }]
}

/** `layers`, `tags` and `traits` are those of a sample. */
export function meets(need: Need, layers: number, tags: number, traits: number): boolean {
  return (
    (layers & need.layers) !== 0 || (tags & need.tags) !== 0 || (traits & (need.traits ?? 0)) !== 0
  )
}
