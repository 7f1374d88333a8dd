/**
 * A worker's side of flows over all agents: each sample that matches one is written into a batch for
 * the main thread, which counts it. Bounded: at most `batchesMax` batches are on their way; when all
 * are, samples are added up here, go along with a later batch and are counted as `other` (shed).
 */
import { WordIndex } from '../../state/word-index.ts'
import { Candidates } from '../candidates.ts'
import type { CompiledFlow, Measure } from '../compiled.ts'
import type { FlowView } from '../flow-view.ts'
import { addend } from '../measures.ts'
import {
  BATCH_NUMBERS,
  definitionKey,
  recordLength,
  type SampleBatch,
  SHED_SUMS,
  sumsOf,
  type TapNotice,
  VALUE,
} from './batch.ts'

/** 64 batches are 4 MiB. */
const BATCHES_MAX = 64
/** Keys of a tap that the other side is told by number; then the numbers begin anew. */
const KEYS_MAX = 8_192

export interface TapsOptions {
  readonly send: (batch: SampleBatch) => void
  /** A batch has been begun: `flush` soon. */
  readonly begun: () => void
  readonly taps: number
  readonly seed: number
  readonly batchesMax?: number
}

interface Tap {
  readonly number: number
  readonly flow: CompiledFlow
  readonly key: Int32Array
  /** The words are texts of this engine alone, so the key goes by a number. */
  numbers: WordIndex | undefined
  /** Bytes, frames and sums that found no batch. */
  readonly shed: Float64Array
  readonly sums: readonly Measure[]
  isShed: boolean
}

export class SampleTaps {
  /** Samples that were counted as `other`, since the main thread was behind. */
  shed = 0
  readonly #options: TapsOptions
  readonly #taps: (Tap | undefined)[]
  #candidates = new Candidates<Tap>([], tap => tap.flow)
  #batch: Float64Array<ArrayBuffer> | undefined
  #used = 0
  #newTaps: TapNotice[] = []
  #newKeys: (readonly [number, number, readonly string[]])[] = []
  readonly #free: Float64Array<ArrayBuffer>[] = []
  #made = 0
  /** When something was shed last; 0: nothing waits. */
  #shedMs = 0

  constructor(options: TapsOptions) {
    this.#options = options
    this.#taps = new Array<Tap | undefined>(options.taps).fill(undefined)
  }

  /** Begins or replaces a definition. False: too many. */
  define(flow: CompiledFlow): boolean {
    this.remove(flow.definition.name)
    const number = this.#taps.indexOf(undefined)
    if (number < 0) return false
    const sums = sumsOf(flow)
    this.#taps[number] = {
      number,
      flow,
      key: new Int32Array(flow.keyWords),
      numbers: flow.localKey ? new WordIndex(flow.keyWords, this.#options.seed) : undefined,
      shed: new Float64Array(2 + sums.length),
      sums,
      isShed: false,
    }
    const shedLength = SHED_SUMS + sums.length
    const length = recordLength(flow)
    this.#newTaps.push({ tap: number, definition: definitionKey(flow), length, shedLength })
    this.#arrange()
    return true
  }

  remove(name: string): boolean {
    const at = this.#taps.findIndex(tap => tap?.flow.definition.name === name)
    if (at < 0) return false
    // What was written under this number goes before the number means something else.
    this.flush()
    this.#newTaps = this.#newTaps.filter(({ tap }) => tap !== at)
    this.#newKeys = this.#newKeys.filter(([tap]) => tap !== at)
    this.#taps[at] = undefined
    this.#arrange()
    return true
  }

  sample(view: FlowView): void {
    const taps = this.#candidates.of(view)
    for (let index = 0; index < taps.length; index++) {
      const tap = taps[index] as Tap
      const { flow } = tap
      if (!flow.matches(view) || !flow.readKey(view, tap.key, 0)) continue
      const value = flow.value.read(view)
      if (flow.value.kind === 'sum' && !(value >= 0)) continue
      this.#write(tap, view, value)
    }
  }

