/**
 * Samples on their way from the engines of several workers to the one place that counts flows over
 * all agents (`by: all`). A record for each sample that matches, in numbers:
 *
 *     tap, time, frame length, scale, value, one number for each of `values`, the words of the key
 *     -1 - tap, time, bytes, frames, one number for each sum     (shed: counted as `other`)
 */
import type { CompiledFlow, Measure } from '../compiled.ts'
import { extraMeasures } from '../measures.ts'

/** 64 KiB: some hundred samples, which the other side counts in well below a millisecond. */
export const BATCH_NUMBERS = 8_192

/** Positions in a record. */
export const TAP = 0
export const TIME = 1
export const FRAME_LENGTH = 2
export const SCALE = 3
export const VALUE = 4
export const SHED_BYTES = 2
export const SHED_FRAMES = 3
export const SHED_SUMS = 4

export interface TapNotice {
  readonly tap: number
  /** Its definition: `definitionKey`. */
  readonly definition: string
  /** Numbers in a record, so that one can be passed over. */
  readonly length: number
  readonly shedLength: number
}

export interface SampleBatch {
  /** Taps that are new, or stand for another definition from here on. */
  readonly taps: readonly TapNotice[]
  /** Keys that are new: number within the tap, and the texts of its values. */
  readonly keys: readonly (readonly [tap: number, key: number, values: readonly string[]])[]
  readonly numbers: Float64Array<ArrayBuffer>
  readonly used: number
}

/** The same on both sides, for the same definition. */
export function definitionKey(flow: CompiledFlow): string {
  return JSON.stringify(flow.definition)
}

/** Where the key begins: behind the value and the other values. */
export function keyPosition(flow: CompiledFlow): number {
  return VALUE + 1 + flow.values.length
}

/** A key that holds texts goes by a number. */
export function recordLength(flow: CompiledFlow): number {
  return keyPosition(flow) + (flow.localKey ? 1 : flow.keyWords)
}

/** What `other` adds up beside bytes and frames, in its order. */
export function sumsOf(flow: CompiledFlow): readonly Measure[] {
  return extraMeasures(flow).filter(({ kind }) => kind === 'sum')
}
