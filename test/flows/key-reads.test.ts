// All keys of a sample read together, against each key's own expression.
import test from 'ava'
import { ROWS_MAX } from '../../src/flows/additions.ts'
import { compileFlow } from '../../src/flows/compile-flow.ts'
import type { FlowView } from '../../src/flows/flow-view.ts'
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
let end = 3 * ROWS_MAX
for (const keys of [...FLOW_KEYS.map(({ name }) => name), ...FURTHER]) {
  const { flow } = compileFlow({ name: 'one', keys }, context)
  const expression = flow?.keys?.[0]
  if (expression === undefined) continue
  const { width } = expression.kind
  const multipliers = Int32Array.from({ length: 4 * width }, () => random() * 2 ** 32)
  slots.push({ name: keys, expression, width, number: slots.length, at: end, multipliers })
  end += (width + 2) * ROWS_MAX
}

/** Words, hash and check of a key as its expression says; undefined: the sample lacks it. */
function alone({ expression, width, multipliers }: Slot, view: FlowView): number[] | undefined {
  const words = new Int32Array(width + 2)
  if (!expression.read(view, words, 0)) return undefined
  hashPart(words, 0, width, multipliers, words, width)
  return Array.from(words)
}

/** The same of all keys of a sample, taken together for one row of many. */
function together(view: FlowView, chosen: readonly Slot[]) {
  const words = new Int32Array(end)
  const lacks = new Uint8Array(slots.length)
  const reads = new KeyReads(chosen, view.packet.layers())
  const row = 9
  const hasAll = reads.read(view, words, row, lacks)
  reads.settle(words)
  const found = chosen.map(({ number, at, width }) => {
    if (lacks[number] === 1) return undefined
    return Array.from({ length: width + 2 }, (_, word) => words[at + word * ROWS_MAX + row])
  })
  return { found, hasAll }
}

/** Keys that differ: of all that the sample has, and of these beside those that it lacks. */
function differences(view: FlowView): { readonly wrong: string[]; readonly keys: number } {
  const there = slots.filter(slot => alone(slot, view) !== undefined)
  const wrong: string[] = []
  for (const chosen of [there, slots]) {
    const { found, hasAll } = together(view, chosen)
    if (hasAll !== (chosen === there)) wrong.push(`all are there: ${hasAll}`)
    chosen.forEach((slot, index) => {
      if (found[index]?.join() !== alone(slot, view)?.join()) wrong.push(slot.name)
    })
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

test('rows of one sort are filled together, those of another not at all', t => {
  const cases = PLAIN_CASES.map(({ bytes, protocol }) => viewOf([header(bytes, protocol)]))
  const layers = cases[0]?.packet.layers() ?? 0
  const alike = cases.filter(view => view.packet.layers() === layers)
  const there = slots.filter(slot => alike.every(view => alone(slot, view) !== undefined))
  const words = new Int32Array(end).fill(-1)
  const reads = new KeyReads(there, layers)
  for (let row = 0; row < ROWS_MAX; row += 2) {
    const view = alike[row % alike.length] as FlowView
    t.true(reads.read(view, words, row, new Uint8Array(slots.length)))
  }
  reads.settle(words)
  t.is(reads.pending, 0)
  for (const slot of there) {
    for (let row = 0; row < ROWS_MAX; row += 1) {
      const view = alike[row % alike.length] as FlowView
      const expected = row % 2 === 0 ? alone(slot, view) : new Array(slot.width + 2).fill(-1)
      const found = expected?.map((_, word) => words[slot.at + word * ROWS_MAX + row])
      t.deepEqual(found, expected, slot.name)
    }
  }
})
