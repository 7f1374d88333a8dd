/** What follows from the declarations alone: every field reads back under its name, nothing unknown becomes a value. */
import { spawnSync } from 'node:child_process'
import test from 'ava'
import { COUNTER_FAMILIES, readingOf } from '../../src/engine/families.ts'
import { Cursor } from '../../src/sflow/decode/cursor.ts'
import { decodeFields } from '../../src/sflow/decode/fields.ts'
import { Fields } from '../../src/sflow/decode/json.ts'
import type { Field, Metric, Structure } from '../../src/structures/define.ts'
import { COUNTER_STRUCTURES } from '../../src/structures/index.ts'
import { layoutOf } from '../../src/structures/layout.ts'
import { READ_SHORT, READ_WHOLE, Reading, readRecord } from '../../src/structures/read.ts'
import { goldenNumbers, writeStructure } from '../support/golden-values.ts'
import { part } from '../support/parts.ts'
import type { XdrText } from '../support/xdr.ts'
import { DECLARED } from './published.ts'

const NUMBERS = new Set(['u32', 'i32', 'u64', 'f32', 'bytes4'])
const ALL_ONES = 0xffffffff

function viewOf(text: XdrText): DataView {
  const bytes = Uint8Array.from(text.lines.flatMap(line => line.bytes))
  return new DataView(bytes.buffer)
}

/** What a golden number stands for once it is read. */
function expected(field: Field, number: number): number {
  if (number === ALL_ONES && field.kind === 'u32') return Number.NaN
  if (field.kind === 'u64') return number * 2 ** 32 + number + 1
  return field.kind === 'f32' ? number / 1_024 : number
}

/** Structures that one loop reads; groups and variable parts are tested by their goldens. */
const PLAIN = DECLARED.filter(one => one.group === undefined && !one.fields.some(isVariable))

function isVariable(field: Field): boolean {
  return field.kind === 'rest' || field.kind === 'aspath'
}

for (const structure of PLAIN) {
  const title = `${structure.of} ${structure.label} ${structure.name}`
  const layout = layoutOf(structure.fields, structure.lengthMin)

  test(`${title}: every number is read into the column of its field`, t => {
    const view = viewOf(writeStructure(structure))
    const reading = new Reading(structure.fields.length)
    t.is(readRecord(layout, view, 0, view.byteLength, reading), READ_WHOLE)
    const numbers = goldenNumbers(structure, structure.fields)
    for (const [column, field] of structure.fields.entries()) {
      if (!NUMBERS.has(field.kind)) continue
      t.is(reading.values[column], expected(field, numbers[column] as number), field.name)
    }
    t.is(reading.end, view.byteLength)
  })

  test(`${title}: a longer record is read, one cut at any byte is refused or lacks a tail`, t => {
    const view = viewOf(writeStructure(structure))
    const longer = new DataView(new ArrayBuffer(view.byteLength + 8))
    new Uint8Array(longer.buffer).set(new Uint8Array(view.buffer))
    const reading = new Reading(structure.fields.length)
    t.is(readRecord(layout, longer, 0, longer.byteLength, reading), READ_WHOLE)
    const whole = Array.from(reading.values)
    for (let length = 0; length < view.byteLength; length++) {
      const cut = new DataView(view.buffer, 0, length)
      const result = readRecord(layout, cut, 0, length, reading)
      if (length < structure.lengthMin) t.is(result, READ_SHORT, `cut at ${length}`)
      if (result !== READ_WHOLE) continue
      for (const [column, value] of whole.entries()) {
        const now = reading.values[column] as number
        if (!Number.isNaN(now) && now !== value) t.fail(`cut at ${length}: column ${column}`)
      }
    }
    t.pass()
  })

  test(`${title}: decode shows each field under its own key`, t => {
    const view = viewOf(writeStructure(structure))
    const out = new Fields({})
    const cursor = new Cursor(view, 0, view.byteLength)
    decodeFields(structure, cursor, out)
    t.false(cursor.short)
    t.is(cursor.left, 0)
    const keys = structure.fields.flatMap(field => field.toolParts ?? [field.tool || field.name])
    const head = Object.keys(structure.toolHead ?? {})
    t.deepEqual(Object.keys(out.object), [
      ...head,
      ...keys.map(key => (structure.toolPrefix ?? '') + key),
    ])
  })
}

