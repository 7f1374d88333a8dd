/**
 * The direction rule: a packet that an agent samples on its way in and again on its way out counts
 * once. Left out is only an egress sample whose input port the same agent sampled on ingress in the
 * last ten minutes; agents of which no direction is known lose nothing. Bounded: ports beyond
 * `portsMax` are not remembered, so their egress samples count.
 */

import { INTERNAL_INTERFACE, PORT_SINGLE } from '../sflow/samples.ts'
import { WordIndex } from '../state/word-index.ts'
import type { FlowTableStats } from './families.ts'
import { DIRECTION_EGRESS, DIRECTION_INGRESS, type FlowView } from './flow-view.ts'

/** Design, "Direction". */
export const INGRESS_MEMORY_MS = 600_000

/** Address type, four words of address, port. */
const KEY_WORDS = 6
/** Ports that were seen lately, each where its numbers lead: nearly all are found without a search. */
const RECENT = 4096
const RECENT_SHIFT = 20

export interface DirectionOptions {
  /** A port takes some 60 bytes; 65,536 are 1,300 switches of 48 ports. */
  readonly portsMax?: number
  readonly memoryMs?: number
  readonly seed?: number
}

export class DirectionRule {
  readonly portsMax: number
  /** Samples left out; ports that found no room, counted per sample. */
  leftOut = 0
  refused = 0
  created = 0
  evicted = 0
  readonly #memoryMs: number
  readonly #index: WordIndex
  readonly #lastMs: Float64Array
  readonly #keys: Int32Array
  readonly #free: number[] = []
  #used = 0
  readonly #key = new Int32Array(KEY_WORDS)
  /** Their slots. The key of a slot is compared, so that an old one does no harm. */
  readonly #recent = new Int32Array(RECENT)

  constructor(options: DirectionOptions = {}) {
    this.portsMax = options.portsMax ?? 65_536
    this.#memoryMs = options.memoryMs ?? INGRESS_MEMORY_MS
    this.#index = new WordIndex(KEY_WORDS, options.seed ?? 0)
    this.#lastMs = new Float64Array(this.portsMax)
    this.#keys = new Int32Array(this.portsMax * KEY_WORDS)
  }

  get ports(): number {
    return this.#index.size
  }

  /** Remembers an ingress sample; marks the view of an egress sample that is a second sighting. */
  observe(view: FlowView): void {
    if (view.dropped) return
    if (view.direction === DIRECTION_INGRESS) this.#remember(view)
    else if (view.direction === DIRECTION_EGRESS && this.#sampledOnIngress(view)) {
      view.secondSighting = true
      this.leftOut += 1
    }
  }

  /** Forgets ports without an ingress sample for the memory's length. Once a minute is enough. */
  sweep(nowMs: number): void {
    for (let slot = 0; slot < this.#used; slot++) {
      const last = this.#lastMs[slot] as number
      if (last === 0 || nowMs - last <= this.#memoryMs) continue
      this.#index.delete(this.#keys.subarray(slot * KEY_WORDS, (slot + 1) * KEY_WORDS))
      this.#lastMs[slot] = 0
      this.#keys.fill(0, slot * KEY_WORDS, (slot + 1) * KEY_WORDS)
      this.evicted += 1
      this.#free.push(slot)
    }
  }

  /** In the form of the other bounded tables. */
  stats(table: string): FlowTableStats {
    const { ports, portsMax, created, refused, evicted } = this
    return { table, series: ports, seriesMax: portsMax, created, refused, evicted }
  }

  #remember(view: FlowView): void {
    const { address } = view
    const numbers = (address[0] as number) ^ Math.imul(address[3] as number, 0x85ebca6b)
    const at = Math.imul(numbers ^ Math.imul(view.sample.inputValue, 0xc2b2ae35), 0x9e3779b1)
    const recent = this.#recent[at >>> RECENT_SHIFT] as number
    if (this.#isKeyOf(recent, view)) {
      this.#lastMs[recent] = Math.max(1, view.nowMs)
      return
    }
    const slot = this.#slotOf(view)
    if (slot < 0) return
    this.#lastMs[slot] = Math.max(1, view.nowMs)
    this.#recent[at >>> RECENT_SHIFT] = slot
  }

  /** The slot of the input port of this sample, new if need be; -1: there is no room. */
  #slotOf(view: FlowView): number {
    const known = this.#index.find(this.#keyOf(view))
    if (known >= 0) return known
    const slot = this.#free.pop() ?? this.#used
    if (slot >= this.portsMax) {
      this.refused += 1
      return -1
    }
    this.#used = Math.max(this.#used, slot + 1)
    this.#keys.set(this.#key, slot * KEY_WORDS)
    this.#index.set(this.#key, slot)
    this.created += 1
    return slot
  }

  /** Does this slot stand for the input port of this sample? One that is free stands for none. */
  #isKeyOf(slot: number, view: FlowView): boolean {
    const keys = this.#keys
    const at = slot * KEY_WORDS
    const { address, addressType } = view
    const differs =
      ((keys[at] as number) ^ addressType) |
      ((keys[at + 1] as number) ^ (address[0] as number)) |
      ((keys[at + 5] as number) ^ view.sample.inputValue)
    if (differs !== 0) return false
    // IPv4 leaves the other words as an IPv6 agent may have filled them.
    if (addressType === 1) return true
    return keys[at + 2] === address[1] && keys[at + 3] === address[2] && keys[at + 4] === address[3]
  }

  #sampledOnIngress(view: FlowView): boolean {
    const { inputFormat, inputValue } = view.sample
    const real = inputFormat === PORT_SINGLE && inputValue > 0 && inputValue !== INTERNAL_INTERFACE
    if (!real) return false
    const slot = this.#index.find(this.#keyOf(view))
    return slot >= 0 && view.nowMs - (this.#lastMs[slot] as number) <= this.#memoryMs
  }

  /** The agent's address (not its sub-agent: design, "the same agent") and the input port. */
  #keyOf(view: FlowView): Int32Array {
    const key = this.#key
    const wide = view.addressType !== 1
    key[0] = view.addressType
    key[1] = view.address[0] as number
    key[2] = wide ? (view.address[1] as number) : 0
    key[3] = wide ? (view.address[2] as number) : 0
    key[4] = wide ? (view.address[3] as number) : 0
    key[5] = view.sample.inputValue | 0
    return key
  }
}
