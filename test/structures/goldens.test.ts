/** Golden datagrams: what is said of them here, what sflowtool says of them, and what faults do to them. */
import test from 'ava'
import { decodeDatagram } from '../../src/sflow/decode/datagram.ts'
import type { Json, JsonObject } from '../../src/sflow/decode/json.ts'
import { REFUSAL } from '../../src/sflow/refusal.ts'
import { receive, testEngine } from '../support/engine.ts'
import { decodedJson, expositions, type Golden, readGoldens, withAgent } from '../support/golden.ts'
import { DECLARED } from './published.ts'

const GOLDENS = readGoldens()
const EXPOSED = expositions(GOLDENS.map(golden => golden.bytes))
const ORIGIN = { timeMs: 0, sourceAddress: '192.0.2.1' }

/** Goldens of which the reference program makes no JSON, and why. */
const IT_GIVES_UP: Readonly<Record<string, string>> = {
  'flow-0-1013-extended_80211_payload': 'it expects a record 1 behind the cipher',
  'flow-0-2201-http_request_published': 'it reads the layout that agents send',
  'oddity-longer-record': 'it does not accept a record longer than its structure',
  'oddity-brocade-padding': 'it does not accept a sample longer than its records',
  'oddity-huawei-ethernet': 'it expects padded addresses',
}

/** What `theirs` says and `ours` does not, as paths. */
function differences(theirs: Json, ours: Json | undefined, path = ''): string[] {
  if (typeof theirs === 'string') return theirs === ours ? [] : [`${path}: ${theirs} → ${ours}`]
  if (Array.isArray(theirs)) {
    if (!Array.isArray(ours) || ours.length !== theirs.length) return [`${path}: other length`]
    return theirs.flatMap((one, index) => differences(one, ours[index], `${path}/${index}`))
  }
  return Object.entries(theirs as JsonObject).flatMap(([key, value]) =>
    differences(value, (ours as JsonObject | undefined)?.[key], `${path}/${key}`),
  )
}

for (const [index, golden] of GOLDENS.entries()) {
  test(`${golden.name}: decode and exposition are as committed`, t => {
    t.is(decodedJson(golden.bytes), golden.json)
    t.is(EXPOSED[index], golden.exposition)
  })

  test(`${golden.name}: sflowtool says the same of these bytes`, t => {
    if (golden.name in IT_GIVES_UP) {
      t.is(golden.sflowtool, 'gives up')
      return
    }
    t.deepEqual(differences(JSON.parse(golden.sflowtool), JSON.parse(golden.json)), [])
  })
}

test('every declared structure has a golden datagram, found by its tag', t => {
  const seen = new Set(
    GOLDENS.flatMap(golden => [
      ...golden.json.matchAll(/"(?:discarded_)?(counter|flow)Block_tag": "([\d:]+)"/g),
    ]).map(([, of, label]) => `${of} ${label}`),
  )
  const missing = DECLARED.filter(one => !seen.has(`${one.of} ${one.label}`))
  t.deepEqual(
    missing.map(one => one.name),
    [],
  )
})

test('texts in golden datagrams are no multiple of four long, so that padding shows', t => {
  for (const { name, datagram } of GOLDENS) {
    for (const [, length = '', remark] of datagram.matchAll(
      /^([0-9a-f]{8}) +# ([^\n]*: length)\n[0-9a-f ]+# "/gm,
    )) {
      t.not(Number.parseInt(length, 16) % 4, 0, `${name}: ${remark}`)
    }
  }
})

/** All texts of an object by path, without what a cut itself says. */
function leaves(value: Json, path: string, into: Map<string, string>): Map<string, string> {
  if (typeof value === 'string') into.set(path, value)
  else if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) leaves(one, `${path}/${index}`, into)
  } else {
    for (const [key, one] of Object.entries(value as JsonObject)) {
      if (key !== 'datagramSize' && key !== 'refused') leaves(one, `${path}/${key}`, into)
    }
  }
  return into
}

test('a golden cut at any byte is refused with a reason, and what is read of it is not misread', t => {
  for (const golden of GOLDENS) {
    const whole = leaves(decodeDatagram(golden.bytes, ORIGIN), '', new Map())
    for (let length = 0; length < golden.bytes.length; length++) {
      const object = decodeDatagram(golden.bytes.slice(0, length), ORIGIN)
      t.regex(JSON.stringify(object), /"refused":"[a-z_]+"/, `${golden.name} cut at ${length}`)
      for (const [path, text] of leaves(object, '', new Map())) {
        if (whole.get(path) !== text) t.fail(`${golden.name} cut at ${length}: ${path} is ${text}`)
      }
    }
  }
})

/** A datagram is cut at so many places for the engine: reading it is dear under 148 of them. */
const CUTS = 12

test('a cut golden leaves no reading in the engine that the whole would not', t => {
  const cuts = GOLDENS.filter(golden => golden.exposition !== '').flatMap(golden =>
    Array.from({ length: CUTS }, (_, cut) => {
      const length = 28 + Math.floor(((golden.bytes.length - 28) * cut) / CUTS)
      return { golden, bytes: golden.bytes.slice(0, length) }
    }),
  )
  const exposed = expositions(cuts.map(cut => cut.bytes))
  for (const [index, { golden, bytes }] of cuts.entries()) {
    const whole = new Set(golden.exposition.split('\n'))
    const lines = exposed[index]?.split('\n') ?? []
    const wrong = lines.filter(line => line !== '' && !isReading(line, whole))
    t.deepEqual(wrong, [], `${golden.name} cut at ${bytes.length}`)
  }
})

/** Labels that a later record fills are empty in a cut one; the value must be one of the whole's. */
function isReading(line: string, whole: ReadonlySet<string>): boolean {
  if (whole.has(line) || /_info\{/.test(line)) return true
  const name = line.slice(0, line.indexOf('{'))
  const value = line.slice(line.lastIndexOf(' '))
  return [...whole].some(one => one.startsWith(`${name}{`) && one.endsWith(value))
}

test('counts and lengths that lie are refused or skipped, and nothing throws', t => {
  const lies = [0xffffffff, 0x7fffffff, 0x10000, 0]
  let engine = testEngine()
  let agents = 0
  for (const golden of GOLDENS) {
    for (const at of countWords(golden)) {
      for (const lie of lies) {
        const bytes = golden.bytes.slice()
        new DataView(bytes.buffer).setUint32(at, lie)
        const text = JSON.stringify(decodeDatagram(bytes, ORIGIN))
        if (text.length > 60_000) t.fail(`${golden.name} at ${at}: ${text.length} bytes`)
        receive(engine, withAgent(bytes, agents), 1_800_000_000_000)
        agents += 1
        if (engine.datagramsRefused[REFUSAL.internal] !== 0)
          t.fail(`${golden.name} at ${at}: a fault of ours`)
        if (agents === 1_000) {
          engine = testEngine()
          agents = 0
        }
      }
    }
  }
  t.true(agents > 0)
})

/** Offsets of the words that say how much follows. */
function countWords(golden: Golden): number[] {
  const offsets: number[] = []
  let at = 0
  for (const line of golden.datagram.split('\n')) {
    const [hex = '', remark = ''] = line.split('#')
    if (
      /(length|count|records|samples|segments|lanes.*|adapters.*|pdus.*|metrics|fields)\s*$/.test(
        remark,
      )
    ) {
      offsets.push(at)
    }
    at += hex.replace(/\s/g, '').length / 2
  }
  return offsets
}