const COUNTED = COUNTER_STRUCTURES.filter(one => one.group?.countField !== undefined)

for (const structure of COUNTED) {
  test(`${structure.label} ${structure.name}: decode makes a list of its elements`, t => {
    const view = viewOf(writeStructure(structure))
    const out = new Fields({})
    const cursor = new Cursor(view, 0, view.byteLength)
    decodeFields(structure, cursor, out)
    t.is(cursor.left, 0)
    const elements = out.object[`${structure.group?.label}s`] as readonly object[]
    t.is(elements.length, 2)
    for (const element of elements)
      t.is(Object.keys(element).length, structure.group?.fields.length ?? 0)
  })
}

/** All fields of counter structures with where they stand. */
const COUNTER_FIELDS = COUNTER_STRUCTURES.flatMap(structure =>
  [...structure.fields, ...(structure.group?.fields ?? [])].map(field => ({ structure, field })),
)

test('all ones, and what a structure calls unknown, is never a reading', t => {
  for (const family of COUNTER_FAMILIES) {
    for (const plan of family.cells) {
      t.is(readingOf(Number.NaN, plan), Number.NaN, family.name)
      for (const unknown of plan.unknown) t.is(readingOf(unknown, plan), Number.NaN, family.name)
    }
  }
  for (const structure of COUNTER_STRUCTURES) {
    for (const fields of [structure.fields, structure.group?.fields ?? []])
      allOnes(t, structure, fields)
  }
})

/** A record of nothing but ones: every number in it must be unknown. */
function allOnes(
  t: { is(a: unknown, b: unknown, text: string): boolean },
  structure: Structure,
  fields: readonly Field[],
): void {
  const numeric = fields.filter(field => NUMBERS.has(field.kind))
  const layout = layoutOf(numeric, 0)
  const view = new DataView(new Uint8Array(numeric.length * 8).fill(255).buffer)
  const reading = new Reading(numeric.length)
  readRecord(layout, view, 0, view.byteLength, reading)
  for (const [column, field] of numeric.entries()) {
    for (const metric of field.metrics) {
      const value = reading.values[column] as number
      const unknown = Number.isNaN(value) || (metric.unknown ?? []).includes(value)
      t.is(unknown, true, `${structure.name}.${field.name} for ${metric.name}`)
    }
  }
}

test('every number of a counter structure feeds a metric or says why not', t => {
  const silent = COUNTER_FIELDS.filter(
    ({ field }) => NUMBERS.has(field.kind) && field.metrics.length === 0 && !field.noMetric,
  )
  t.deepEqual(
    silent.map(({ structure, field }) => `${structure.name}.${field.name}`),
    [],
  )
})

test('a name has one type and one help, and a gauge never the name of a counter without _total', t => {
  const byName = new Map<string, Metric>()
  for (const { structure, field } of COUNTER_FIELDS) {
    for (const metric of field.metrics) {
      const held = byName.get(metric.name) ?? metric
      t.is(metric.type, held.type, `${structure.name}.${field.name}`)
      t.is(metric.help, held.help, `${structure.name}.${field.name}`)
      byName.set(metric.name, held)
    }
  }
  const clashes = [...byName.keys()].filter(
    name => name.endsWith('_total') && byName.has(name.slice(0, -6)),
  )
  t.deepEqual(clashes, [])
})

test('metrics of one name in one structure are told apart by their labels', t => {
  for (const structure of COUNTER_STRUCTURES) {
    const seen = new Set<string>()
    for (const field of [...structure.fields, ...(structure.group?.fields ?? [])]) {
      for (const { name, labels = {} } of field.metrics) {
        const series = `${name} ${JSON.stringify(labels)}`
        t.false(seen.has(series), `${structure.name}: ${series} twice`)
        seen.add(series)
      }
    }
  }
})

test('promtool check metrics finds nothing to say against the declared names', t => {
  const byName = new Map<string, Metric>()
  for (const { field } of COUNTER_FIELDS) {
    for (const metric of field.metrics) byName.set(metric.name, metric)
  }
  const page = [...byName.values()]
    .map(({ name, type, help }) => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} 1\n`)
    .join('')
  const { status, stdout, stderr } = spawnSync(part('promtool'), ['check', 'metrics'], {
    input: page,
    encoding: 'utf8',
  })
  t.is(stdout + stderr, '')
  t.is(status, 0)
})
