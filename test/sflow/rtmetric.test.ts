import test from 'ava'
import { REFUSAL } from '../../src/sflow/refusal.ts'
import {
  RT_COUNTER32,
  RT_DOUBLE,
  RT_GAUGE32,
  RT_STRING,
  RTMETRICS_MAX,
  readRtMetric,
  rtMetricName,
} from '../../src/sflow/rtmetric.ts'
import { XdrText } from '../support/xdr.ts'

interface Read {
  readonly code: number
  readonly source: string
  readonly metrics: readonly {
    readonly name: string
    readonly type: number
    readonly value: number
  }[]
}

function bytesOf(text: XdrText): Uint8Array {
  return Uint8Array.from(text.lines.flatMap(line => line.bytes))
}

function read(bytes: Uint8Array): Read {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const textAt = (start: number, length: number) =>
    new TextDecoder().decode(bytes.subarray(start, start + length))
  const metrics: { name: string; type: number; value: number }[] = []
  let source = ''
  const code = readRtMetric(view, 0, bytes.length, {
    dataSource: (start, length) => {
      source = textAt(start, length)
    },
    metric: (nameStart, nameLength, type, value) => {
      metrics.push({ name: textAt(nameStart, nameLength), type, value })
    },
  })
  return { code, source, metrics }
}

const WHOLE = new XdrText()
  .text('app-1', 'data source')
  .u32(3, 'count')
  .text('requests1', 'name')
  .u32(RT_COUNTER32, 'type')
  .u32(41, 'value')
  .text('note', 'name')
  .u32(RT_STRING, 'type')
  .text('hello', 'value')
  .text('ratio', 'name')
  .u32(RT_DOUBLE, 'type')
  .f64(0.25, 'value')

test('a sample tells its source and each metric with its type and value', t => {
  const { code, source, metrics } = read(bytesOf(WHOLE))
  t.is(code, REFUSAL.none)
  t.is(source, 'app-1')
  t.deepEqual(metrics, [
    { name: 'requests1', type: RT_COUNTER32, value: 41 },
    { name: 'note', type: RT_STRING, value: Number.NaN },
    { name: 'ratio', type: RT_DOUBLE, value: 0.25 },
  ])
})

test('cut at any byte it is refused, and what was whole is told', t => {
  const bytes = bytesOf(WHOLE)
  const whole = read(bytes).metrics
  for (let length = 0; length < bytes.length; length++) {
    const { code, metrics } = read(bytes.slice(0, length))
    t.not(code, REFUSAL.none, `cut at ${length}`)
    t.deepEqual(metrics, whole.slice(0, metrics.length))
  }
})

test('a count that lies ends where the bytes do; more than the maximum are not read', t => {
  const lying = bytesOf(
    new XdrText()
      .text('a', 'source')
      .u32(0xffffffff, 'count')
      .text('b', 'name')
      .u32(3, 'type')
      .u32(1, 'value'),
  )
  t.is(read(lying).code, REFUSAL.list_too_long)
  const many = new XdrText().text('a', 'source').u32(RTMETRICS_MAX + 1, 'count')
  for (let each = 0; each <= RTMETRICS_MAX; each++)
    many.text('b', 'name').u32(RT_GAUGE32, 'type').u32(each, 'value')
  const { code, metrics } = read(bytesOf(many))
  t.is(code, REFUSAL.too_many_records)
  t.is(metrics.length, RTMETRICS_MAX)
})

test('an unknown type and all ones are no readings', t => {
  const type = bytesOf(
    new XdrText()
      .text('a', 'source')
      .u32(1, 'count')
      .text('b', 'name')
      .u32(7, 'type')
      .u32(1, 'value'),
  )
  t.is(read(type).code, REFUSAL.list_too_long)
  const ones = bytesOf(
    new XdrText()
      .text('a', 'source')
      .u32(1, 'count')
      .text('b', 'name')
      .u32(RT_GAUGE32, 'type')
      .u32(0xffffffff, 'value'),
  )
  t.is(read(ones).metrics[0]?.value, Number.NaN)
})

const NAMES: readonly [string, number, string | undefined][] = [
  ['octets.in', RT_COUNTER32, 'sflow_rtmetric_octets_in_total'],
  ['Jobs-Total', RT_COUNTER32, 'sflow_rtmetric_jobs_total'],
  ['jobs_total', RT_GAUGE32, 'sflow_rtmetric_jobs_total_value'],
  ['--µ{}"\n', RT_GAUGE32, undefined],
  ['load', RT_STRING, undefined],
  ['__a__b__', RT_GAUGE32, 'sflow_rtmetric_a_b'],
  ['x'.repeat(500), RT_GAUGE32, `sflow_rtmetric_${'x'.repeat(63)}`],
]

for (const [name, type, metric] of NAMES) {
  test(`the name ${JSON.stringify(name.slice(0, 20))} of type ${type} becomes ${metric?.slice(0, 60)}`, t => {
    const bytes = new TextEncoder().encode(name)
    t.is(rtMetricName(new DataView(bytes.buffer), 0, bytes.length, type), metric)
  })
}
