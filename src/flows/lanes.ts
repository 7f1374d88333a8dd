/**
 * The short way for what nearly all samples are: a packet of a known shape (packet/shapes.ts), whose plan
 * asks for nothing but fields. Then all that is needed of it stands at fixed places behind its first byte,
 * and no layer has to be noted. Which lane a sample takes is looked up by its sort, which is learned from
 * the first that went the long way.
 */
import { NO_SHAPE, SHAPE_LAYERS, SHAPE_MASKS, Shapes } from '../packet/shapes.ts'
import { FIELD_BYTES } from './field-words.ts'
import type { FlowView } from './flow-view.ts'
import type { Gate, PlacedGate } from './gate.ts'
import type { KeyReads } from './key-reads.ts'

export interface Lane {
  /** A shorter packet goes the long way. */
  readonly bytes: number
  readonly reads: KeyReads
  /** Where the fields of `reads` stand. */
  readonly places: Int32Array
  /** Tables that take the sample, as bits. */
  readonly plain: Int32Array
  /** Open: the packet goes the long way. */
  readonly gate: PlacedGate
}

/** header_protocol: sflow_version_5.txt. */
const ETHERNET = 1
/** Sorts that are known at a time: each has a place, and the latest sort of that place stays. */
const KNOWN = 256
const KNOWN_SHIFT = 24
const SORT_WORDS = 3

export class Lanes {
  /** Only these bits of a view's tags make a difference. */
  readonly #tags: number
  /** Shape, tags and traits of each known sort. No shape is below 0. */
  readonly #sorts = new Int32Array(KNOWN * SORT_WORDS).fill(-1)
  readonly #lanes: (Lane | undefined)[] = Array.from({ length: KNOWN }, () => undefined)
  readonly #shapes = new Shapes()
  /** Of the sample that was asked for last. */
  #shape = NO_SHAPE

  constructor(tags: number) {
    this.#tags = tags
  }

  /** The lane of a sample, of which the view need not be finished; undefined: it has to go the long way. */
  of(view: FlowView): Lane | undefined {
    const { headerStart: start } = view
    const shapes = this.#shapes
    const bytes = view.sample.view
    const isEthernet = start >= 0 && view.headerProtocol() === ETHERNET
    this.#shape = isEthernet ? shapes.of(bytes, start, view.headerEnd) : NO_SHAPE
    if (this.#shape === NO_SHAPE) return undefined
    const tags = view.tags & this.#tags
    const traits = view.traits()
    const place = placeOf(this.#shape, tags, traits)
    const sorts = this.#sorts
    const at = place * SORT_WORDS
    const isKnown = sorts[at] === this.#shape && sorts[at + 1] === tags && sorts[at + 2] === traits
    const lane = isKnown ? this.#lanes[place] : undefined
    if (lane === undefined || start + lane.bytes > shapes.end) return undefined
    return lane.gate.isOpen(bytes, start) ? undefined : lane
  }

  /** The same sample went the long way: others of its sort have this lane, if any. */
  learn(view: FlowView, lane: Lane | undefined): void {
    if (this.#shape === NO_SHAPE) return
    const tags = view.tags & this.#tags
    const traits = view.traits()
    const place = placeOf(this.#shape, tags, traits)
    const at = place * SORT_WORDS
    this.#sorts[at] = this.#shape
    this.#sorts[at + 1] = tags
    this.#sorts[at + 2] = traits
    this.#lanes[place] = lane
  }
}

function placeOf(shape: number, tags: number, traits: number): number {
  return Math.imul((shape << 16) ^ tags ^ traits, 0x9e3779b1) >>> KNOWN_SHIFT
}

/** The lane of packets with just these layers; undefined: they have no shape, or something is to be asked. */
export function laneOf(
  layers: number,
  plain: Int32Array,
  reads: KeyReads,
  gate: Gate | undefined,
): Lane | undefined {
  const offsets = new Map(SHAPE_LAYERS[SHAPE_MASKS.indexOf(layers)])
  const places = reads.placesIn(offsets)
  const placed = gate?.placedAt(offsets)
  if (offsets.size === 0 || places === undefined || placed === undefined) return undefined
  const bytes = Math.max(placed.bytes, ...Array.from(places, at => at + FIELD_BYTES))
  return { bytes, reads, places, plain, gate: placed }
}
