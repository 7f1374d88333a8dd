import { readFileSync } from 'node:fs'
import test from 'ava'
import { newDatagramCounts, readDatagrams } from '../../src/pcap/datagrams.ts'
import { openCapture } from '../../src/pcap/open.ts'
import { decodeDatagram } from '../../src/sflow/decode/datagram.ts'
import type { Json, JsonObject } from '../../src/sflow/decode/json.ts'
import { fixed, localTime, percent, tagText } from '../../src/sflow/decode/numbers.ts'
import { datagramText } from '../../src/sflow/decode/text.ts'
import { CAPTURES, capturePath } from '../support/engine.ts'
import { readGoldens } from '../support/golden.ts'

/** What may differ: when and from where it was read there. `pcapTimestamp` depends on the time zone. */
const MAY_DIFFER = new Set(['datagramSourceIP', 'unixSecondsUTC', 'unixSecondsUTC_uS', 'localtime'])

function differences(theirs: Json, ours: Json | undefined, path: string): string[] {
  if (typeof theirs === 'string') return theirs === ours ? [] : [`${path}: ${theirs} → ${ours}`]
  if (Array.isArray(theirs)) {
    if (!Array.isArray(ours) || ours.length !== theirs.length) return [`${path}: other length`]
    return theirs.flatMap((one, index) => differences(one, ours[index], `${path}/${index}`))
  }
  return Object.entries(theirs as JsonObject).flatMap(([key, value]) =>
    MAY_DIFFER.has(key) ? [] : differences(value, (ours as JsonObject)[key], `${path}/${key}`),
  )
}

for (const name of CAPTURES) {
  test(`${name}: every datagram decodes as sflowtool decodes it`, async t => {
    const reference = readFileSync(capturePath(name).replace('.pcap', '.sflowtool.jsonl'), 'utf8')
    const lines = reference.trimEnd().split('\n')
    const { chunks } = await openCapture(capturePath(name))
    let index = 0
    for await (const datagram of readDatagrams(chunks, {
      name,
      port: undefined,
      counts: newDatagramCounts(),
    })) {
      const theirs = JSON.parse(lines[index] as string) as JsonObject
      const ours = decodeDatagram(datagram.bytes, datagram)
      // The reference files were made in UTC.
      const stamp = theirs.pcapTimestamp as string
      t.is(Date.parse(stamp), Math.floor(datagram.timeMs / 1_000) * 1_000)
      t.deepEqual(
        differences({ ...theirs, pcapTimestamp: ours.pcapTimestamp as string }, ours, `${index}`),
        [],
      )
      index += 1
    }
    t.is(index, lines.length)
  })
}

test('decimals are those of printf: half to even', t => {
  const cases: readonly [number, number, string][] = [
    [0.0625, 3, '0.062'],
    [0.1875, 3, '0.188'],
    [2.5, 2, '2.50'],
    [-2.5625, 3, '-2.562'],
    [-0, 3, '-0.000'],
    [1e-9, 3, '0.000'],
    [1e21, 2, '1000000000000000000000.00'],
    [Number.POSITIVE_INFINITY, 3, 'inf'],
    [Number.NEGATIVE_INFINITY, 3, '-inf'],
    [Number.NaN, 3, 'nan'],
  ]
  for (const [value, decimals, text] of cases) t.is(fixed(value, decimals), text)
})

test('percentages are hundredths, in single precision; all ones is unknown', t => {
  t.is(percent(1_234), '12.34')
  t.is(percent(0), '0.00')
  t.is(percent(123_456_713), '1234567.12')
  t.is(percent(0xffffffff), 'unknown')
})

test('tags are enterprise and format; times are local with an offset', t => {
  t.is(tagText(4413 * 4096 + 3), '4413:3')
  const text = localTime(1_800_000_000_123.5)
  t.regex(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}$/)
  t.is(Date.parse(text), 1_800_000_000_000)
})

test('bytes that are no sFlow are an object that says why', t => {
  const origin = { timeMs: 0, sourceAddress: '192.0.2.1' }
  t.is(decodeDatagram(new Uint8Array(0), origin).refused, 'too_short')
  t.is(decodeDatagram(new Uint8Array(64), origin).refused, 'version')
  t.is(
    decodeDatagram(Uint8Array.of(0, 0, 0, 5, 0, 0, 0, 9, ...new Array(40).fill(0)), origin).refused,
    'address_type',
  )
})

test('the text for people holds every value, and no control characters', t => {
  const origin = { timeMs: 1_800_000_000_000, sourceAddress: '192.0.2.1' }
  for (const golden of readGoldens()) {
    const object = decodeDatagram(golden.bytes, origin)
    const text = datagramText(object)
    t.false(/[^\P{Cc}\n]/u.test(text), golden.name)
    for (const { elements = [] } of object.samples as readonly {
      elements?: readonly JsonObject[]
    }[]) {
      for (const [key, value] of elements.flatMap(one => Object.entries(one))) {
        if (typeof value === 'string' && !key.endsWith('Block_tag'))
          t.true(text.includes(value), `${golden.name}: ${key}`)
      }
    }
  }
  t.pass()
})
