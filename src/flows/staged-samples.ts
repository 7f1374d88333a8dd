/**
 * The samples that one definition has taken and not counted yet: what the rows do not hold of them
 * (values other than bytes), and what the table adds up, once `prepare` has made it of the rows.
 */
import { Additions } from './additions.ts'
import type { CompiledFlow, FlowView, Measure } from './compiled.ts'
import { ROWS_MAX, type SampleRows, type UnitAt } from './sample-rows.ts'
import type { SharedKey } from './shared-keys.ts'

export class StagedSamples {
  readonly additions = new Additions(ROWS_MAX)
  /** Scratch space: rows whose flow is not counted by itself. */
  readonly left = new Int32Array(ROWS_MAX)
  /** Further numbers: a line for each row, in it one for each of `measures`; NaN: it has none. */
  readonly numbers: Float64Array
  readonly measures: readonly Measure[]
  /** By word of a key, the unit first: where a row holds it. */
  readonly wordAt: Int32Array
  /** By key: its slot, and where a row holds its hash; the check is behind it. */
  readonly slots: Int32Array
  /** Its value is bytes, and it has no others: all in the rows. */
  readonly isPlain: boolean
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
    this.#hashAt = new Int32Array(keys)
  }

  /** Finds the keys in rows that begin to be used. Nothing may be staged. */
  bind(rows: SampleRows, keys: readonly SharedKey[]): void {
    this.wordAt[0] = this.#unitAt
    let word = 1
    for (const [index, key] of keys.entries()) {
      const slot = rows.slotOf(key)
      const at = rows.placeOf(slot)
      this.slots[index] = slot
      this.#hashAt[index] = at + key.width
      for (let offset = 0; offset < key.width; offset++) this.wordAt[word++] = at + offset
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
    const { rows: rowOf, hashes, checks, weights } = this.additions
    const { words, stride, takers, count } = rows
    const values = this.isPlain ? rows.bytes : this.#values
    const hashAt = this.#hashAt
    const unitHashAt = this.#unitAt + 1
    const bit = 1 << (table & 31)
    const takersAt = (table >>> 5) * ROWS_MAX
    let staged = 0
    for (let row = 0; row < count; row++) {
      if (((takers[takersAt + row] as number) & bit) === 0) continue
      const base = row * stride
      let hash = words[base + unitHashAt] as number
      let check = words[base + unitHashAt + 1] as number
      for (let key = 0; key < hashAt.length; key++) {
        const at = base + (hashAt[key] as number)
        hash = (hash + (words[at] as number)) | 0
        check = (check + (words[at + 1] as number)) | 0
      }
      rowOf[staged] = row
      hashes[staged] = hash
      checks[staged] = check
      weights[staged] = (values[row] as number) * scale
      staged += 1
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
