// All keys of a sample read together, against each key's own expression.
import test from 'ava'
import { compileFlow } from '../../src/flows/compile-flow.ts'
import type { FlowView } from '../../src/flows/compiled.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { hashPart } from '../../src/flows/key-hash.ts'
import { KeyReads, type Slot } from '../../src/flows/key-reads.ts'
import { FLOW_KEYS } from '../../src/flows/keys/table.ts'
import { PLAIN_CASES } from '../packet/plain-cases.ts'
import { TUNNEL_CASES } from '../packet/tunnel-cases.ts'
import { eachFlowSample, FLOW_CAPTURES, header, viewOf } from './keys-views.ts'
import { seeded } from './table-kit.ts'

const FURTHER = [
  'or:ipsource:ip6source',
  'or:ipdestination:ip6destination',
  'or:ipprotocol:ip6nexthdr',
  'null:[or:tcpsourceport:udpsourceport]:0',
  'null:vlan:none',
  'null:ipprotocol:x',
]

const context = new FlowContext()
const random = seeded(5)

/** One slot for each key, one behind the other, with multipliers of its own. */
const slots: Slot[] = []
let rowWords = 3
for (const keys of [...FLOW_KEYS.map(({ name }) => name), ...FURTHER]) {
  const { flow } = compileFlow({ name: 'one', keys }, context)
  const expression = flow?.keys?.[0]
  if (expression === undefined) continue
  const { width } = expression.kind
  const multipliers = Int32Array.from({ length: 4 * width }, () => random() * 2 ** 32)
  slots.push({ name: keys, expression, width, number: slots.length, at: rowWords, multipliers })
  rowWords += width + 2
}

/** What the expressions say: words, hash and check of each key that is there. */
function oneByOne(view: FlowView, base: number): { words: Int32Array; lacks: Uint8Array } {
  const words = new Int32Array(base + rowWords)
  const lacks = new Uint8Array(slots.length)
  for (const { expression, at, width, multipliers, number } of slots) {
    const to = base + at
    if (expression.read(view, words, to)) hashPart(words, to, width, multipliers, words, to + width)
    else {
      lacks[number] = 1
      words.fill(0, to, to + width)
    }
  }
  return { words, lacks }
}

/** The slots of a sample's keys, read together, as `oneByOne` tells them. */
function together(view: FlowView, base: number, chosen: readonly Slot[]) {
  const words = new Int32Array(base + rowWords)
  const lacks = new Uint8Array(slots.length)
  const hasAll = new KeyReads(chosen, view.packet.layers()).read(view, words, base, lacks)
  return { words, lacks, hasAll }
}

/** Of all keys that the sample has, and of these and one that it lacks; how many there are. */
function differences(view: FlowView): { readonly wrong: string[]; readonly keys: number } {
  const base = 7
  const expected = oneByOne(view, base)
  const there = slots.filter(({ number }) => expected.lacks[number] === 0)
  const wrong: string[] = []
  const both = [there, slots]
  for (const chosen of both) {
    const { words, lacks, hasAll } = together(view, base, chosen)
    if (hasAll !== (chosen === there)) wrong.push(`all are there: ${hasAll}`)
    for (const { name, number, at, width } of chosen) {
      const [from, to] = [base + at, base + at + width + 2]
      if (lacks[number] !== expected.lacks[number]) wrong.push(`${name} is there or not`)
      if (lacks[number] === 1) continue
      const same = words.slice(from, to).join() === expected.words.slice(from, to).join()
      if (!same) wrong.push(name)
    }
  }
  return { wrong, keys: there.length }
}

for (const name of Object.keys(FLOW_CAPTURES)) {
  test(`every key of every sample of ${name}`, async t => {
    let keys = 0
    await eachFlowSample(name, view => {
      const found = differences(view)
      keys += found.keys
      t.deepEqual(found.wrong, [])
    })
    t.true(keys > 1_000)
  })
}

test('every key of a packet of each sort, whole and cut anywhere', t => {
  for (const { bytes, protocol } of [...PLAIN_CASES, ...TUNNEL_CASES]) {
    for (let length = 0; length <= bytes.length; length++) {
      const { wrong } = differences(viewOf([header(bytes.slice(0, length), protocol)]))
      if (wrong.length > 0) t.deepEqual({ length, wrong }, { length, wrong: [] })
    }
  }
  t.true(slots.length > 100)
})
