/**
 * The packet samples of a datagram side by side, a row each: what flow tables need of them when their
 * bytes are gone. A row holds the keys of all definitions, each different one once with its hash,
 * however many definitions have it.
 */
import type { PacketView } from '../packet/packet.ts'
import type { FlowView } from './compiled.ts'
import { hashPart, multipliersOf } from './key-hash.ts'
import { FieldExpression, type Place } from './keys/field.ts'
import { readWord } from './keys/wire.ts'
import type { SharedKey } from './shared-keys.ts'

/** A datagram of the usual 1,400 bytes has 6 to 10 packet samples; behind this many the tables count first. */
export const ROWS_MAX = 64

/** Where a row holds the unit that a definition tells apart, and the word after it that unit's hash. */
export const UNIT_AT = { all: 0, agent: 2, interface: 4 } as const
export type UnitAt = (typeof UNIT_AT)[keyof typeof UNIT_AT]
const KEYS_AT = 6

interface Slot extends SharedKey {
  readonly number: number
  /** Where the row holds its words, and behind them its hash. */
  readonly at: number
  readonly multipliers: Int32Array
}

/**
 * How a slot is read from packets that have certain layers: most often one word at a known place, with
 * the words before it (an IPv4 address among those of IPv6) and their share of the hash known, too.
 */
export interface SlotRead {
  readonly slot: Slot
  readonly place: Place | undefined
  /** Of the last word of the key. */
  readonly low: number
  readonly high: number
  readonly hashBefore: number
}

/** What stands before an IPv4 address among addresses of both versions: keys/kinds.ts. */
const MAPPED = Int32Array.of(0, 0, 0xffff, 0)

export class SampleRows {
  count = 0
  /** Of all samples here. */
  nowMs = 0
  /** By row: frame length times scale, and scale. */
  readonly bytes = new Float64Array(ROWS_MAX)
  readonly scales = new Float64Array(ROWS_MAX)
  /** Words of a row. */
  stride = KEYS_AT
  words = new Int32Array(ROWS_MAX * KEYS_AT)
  /** Where the latest row begins. */
  #base = 0
  readonly #seed: number
  readonly #unit: Int32Array
  readonly #slots: Slot[] = []
  /** By slot: 1 if the sample of the latest row lacks it, as far as it was read. */
  #lacks = new Uint8Array(0)

  constructor(seed: number) {
    this.#seed = seed
    this.#unit = multipliersOf(seed, '', 1)
  }

  /** The number of a key's slot. To be called while no sample is here. */
  slotOf(key: SharedKey): number {
    const known = this.#slots.findIndex(slot => slot.name === key.name)
    if (known >= 0) return known
    const multipliers = multipliersOf(this.#seed, key.name, key.width)
    const number = this.#slots.length
    this.#slots.push({ ...key, number, at: this.stride, multipliers })
    this.stride += key.width + 1
    this.words = new Int32Array(ROWS_MAX * this.stride)
    this.#lacks = new Uint8Array(this.#slots.length)
    return number
  }

  /** Where a row holds the words of a key; its hash is the word behind them. */
  placeOf(slot: number): number {
    return (this.#slots[slot] as Slot).at
  }

  /** The best way to read a slot where just these layers are: bits as of `PacketView.layers()`. */
  readOf(slot: number, layers: number): SlotRead {
    const found = this.#slots[slot] as Slot
    const { expression, width, multipliers } = found
    const sure = expression instanceof FieldExpression ? expression.placeIn(layers) : undefined
    const place = sure !== undefined && sure.bytes <= 4 ? sure : undefined
    const last = 2 * (width - 1)
    return {
      slot: found,
      place,
      low: multipliers[last] as number,
      high: multipliers[last + 1] as number,
      hashBefore: place?.mapped ? hashPart(MAPPED, 0, 3, multipliers) : 0,
    }
  }

  /** A new row. `agent` and `port` are the units of the sample. */
  begin(view: FlowView, agent: number, port: number): void {
    const row = this.count++
    const { words } = this
    const base = row * this.stride
    this.#base = base
    this.nowMs = view.nowMs
    this.bytes[row] = view.frameLength * view.scale
    this.scales[row] = view.scale
    if (words[base + UNIT_AT.agent] !== agent) this.#setUnit(base + UNIT_AT.agent, agent)
    if (words[base + UNIT_AT.interface] !== port) this.#setUnit(base + UNIT_AT.interface, port)
  }

  /** The unit of the latest row; `at` is of UNIT_AT. */
  unit(at: number): number {
    return this.words[this.#base + at] as number
  }

  /** Reads keys of the sample into the latest row. False: it lacks one of them, or more. */
  read(view: FlowView, reads: readonly SlotRead[]): boolean {
    const { words } = this
    const base = this.#base
    const { packet } = view
    let hasAll = true
    for (let index = 0; index < reads.length; index++) {
      const read = reads[index] as SlotRead
      const { slot } = read
      const to = base + slot.at
      if (read.place !== undefined && readPlace(packet, read, read.place, words, to)) {
        this.#lacks[slot.number] = 0
        continue
      }
      const has = slot.expression.read(view, words, to)
      this.#lacks[slot.number] = has ? 0 : 1
      if (has) words[to + slot.width] = hashPart(words, to, slot.width, slot.multipliers)
      else hasAll = false
    }
    return hasAll
  }

  /** Does the sample of the latest row have all of these slots? They were read. */
  holds(slots: Int32Array): boolean {
    for (let index = 0; index < slots.length; index++) {
      if (this.#lacks[slots[index] as number] === 1) return false
    }
    return true
  }

  clear(): void {
    this.count = 0
  }

  #setUnit(at: number, unit: number): void {
    this.words[at] = unit
    this.words[at + 1] = hashPart(this.words, at, 1, this.#unit)
  }
}

/** One word from where it stands for sure, if it was not cut off. */
function readPlace(
  packet: PacketView,
  read: SlotRead,
  place: Place,
  words: Int32Array,
  to: number,
): boolean {
  const offset = packet.offset(place.slot) + place.offset
  if (offset + place.bytes > packet.end) return false
  if (place.wireOnly && packet.synthetic) return false
  let at = to
  if (place.mapped) {
    words[to] = 0
    words[to + 1] = 0
    words[to + 2] = 0xffff
    at = to + 3
  }
  const word = (readWord(packet.view, offset, place.bytes) >>> place.shift) & place.mask
  words[at] = word
  const low = Math.imul(word & 0xffff, read.low)
  words[at + 1] = (read.hashBefore + low + Math.imul(word >>> 16, read.high)) | 0
  return true
}
