/**
 * The packet samples of some datagrams side by side, a row each: what flow tables need of them when
 * their bytes are gone. A row holds the keys of all definitions, each different one once with its hash,
 * however many definitions have it, and a bit for each table that takes the sample. One word of all rows
 * stands together, then the next: what is done to a key is done to many rows in one go.
 */
import { ROWS_MAX } from './additions.ts'
import type { FlowView } from './flow-view.ts'
import { HASH_WORDS, multipliersOf } from './key-hash.ts'
import { KeyReads, type Slot } from './key-reads.ts'
import type { Lane } from './lanes.ts'
import type { SharedKey } from './shared-keys.ts'

/** Columns of a unit: itself, its hash and its check. */
const UNIT_WORDS = ROWS_MAX * (1 + HASH_WORDS)
/** Where the rows hold the unit that a definition tells apart: `words[at + row]`. */
export const UNIT_AT = { all: 0, agent: UNIT_WORDS, interface: 2 * UNIT_WORDS } as const
export type UnitAt = (typeof UNIT_AT)[keyof typeof UNIT_AT]
const KEYS_AT = 3 * UNIT_WORDS

export class SampleRows {
  count = 0
  /** Of all samples here. */
  nowMs = 0
  /** By row: frame length times scale, and scale. */
  readonly bytes = new Float64Array(ROWS_MAX)
  readonly scales = new Float64Array(ROWS_MAX)
  /** Word by word, each of all rows. The keys are there after `settle`. */
  words = new Int32Array(KEYS_AT)
  /** Who takes which row: for each 32 tables a word by row, in it a bit for each table. */
  readonly takers: Int32Array
  /** The same of all rows together. */
  readonly #taken: Int32Array
  /** The first so many of these have rows to fill. An array that is emptied and filled again leaves garbage. */
  readonly #pending: KeyReads[] = []
  #pendingCount = 0
  readonly #seed: number
  readonly #unit: Int32Array
  readonly #slots: Slot[] = []
  /** By slot: 1 if the sample of the latest row lacks it, as far as it was read. */
  #lacks = new Uint8Array(0)
  #isLacking = false

  /** For so many tables. */
  constructor(seed: number, tables: number) {
    this.#seed = seed
    this.#unit = multipliersOf(seed, '', 1)
    this.#taken = new Int32Array(takerWords(tables))
    this.takers = new Int32Array(this.#taken.length * ROWS_MAX)
  }

  /** The number of a key's slot. To be called while no sample is here. */
  slotOf(key: SharedKey): number {
    const known = this.#slots.findIndex(slot => slot.name === key.name)
    if (known >= 0) return known
    const multipliers = multipliersOf(this.#seed, key.name, key.width)
    const number = this.#slots.length
    this.#slots.push({ ...key, number, at: this.words.length, multipliers })
    this.words = new Int32Array(this.words.length + ROWS_MAX * (key.width + HASH_WORDS))
    this.#lacks = new Uint8Array(this.#slots.length)
    return number
  }

  /** Where rows hold the words of a key; hash and check are behind them. */
  placeOf(slot: number): number {
    return (this.#slots[slot] as Slot).at
  }

  /** The best way to read slots where just these layers are: bits as of `PacketView.layers()`. */
  readsOf(slots: Iterable<number>, layers: number): KeyReads {
    return new KeyReads(
      Array.from(slots, slot => this.#slots[slot] as Slot),
      layers,
    )
  }

  /** A new row. `agent` and `port` are the units of the sample. */
  begin(view: FlowView, agent: number, port: number): void {
    const row = this.count++
    const { words } = this
    this.nowMs = view.nowMs
    this.bytes[row] = view.frameLength * view.scale
    this.scales[row] = view.scale
    for (let at = row; at < this.takers.length; at += ROWS_MAX) this.takers[at] = 0
    words[UNIT_AT.agent + row] = agent
    words[UNIT_AT.interface + row] = port
    if (!this.#isLacking) return
    this.#lacks.fill(0)
    this.#isLacking = false
  }

  /** The unit of the latest row; `at` is of UNIT_AT. */
  unit(at: number): number {
    return this.words[at + this.count - 1] as number
  }

  /** Reads keys of the sample into the latest row. False: it lacks one of them, or more. */
  read(view: FlowView, reads: KeyReads): boolean {
    if (reads.pending === 0) this.#pending[this.#pendingCount++] = reads
    const hasAll = reads.read(view, this.words, this.count - 1, this.#lacks)
    if (!hasAll) this.#isLacking = true
    return hasAll
  }

  /** Keys and tables of a sample that has this lane. */
  takeLane(view: FlowView, lane: Lane): void {
    const { reads, places } = lane
    if (reads.pending === 0) this.#pending[this.#pendingCount++] = reads
    reads.take(view.sample.view, view.headerStart, places, this.count - 1)
    this.takeAll(lane.plain)
  }

  /** Does the sample of the latest row have all of these slots? They were read. */
  holds(slots: Int32Array): boolean {
    for (let index = 0; index < slots.length; index++) {
      if (this.#lacks[slots[index] as number] === 1) return false
    }
    return true
  }

  /** The tables with these bits take the latest row. */
  takeAll(bits: Int32Array): void {
    const { takers } = this
    const taken = this.#taken
    for (let word = 0; word < bits.length; word++) {
      const at = word * ROWS_MAX + this.count - 1
      takers[at] = (takers[at] as number) | (bits[word] as number)
      taken[word] = (taken[word] as number) | (bits[word] as number)
    }
  }

  /** The table with this number takes the latest row. */
  take(table: number): void {
    const word = table >>> 5
    const bit = 1 << (table & 31)
    const at = word * ROWS_MAX + this.count - 1
    this.takers[at] = (this.takers[at] as number) | bit
    this.#taken[word] = (this.#taken[word] as number) | bit
  }

  /** Is there a row that this table takes? */
  isTakenBy(table: number): boolean {
    return ((this.#taken[table >>> 5] as number) & (1 << (table & 31))) !== 0
  }

  /** Fills in the keys of all rows, and the hashes of their units. */
  settle(): void {
    this.#hashUnits(UNIT_AT.agent)
    this.#hashUnits(UNIT_AT.interface)
    const pending = this.#pending
    for (let index = 0; index < this.#pendingCount; index++)
      (pending[index] as KeyReads).settle(this.words)
    this.#pendingCount = 0
  }

  clear(): void {
    this.count = 0
    this.#taken.fill(0)
  }

  /** As `hashPart` does it for one word. */
  #hashUnits(at: number): void {
    const { words, count } = this
    const unit = this.#unit
    const low = unit[0] as number
    const high = unit[1] as number
    const checkLow = unit[2] as number
    const checkHigh = unit[3] as number
    for (let index = at; index < at + count; index++) {
      const lower = (words[index] as number) & 0xffff
      const upper = (words[index] as number) >>> 16
      words[index + ROWS_MAX] = Math.imul(lower, low) + Math.imul(upper, high)
      words[index + 2 * ROWS_MAX] = Math.imul(lower, checkLow) + Math.imul(upper, checkHigh)
    }
  }
}

/** Words with a bit for each of so many tables. */
export function takerWords(tables: number): number {
  return Math.max(1, Math.ceil(tables / 32))
}
