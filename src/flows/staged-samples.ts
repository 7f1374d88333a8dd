/**
 * The samples that one definition has taken and not counted yet: what the rows do not hold of them
 * (values other than bytes), and what the table adds up, once `prepare` has made it of the rows.
 */
import { ADDITIONS, ROWS_MAX } from './additions.ts'
import type { CompiledFlow, Measure } from './compiled.ts'
import type { FlowView } from './flow-view.ts'
import { type SampleRows, UNIT_AT, type UnitAt } from './sample-rows.ts'
import type { SharedKey } from './shared-keys.ts'

const { rows: ROWS, hashes: HASHES, checks: CHECKS, weights: WEIGHTS } = ADDITIONS

export class StagedSamples {
  /** Further numbers: a line for each row, in it one for each of `measures`; NaN: it has none. */
  readonly numbers: Float64Array
  readonly measures: readonly Measure[]
  /** By word of a key, the unit first: where rows hold it. */
  readonly wordAt: Int32Array
  /** By key: its slot, and where rows hold its hash; the check is behind it. */
  readonly slots: Int32Array
  /** Its value is bytes, and it has no others: all in the rows. */
  readonly isPlain: boolean
  /** Where rows hold the hashes of its keys, that of the unit first if there are units. */
  readonly #hashAt: Int32Array
  readonly #unitAt: number
  /** By row. */
  readonly #values = new Float64Array(ROWS_MAX)
  readonly #flow: CompiledFlow
  readonly #ranksSums: boolean

  constructor(flow: CompiledFlow, measures: readonly Measure[], keys: number, unitAt: UnitAt) {
    this.#flow = flow
    this.#ranksSums = flow.value.kind === 'sum'
    this.isPlain = flow.value.plain === 'bytes' && measures.length === 0
    this.#unitAt = unitAt
    this.measures = measures
    this.numbers = new Float64Array(ROWS_MAX * measures.length)
    this.wordAt = new Int32Array(flow.keyWords + 1)
    this.slots = new Int32Array(keys)
    this.#hashAt = new Int32Array(keys + (unitAt === UNIT_AT.all ? 0 : 1))
  }

  /** Finds the keys in rows that begin to be used. Nothing may be staged. */
  bind(rows: SampleRows, keys: readonly SharedKey[]): void {
    this.wordAt[0] = this.#unitAt
    this.#hashAt[0] = this.#unitAt + ROWS_MAX
    const before = this.#hashAt.length - keys.length
    let word = 1
    for (const [index, key] of keys.entries()) {
      const slot = rows.slotOf(key)
      const at = rows.placeOf(slot)
      this.slots[index] = slot
      this.#hashAt[before + index] = at + key.width * ROWS_MAX
      for (let offset = 0; offset < key.width; offset++)
        this.wordAt[word++] = at + offset * ROWS_MAX
    }
  }

  /** Reads the numbers of the sample of row `row`. False: it does not hold what the flow is about. */
  read(view: FlowView, row: number): boolean {
    if (this.isPlain) return true
    const value = this.#valueOf(view)
    if (!(value >= 0)) return false
    this.#values[row] = value
    const { measures } = this
    for (let index = 0; index < measures.length; index++) {
      this.numbers[row * measures.length + index] = (measures[index] as Measure).read(view)
    }
    return true
  }

  /**
   * Hashes and weights of the rows that table `table` takes; `scale` is the decay clock's. Returns how
   * many there are.
   */
  prepare(rows: SampleRows, table: number, { scale }: { readonly scale: number }): number {
    const { words, takers, count } = rows
    const values = this.isPlain ? rows.bytes : this.#values
    const bit = table & 31
    const takersAt = (table >>> 5) * ROWS_MAX
    let staged = 0
    for (let row = 0; row < count; row++) {
      ROWS[staged] = row
      WEIGHTS[staged] = (values[row] as number) * scale
      staged += ((takers[takersAt + row] as number) >>> bit) & 1
    }
    const hashAt = this.#hashAt
    let key = 2 - (hashAt.length & 1)
    if (key === 1) beginHashes(words, hashAt[0] as number, staged)
    else beginHashesOfTwo(words, hashAt[0] as number, hashAt[1] as number, staged)
    for (; key < hashAt.length; key += 2) {
      addHashes(words, hashAt[key] as number, hashAt[key + 1] as number, staged)
    }
    return staged
  }

  /** What the sample adds to its flow; NaN if it does not hold the number. */
  #valueOf(view: FlowView): number {
    const number = this.#flow.value.read(view)
    if (this.#ranksSums) return number * view.scale
    return Number.isNaN(number) ? number : view.scale
  }
}

/** The hash of each line is that of a key. Its checks stand behind its hashes, as everywhere. */
function beginHashes(words: Int32Array, hashAt: number, staged: number): void {
  const checkAt = hashAt + ROWS_MAX
  const count = Math.min(staged, ROWS_MAX)
  for (let line = 0; line < count; line++) {
    const row = ROWS[line] as number
    HASHES[line] = words[hashAt + row] as number
    CHECKS[line] = words[checkAt + row] as number
  }
}

/** It is that of two keys. */
function beginHashesOfTwo(words: Int32Array, oneAt: number, otherAt: number, staged: number): void {
  const oneCheckAt = oneAt + ROWS_MAX
  const otherCheckAt = otherAt + ROWS_MAX
  const count = Math.min(staged, ROWS_MAX)
  for (let line = 0; line < count; line++) {
    const row = ROWS[line] as number
    HASHES[line] = (words[oneAt + row] as number) + (words[otherAt + row] as number)
    CHECKS[line] = (words[oneCheckAt + row] as number) + (words[otherCheckAt + row] as number)
  }
}

/** Those of two more keys are added. */
function addHashes(words: Int32Array, oneAt: number, otherAt: number, staged: number): void {
  const oneCheckAt = oneAt + ROWS_MAX
  const otherCheckAt = otherAt + ROWS_MAX
  const count = Math.min(staged, ROWS_MAX)
  for (let line = 0; line < count; line++) {
    const row = ROWS[line] as number
    HASHES[line] =
      (HASHES[line] as number) + (words[oneAt + row] as number) + (words[otherAt + row] as number)
    CHECKS[line] =
      (CHECKS[line] as number) +
      (words[oneCheckAt + row] as number) +
      (words[otherCheckAt + row] as number)
  }
}
