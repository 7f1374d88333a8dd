/**
 * Samples 4300:1002, metrics that programs name themselves (sflow-rt.com/custom_metrics.php): a data
 * source's name, then triples of name, type and value. The reader is pure; what is made of the
 * names, and how many are kept, is for its caller.
 */
import { REFUSAL } from './refusal.ts'

export const RTMETRIC_TAG = 4300 * 4096 + 1002

/** More metrics than this in one sample are not read. */
export const RTMETRICS_MAX = 256

export const RT_STRING = 0
export const RT_COUNTER32 = 1
export const RT_COUNTER64 = 2
export const RT_GAUGE32 = 3
export const RT_GAUGE64 = 4
export const RT_FLOAT = 5
export const RT_DOUBLE = 6

const HIGH = 2 ** 32

/** Told of one metric at a time. Places are offsets into the bytes that are read. */
export interface RtMetricVisitor {
  dataSource(nameStart: number, nameLength: number): void
  /** `value` is NaN for a string, whose bytes are at `valueStart`, and for an unknown number. */
  metric(
    nameStart: number,
    nameLength: number,
    type: number,
    value: number,
    valueStart: number,
    valueLength: number,
  ): void
}

/** Reads the sample between `start` and `end` (without its tag and length). 0, or a refusal code. */
export function readRtMetric(
  view: DataView,
  start: number,
  end: number,
  visitor: RtMetricVisitor,
): number {
  let at = textEnd(view, start, end)
  if (at < 0 || end - at < 4) return REFUSAL.sample_short
  visitor.dataSource(start + 4, view.getUint32(start))
  const count = view.getUint32(at)
  at += 4
  for (let index = 0; index < count; index++) {
    if (index === RTMETRICS_MAX) return REFUSAL.too_many_records
    const nameStart = at + 4
    const typeAt = textEnd(view, at, end)
    if (typeAt < 0 || end - typeAt < 4) return REFUSAL.list_too_long
    const nameLength = view.getUint32(at)
    const type = view.getUint32(typeAt)
    const valueAt = typeAt + 4
    const next = type === RT_STRING ? textEnd(view, valueAt, end) : valueAt + bytesOf(type)
    if (type > RT_DOUBLE || next < 0 || next > end) return REFUSAL.list_too_long
    if (type === RT_STRING) {
      const length = view.getUint32(valueAt)
      visitor.metric(nameStart, nameLength, type, Number.NaN, valueAt + 4, length)
    } else {
      const value = numberAt(view, valueAt, type)
      visitor.metric(nameStart, nameLength, type, value, valueAt, next - valueAt)
    }
    at = next
  }
  return REFUSAL.none
}

/** Where a text at `at` ends with its padding; -1 if it does not fit. */
export function textEnd(view: DataView, at: number, end: number): number {
  if (end - at < 4) return -1
  const length = view.getUint32(at)
  if (length > end - at - 4) return -1
  return Math.min(end, at + 4 + Math.ceil(length / 4) * 4)
}

function bytesOf(type: number): number {
  return type === RT_COUNTER64 || type === RT_GAUGE64 || type === RT_DOUBLE ? 8 : 4
}

function numberAt(view: DataView, at: number, type: number): number {
  if (type === RT_FLOAT) return finite(view.getFloat32(at))
  if (type === RT_DOUBLE) return finite(view.getFloat64(at))
  const high = view.getUint32(at)
  if (type === RT_COUNTER32 || type === RT_GAUGE32) return high === 0xffffffff ? Number.NaN : high
  const low = view.getUint32(at + 4)
  return high === 0xffffffff && low === 0xffffffff ? Number.NaN : high * HIGH + low
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN
}

/** Names of metrics are cut here: the reference program keeps 63 bytes. */
const NAME_BYTES_MAX = 63

/**
 * The metric that a name becomes: `sflow_rtmetric_` and the name in small letters, all else as `_`.
 * Counters end in `_total`, and nothing else does. Undefined for strings and for names of no letter.
 */
export function rtMetricName(
  view: DataView,
  start: number,
  length: number,
  type: number,
): string | undefined {
  if (type === RT_STRING) return undefined
  let name = ''
  for (let at = start; at < start + Math.min(length, NAME_BYTES_MAX); at++) {
    const character = String.fromCharCode(view.getUint8(at)).toLowerCase()
    const plain = /[a-z0-9]/.test(character)
    if (plain) name += character
    else if (name !== '' && !name.endsWith('_')) name += '_'
  }
  name = name.replace(/_$/, '')
  if (name === '') return undefined
  if (type === RT_COUNTER32 || type === RT_COUNTER64) {
    return `sflow_rtmetric_${name.replace(/_total$/, '')}_total`
  }
  const reserved = /_(total|count|sum|bucket|info|created)$/.test(name)
  return `sflow_rtmetric_${name}${reserved ? '_value' : ''}`
}
