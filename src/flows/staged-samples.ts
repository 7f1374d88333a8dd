/**
 * The samples that one definition has taken and not counted yet: which rows they are, and what those do
 * not hold of them (values other than bytes). `prepare` makes of them what the table adds up.
 */
import { Additions } from './additions.ts'
import type { CompiledFlow, FlowView, Measure } from './compiled.ts'
import { ROWS_MAX, type SampleRows, type UnitAt } from './sample-rows.ts'
import type { SharedKey } from './shared-keys.ts'

export class StagedSamples {
  count = 0
  /** By sample: its row. */
  readonly rows = new Int32Array(ROWS_MAX)
  readonly additions = new Additions(ROWS_MAX)
  /** Further numbers: a line for each sample, in it one for each of `measures`; NaN: it has none. */
  readonly numbers: Float64Array
  readonly measures: readonly Measure[]
  /** By word of a key, the unit first: where a row holds it. */
  readonly wordAt: Int32Array
  /** By key: its slot, and where a row holds its hash. */
  readonly slots: Int32Array
  readonly #hashAt: Int32Array
  readonly #unitAt: number
  readonly #values = new Float64Array(ROWS_MAX)
  readonly #flow: CompiledFlow
  readonly #ranksSums: boolean
  /** Its value is bytes, and it has no others: all in the rows. */
  readonly #isPlain: boolean

  constructor(flow: CompiledFlow, measures: readonly Measure[], keys: number, unitAt: UnitAt) {
    this.#flow = flow
    this.#ranksSums = flow.value.kind === 'sum'
    this.#isPlain = flow.value.plain === 'bytes' && measures.length === 0
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

  /** Takes the sample of the latest row. False: it does not hold the number that the flow is about. */
  take(view: FlowView, rows: SampleRows): boolean {
    const staged = this.count
    this.rows[staged] = rows.count - 1
    if (!this.#isPlain) {
      const value = this.#valueOf(view)
      if (!(value >= 0)) return false
      this.#values[staged] = value
      const { measures } = this
      for (let index = 0; index < measures.length; index++) {
        const number = (measures[index] as Measure).read(view)
        this.numbers[staged * measures.length + index] = number
      }
    }
    this.count = staged + 1
    return true
  }

  /** Hashes and weights for the table; `scale` is the decay clock's. Returns how many there are. */
  prepare(rows: SampleRows, { scale }: { readonly scale: number }): number {
    const { bases, hashes, weights, squares } = this.additions
    const { words, stride } = rows
    const hashAt = this.#hashAt
    const unitHashAt = this.#unitAt + 1
    const staged = this.count
    for (let index = 0; index < staged; index++) {
      const row = this.rows[index] as number
      const base = row * stride
      let hash = words[base + unitHashAt] as number
      for (let key = 0; key < hashAt.length; key++) {
        hash = (hash + (words[base + (hashAt[key] as number)] as number)) | 0
      }
      const value = this.#isPlain ? rows.bytes[row] : this.#values[index]
      const weight = (value as number) * scale
      bases[index] = base
      hashes[index] = hash
      weights[index] = weight
      squares[index] = weight * weight
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
