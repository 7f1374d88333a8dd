/**
 * Which flows a sample can match at all, by the layers and records that it has. Packets of a network
 * are of a few dozen sorts, so the answer for each sort is worked out once and then looked up: the
 * definitions for tunnels, containers or UDP cost nothing for a plain TCP packet. Bounded: when
 * SORTS_MAX sorts were seen, it begins anew.
 */
import type { CompiledFlow, FlowView } from './compiled.ts'

export const SORTS_MAX = 1024

export class Candidates<Item> {
  readonly #items: readonly (readonly [flow: CompiledFlow, item: Item])[]
  /** Only these bits of a view's records make a difference. */
  readonly #tags: number
  readonly #sorts = new Map<number, Map<number, readonly Item[]>>()
  #count = 0

  /** `flowOf` tells the flow of an item, such as a table. The order stays. */
  constructor(items: readonly Item[], flowOf: (item: Item) => CompiledFlow) {
    this.#items = items.map(item => [flowOf(item), item])
    const needs = this.#items.flatMap(([{ needs }]) => needs ?? [])
    this.#tags = needs.reduce((mask, { tags }) => mask | tags, 0)
  }

  /** The items whose flows may match: never fewer than do. The list is shared; do not keep it. */
  of(view: FlowView): readonly Item[] {
    const layers = view.packet.layers()
    const sort = ((view.tags & this.#tags) << 1) | (view.dropped ? 1 : 0)
    return this.#sorts.get(layers)?.get(sort) ?? this.#find(view, layers, sort)
  }

  #find(view: FlowView, layers: number, sort: number): readonly Item[] {
    if (this.#count === SORTS_MAX) {
      this.#sorts.clear()
      this.#count = 0
    }
    this.#count += 1
    const found = this.#items.filter(([{ definition, needs }]) => {
      if (definition.dropped !== view.dropped) return false
      return (needs ?? []).every(
        need => (layers & need.layers) !== 0 || (view.tags & need.tags) !== 0,
      )
    })
    const items = found.map(([, item]) => item)
    const sorts = this.#sorts.get(layers)
    if (sorts === undefined) this.#sorts.set(layers, new Map([[sort, items]]))
    else sorts.set(sort, items)
    return items
  }
}