  /** Sends what there is. */
  flush(): void {
    this.#writeShed()
    const numbers = this.#batch
    if (numbers === undefined) return
    const [taps, keys] = [this.#newTaps, this.#newKeys]
    this.#batch = undefined
    this.#newTaps = []
    this.#newKeys = []
    this.#options.send({ taps, keys, numbers, used: this.#used })
  }

  /** A batch came back empty. */
  recycle(numbers: Float64Array<ArrayBuffer>): void {
    this.#free.push(numbers)
  }

  #write(tap: Tap, view: FlowView, value: number): void {
    const { flow, key } = tap
    const { values } = flow
    let position = this.#room(VALUE + 1 + values.length + key.length)
    if (position < 0) {
      this.#shed(tap, view)
      return
    }
    const number = tap.numbers === undefined ? -1 : this.#numberOf(tap, tap.numbers)
    // A dictionary that began anew has sent the batch.
    if (number >= 0) position = this.#room(VALUE + 2 + values.length)
    if (position < 0) {
      this.#shed(tap, view)
      return
    }
    const batch = this.#batch as Float64Array
    batch[position++] = tap.number
    batch[position++] = view.nowMs
    batch[position++] = view.frameLength
    batch[position++] = view.scale
    batch[position++] = value
    for (let index = 0; index < values.length; index++) {
      batch[position++] = (values[index] as Measure).read(view)
    }
    if (number >= 0) batch[position++] = number
    else for (let word = 0; word < key.length; word++) batch[position++] = key[word] as number
    this.#used = position
  }

  /** The number that stands for the present key; a new one is told with the batch. */
  #numberOf(tap: Tap, before: WordIndex): number {
    const known = before.find(tap.key)
    if (known >= 0) return known
    let numbers = before
    if (numbers.size === KEYS_MAX) {
      // Whatever was written by the old numbers goes first.
      this.flush()
      numbers = new WordIndex(tap.key.length, this.#options.seed)
      tap.numbers = numbers
    }
    const number = numbers.size
    numbers.set(tap.key, number)
    this.#newKeys.push([tap.number, number, tap.flow.formatKey(tap.key, 0)])
    return number
  }

  /** Where so many numbers fit into a batch, or -1. */
  #room(length: number): number {
    if (this.#batch !== undefined && this.#used + length <= BATCH_NUMBERS) return this.#used
    this.flush()
    if (this.#batch === undefined && !this.#begin()) return -1
    this.#writeShed()
    return this.#used
  }

  #begin(): boolean {
    const { batchesMax = BATCHES_MAX, begun } = this.#options
    let batch = this.#free.pop()
    if (batch === undefined) {
      if (this.#made >= batchesMax) return false
      this.#made += 1
      batch = new Float64Array(BATCH_NUMBERS)
    }
    this.#batch = batch
    this.#used = 0
    begun()
    return true
  }

  #shed(tap: Tap, view: FlowView): void {
    const { shed, sums } = tap
    this.shed += 1
    tap.isShed = true
    shed[0] = (shed[0] as number) + view.frameLength * view.scale
    shed[1] = (shed[1] as number) + view.scale
    for (let index = 0; index < sums.length; index++) {
      const at = 2 + index
      shed[at] = (shed[at] as number) + addend((sums[index] as Measure).read(view), view.scale)
    }
    this.#shedMs = view.nowMs
  }

  /** What was shed goes along, at most one record a tap: 64 of 12 numbers always fit a fresh batch. */
  #writeShed(): void {
    if (this.#shedMs === 0) return
    if (this.#batch === undefined && !this.#begin()) return
    for (const tap of this.#taps) {
      if (!tap?.isShed) continue
      const batch = this.#batch as Float64Array
      if (this.#used + SHED_SUMS + tap.sums.length > BATCH_NUMBERS) return
      batch[this.#used] = -1 - tap.number
      batch[this.#used + 1] = this.#shedMs
      batch.set(tap.shed, this.#used + 2)
      this.#used += 2 + tap.shed.length
      tap.shed.fill(0)
      tap.isShed = false
    }
    this.#shedMs = 0
  }

  #arrange(): void {
    this.#candidates = new Candidates(
      this.#taps.filter(tap => tap !== undefined),
      tap => tap.flow,
    )
  }
}
