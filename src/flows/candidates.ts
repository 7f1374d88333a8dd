/**
 * Which flows a sample can match at all, by the layers, records and traits that it has. Packets of a
 * network are of a few dozen sorts, so the answer for each sort is worked out once and then looked up:
 * the definitions for tunnels, containers or UDP cost nothing for a plain TCP packet. Bounded: when
 * SORTS_MAX sorts were seen, it begins anew.
 */
import { WordIndex } from '../state/word-index.ts'
import type { CompiledFlow, Need } from './compiled.ts'
import { type FlowView, TRAIT } from './flow-view.ts'

export const SORTS_MAX = 1024

const LAYERS = 0
const TAGS = 1
const TRAITS = 2
const SORT_WORDS = 3
/** Where the answer stands behind a sort that was asked for lately. */
const ANSWER = 3
const RECENT_WORDS = 4
const RECENT = 64
const RECENT_SHIFT = 26

export class Candidates<Item> {
  readonly #items: readonly (readonly [needs: readonly Need[], item: Item])[]
  /** Only these bits of a view's records make a difference. */
  readonly tags: number
  #index = new WordIndex(SORT_WORDS, 0)
  #lists: (readonly Item[])[] = []
  readonly #sort = new Int32Array(SORT_WORDS)
  /** Sorts that were asked for lately and the numbers of their answers, each where its bits lead. */
  readonly #recent = new Int32Array(RECENT * RECENT_WORDS).fill(-1)
  /** Which of all answers the latest was; they are numbered from 0, again when it begins anew. */
  latest = 0

  /** `flowOf` tells the flow of an item, such as a table. The order stays. */
  constructor(items: readonly Item[], flowOf: (item: Item) => CompiledFlow) {
    this.#items = items.map(item => [needsOf(flowOf(item)), item])
    const needs = this.#items.flatMap(([all]) => all)
    this.tags = needs.reduce((mask, { tags }) => mask | tags, 0)
  }

  /** The items whose flows may match: never fewer than do. The list is shared; do not keep it. */
  of(view: FlowView): readonly Item[] {
    const layers = view.packet.layers()
    const tags = view.tags & this.tags
    const traits = view.traits()
    const recent = this.#recent
    const at = (Math.imul(layers ^ tags ^ traits, 0x9e3779b1) >>> RECENT_SHIFT) * RECENT_WORDS
    const isRecent =
      recent[at + LAYERS] === layers && recent[at + TAGS] === tags && recent[at + TRAITS] === traits
    if (!isRecent) this.#look(layers, tags, traits, at)
    this.latest = recent[at + ANSWER] as number
    return this.#lists[this.latest] as readonly Item[]
  }

  /** Notes the sort at `at`, with its answer. */
  #look(layers: number, tags: number, traits: number, at: number): void {
    const sort = this.#sort
    sort[LAYERS] = layers
    sort[TAGS] = tags
    sort[TRAITS] = traits
    const known = this.#index.find(sort)
    const answer = known < 0 ? this.#learn(layers, tags, traits) : known
    this.#recent.set(sort, at)
    this.#recent[at + ANSWER] = answer
  }

  #learn(layers: number, tags: number, traits: number): number {
    if (this.#lists.length === SORTS_MAX) {
      this.#lists = []
      this.#index = new WordIndex(SORT_WORDS, 0)
      this.#recent.fill(-1)
    }
    const able = this.#items.filter(([needs]) =>
      needs.every(need => meets(need, layers, tags, traits)),
    )
    this.#index.set(this.#sort, this.#lists.length)
    return this.#lists.push(able.map(([, item]) => item)) - 1
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
