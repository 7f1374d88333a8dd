// Definitions are counted together, by plans, slots and rows; each alone says what is true of it.
import test from 'ava'
import { ROWS_MAX } from '../../src/flows/additions.ts'
import { compileFlow } from '../../src/flows/compile-flow.ts'
import type { CompiledFlow } from '../../src/flows/compiled.ts'
import type { FlowView } from '../../src/flows/flow-view.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { PLAIN_CASES } from '../packet/plain-cases.ts'
import { TUNNEL_CASES } from '../packet/tunnel-cases.ts'
import { eachFlowSample, FLOW_CAPTURES, header, viewOf } from './keys-views.ts'
import { handEngine } from './table-kit.ts'

const NOW_MS = 1_000_000

/** Beside the shipped ones: keys of every manner of reading, shared, doubled, filtered, without any. */
const FURTHER = [
  { name: 'inner', keys: 'ipsource.1,or:ipsource:ip6source,vni', by: 'all' },
  { name: 'twice', keys: 'ipsource,ipsource', labels: ['a', 'b'], value: 'frames' },
  { name: 'macs', keys: 'macsource,macdestination,null:vlan:none', values: ['avg:bytes'] },
  { name: 'text', keys: 'stack,mask:ipsource:24', filter: 'ipprotocol!=6|tcpdestinationport=80' },
  { name: 'ways', keys: 'ipprotocol', filter: 'direction=ingress,unknown&ipfragment=false' },
  { name: 'rest', keys: 'null:ipprotocol:x', filter: 'direction!=ingress&outputifindex!=discard' },
  { name: 'sources', keys: 'ipdestination', value: 'count:ipsource' },
]

const context = new FlowContext()
const flows = [...SHIPPED_FLOWS, ...FURTHER].map(given => {
  const { flow, fault } = compileFlow({ ...given, budget: 10_000, max: 100 }, context)
  if (flow === undefined) throw new Error(JSON.stringify(fault))
  return flow
})

/** What each definition alone makes of the samples: samples by key. */
class Alone {
  readonly seen = new Map<string, Set<string>>()
  readonly bytes = new Map<string, number>()

  take(view: FlowView): void {
    for (const flow of flows) this.#take(flow, view)
  }

  #take(flow: CompiledFlow, view: FlowView): void {
    const { name } = flow.definition
    const words = new Int32Array(flow.keyWords)
    if (!flow.matches(view) || !flow.readKey(view, words, 0)) return
    const keys = this.seen.get(name) ?? new Set()
    this.seen.set(name, keys.add(flow.formatKey(words, 0).join(',')))
    this.bytes.set(name, (this.bytes.get(name) ?? 0) + view.frameLength * view.scale)
  }
}

async function everySample(take: (view: FlowView) => void): Promise<void> {
  for (const { bytes, protocol } of [...PLAIN_CASES, ...TUNNEL_CASES]) {
    const digits = bytes.replace(/\s/g, '')
    // Whole ones first and last: what is learned from the first holds for the last, and not for those between.
    take(viewOf([header(digits, protocol)]))
    for (let length = 0; length <= digits.length; length += 2) {
      take(viewOf([header(digits.slice(0, length), protocol)]))
    }
  }
  for (const name of Object.keys(FLOW_CAPTURES)) {
    await eachFlowSample(name, view => {
      view.nowMs = NOW_MS
      take(view)
    })
  }
}

/** With those of ours, filters that no question can stand before: gate.ts. */
const SETS = { shipped: flows.slice(0, SHIPPED_FLOWS.length), all: flows }
const TOGETHER = [1, 7, ROWS_MAX + 1].flatMap(datagram =>
  Object.entries(SETS).map(([set, chosen]) => ({ datagram, set, chosen })),
)

for (const { datagram, set, chosen } of TOGETHER) {
  test(`${set}, ${datagram} samples at a time, are counted as each definition alone says`, async t => {
    const { engine } = handEngine(chosen)
    const alone = new Alone()
    let count = 0
    await everySample(view => {
      alone.take(view)
      engine.stage(view)
      count += 1
      if (count % datagram === 0) engine.settle()
    })
    for (const { definition, value } of chosen) {
      const { name } = definition
      const active = engine.activeFlows(name, { max: 100_000, minValue: 0, combine: 'none' }) ?? []
      const expected = Array.from(alone.seen.get(name) ?? []).sort()
      if (value.kind !== 'sum') continue
      t.deepEqual([...new Set(active.map(({ key }) => key))].sort(), expected, name)
    }
    // All of it is `other` yet, which is shown as 0 for the hold time.
    for (const { name, values } of engine.snapshot(NOW_MS + 100_000)) {
      const flow = /^sflow_flow_(.+?)_other_bytes_total$/.exec(name)?.[1]
      if (flow === undefined) continue
      t.is(
        values.reduce((sum, value) => sum + value, 0),
        alone.bytes.get(flow) ?? 0,
        flow,
      )
    }
    t.true(alone.seen.size > 15)
  })
}
