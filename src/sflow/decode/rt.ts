/** Samples 4300:1002 and 4300:1003, metrics and flows that programs name themselves, as JSON. */
import { REFUSAL } from '../refusal.ts'
import {
  RT_COUNTER32,
  RT_COUNTER64,
  RT_DOUBLE,
  RT_FLOAT,
  RT_GAUGE32,
  RT_GAUGE64,
  RT_STRING,
  readRtMetric,
} from '../rtmetric.ts'
import { Cursor, textAt } from './cursor.ts'
import type { Fields } from './json.ts'
import { fixed, hex, ipv4Text, ipv6Text } from './numbers.ts'

export const RTFLOW_TAG = 4300 * 4096 + 1003

/** More fields than this in one flow are not read. */
const FIELDS_MAX = 256
/** The reference program keeps so many bytes of a name and of a text. */
const NAME_MAX = 63
const TEXT_MAX = 254

const METRIC_TYPES: Readonly<Record<number, string>> = {
  [RT_STRING]: 'string',
  [RT_COUNTER32]: 'counter32',
  [RT_COUNTER64]: 'counter64',
  [RT_GAUGE32]: 'gauge32',
  [RT_GAUGE64]: 'gauge64',
  [RT_FLOAT]: 'gaugeFloat',
  [RT_DOUBLE]: 'gaugeDouble',
}

/** 0, or why it was not read to its end. */
export function decodeRtMetric(view: DataView, start: number, end: number, out: Fields): number {
  out.put('sampleType', 'RTMETRIC')
  return readRtMetric(view, start, end, {
    dataSource(nameStart, nameLength) {
      if (nameLength === 0) return
      out.put('rtmetric_datasource_name', textAt(view, nameStart, Math.min(nameLength, NAME_MAX)))
    },
    metric(nameStart, nameLength, type, _value, valueStart, valueLength) {
      const name = textAt(view, nameStart, Math.min(nameLength, NAME_MAX))
      const value = metricText(view, type, valueStart, valueLength)
      out.put(`rtmetric_${METRIC_TYPES[type]}_${name}`, value)
    },
  })
}

function metricText(view: DataView, type: number, start: number, length: number): string {
  if (type === RT_STRING) return textAt(view, start, Math.min(length, TEXT_MAX))
  if (type === RT_FLOAT) return fixed(view.getFloat32(start), 3)
  if (type === RT_DOUBLE) return fixed(view.getFloat64(start), 3)
  return length === 4 ? String(view.getUint32(start)) : String(view.getBigUint64(start))
}

/** Types of flow fields, by number. */
const FLOW_TYPES: readonly { readonly word: string; read(cursor: Cursor): string }[] = [
  { word: 'string', read: cursor => cursor.text(TEXT_MAX) },
  { word: 'mac', read: cursor => taken(cursor, 6, (view, start) => hex(view, start, 6)) },
  { word: 'ip', read: cursor => taken(cursor, 4, ipv4Text) },
  { word: 'ip6', read: cursor => taken(cursor, 16, ipv6Text) },
  { word: 'int32', read: cursor => String(cursor.u32()) },
  { word: 'int64', read: cursor => String(cursor.u64()) },
  { word: 'float', read: cursor => fixed(cursor.f32(), 3) },
  { word: 'double', read: cursor => fixed(cursor.f64(), 3) },
]

/** 0, or why it was not read to its end. */
export function decodeRtFlow(view: DataView, start: number, end: number, out: Fields): number {
  out.put('sampleType', 'RTFLOW')
  const cursor = new Cursor(view, start, end)
  const source = cursor.text(NAME_MAX)
  if (source !== '') out.put('rtflow_datasource_name', source)
  const rate = cursor.u32()
  const pool = cursor.u32()
  const count = cursor.u32()
  if (cursor.short) return REFUSAL.sample_short
  out.put('rtflow_sampling_rate', rate)
  out.put('rtflow_sample_pool', pool)
  for (let index = 0; index < count; index++) {
    if (index === FIELDS_MAX) return REFUSAL.too_many_records
    const name = cursor.text(NAME_MAX)
    const type = FLOW_TYPES[cursor.u32()]
    if (type === undefined || cursor.short) return REFUSAL.list_too_long
    const value = type.read(cursor)
    if (cursor.short) return REFUSAL.list_too_long
    out.put(`rtflow_${type.word}_${name}`, value)
  }
  return REFUSAL.none
}

function taken(
  cursor: Cursor,
  bytes: number,
  print: (view: DataView, start: number) => string,
): string {
  const start = cursor.take(bytes)
  return start < 0 ? '' : print(cursor.view, start)
}
