/**
 * The one loop that reads every declared structure: record bytes in, one number per field out.
 * All-ones (sflow_version_5.txt, "unknown counter") becomes NaN, and so do fields of an optional
 * tail that is not there. 64-bit values are exact to 2^53, as in Prometheus. It never reads beyond
 * `end`, and says so when a length inside the record would.
 */
import {
  type Layout,
  OP_ADDRESS,
  OP_BYTES,
  OP_F32,
  OP_I32,
  OP_LIST,
  OP_TEXT,
  OP_U32,
  OP_U64,
} from './layout.ts'

const HIGH = 2 ** 32
const ALL_ONES = 0xffffffff

export const READ_WHOLE = 0
export const READ_SHORT = 1
/** A text or list is longer than the record that holds it. */
export const READ_LIST_TOO_LONG = 2

/** Where the loop puts what it read; one is re-used for all records. */
export class Reading {
  /** By column. */
  readonly values: Float64Array
  /** By column: where its bytes begin, and how many there are (texts, opaques, addresses, lists). */
  readonly starts: Int32Array
  readonly lengths: Int32Array
  /** Where reading stopped: the elements of a group begin here. */
  end = 0

  constructor(columnsMax: number) {
    this.values = new Float64Array(columnsMax)
    this.starts = new Int32Array(columnsMax)
    this.lengths = new Int32Array(columnsMax)
  }
}

/** Reads `view` from `start` to `end`; READ_WHOLE, or why not. */
export function readRecord(
  layout: Layout,
  view: DataView,
  start: number,
  end: number,
  reading: Reading,
): number {
  if (end - start < layout.lengthMin) return READ_SHORT
  const { ops, columns } = layout
  const { values } = reading
  const wholeAt = start + layout.lengthMin
  let at = start
  for (let column = 0; column < columns; column++) {
    const op = ops[column] as number
    const bytes = op === OP_U64 ? 8 : op === OP_BYTES ? (layout.sizes[column] as number) : 4
    if (end - at < bytes) {
      // Before lengthMin the texts took the room; behind it the tail is simply not there.
      if (at < wholeAt) return READ_LIST_TOO_LONG
      for (let rest = column; rest < columns; rest++) {
        values[rest] = Number.NaN
        reading.starts[rest] = at
        reading.lengths[rest] = 0
      }
      break
    }
    switch (op) {
      case OP_U32: {
        const word = view.getUint32(at)
        values[column] = word === ALL_ONES ? Number.NaN : word
        at += 4
        break
      }
      case OP_U64: {
        const high = view.getUint32(at)
        const low = view.getUint32(at + 4)
        values[column] = high === ALL_ONES && low === ALL_ONES ? Number.NaN : high * HIGH + low
        at += 8
        break
      }
      case OP_F32: {
        const value = view.getFloat32(at)
        values[column] = Number.isFinite(value) ? value : Number.NaN
        at += 4
        break
      }
      case OP_I32:
        values[column] = view.getInt32(at)
        at += 4
        break
      default: {
        const next = readBytes(layout, column, view, at, end, reading)
        if (next < 0) return READ_LIST_TOO_LONG
        at = next
      }
    }
  }
  reading.end = at
  return READ_WHOLE
}

/** A field that is not one number. Returns where the next begins, or -1. */
function readBytes(
  layout: Layout,
  column: number,
  view: DataView,
  at: number,
  end: number,
  reading: Reading,
): number {
  const op = layout.ops[column]
  let start = at
  let length = layout.sizes[column] as number
  if (op === OP_TEXT) {
    start = at + 4
    length = view.getUint32(at)
  } else if (op === OP_LIST) {
    start = at + 4
    const count = view.getUint32(at)
    if (count > (end - start) / length) return -1
    length = count * length
  } else if (op === OP_ADDRESS) {
    const type = view.getUint32(at)
    start = at + 4
    length = type === 1 ? 4 : type === 2 ? 16 : 0
  } else if (op !== OP_BYTES) {
    length = end - at
  }
  if (length > end - start) return -1
  reading.starts[column] = start
  reading.lengths[column] = length
  reading.values[column] = fingerprint(view, start, length)
  return Math.min(end, start + ((length + 3) & ~3))
}

/** A number that differs when bytes differ, as good as always: FNV-1a with the length above it. */
function fingerprint(view: DataView, start: number, length: number): number {
  let hash = 0x811c9dc5
  for (let at = start; at < start + length; at++) {
    hash = Math.imul(hash ^ view.getUint8(at), 0x01000193)
  }
  return (hash >>> 0) + (length & 0xfffff) * HIGH
}

/**
 * Lists of words one behind the other, as many as columns: how many elements the longest has, or -1
 * if one does not fit.
 */
export function countColumnwise(
  columns: number,
  view: DataView,
  start: number,
  end: number,
): number {
  let at = start
  let most = 0
  for (let column = 0; column < columns; column++) {
    if (end - at < 4) return -1
    const count = view.getUint32(at)
    if (count > (end - at - 4) / 4) return -1
    most = Math.max(most, count)
    at += 4 + count * 4
  }
  return most
}

/** One element of such lists, known to fit; NaN where a list is shorter or the word is all ones. */
export function readColumnwise(
  columns: number,
  view: DataView,
  start: number,
  element: number,
  values: Float64Array,
): void {
  let at = start
  for (let column = 0; column < columns; column++) {
    const count = view.getUint32(at)
    const word = element < count ? view.getUint32(at + 4 + element * 4) : ALL_ONES
    values[column] = word === ALL_ONES ? Number.NaN : word
    at += 4 + count * 4
  }
}
