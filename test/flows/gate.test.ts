// The question before all filters of a plan never keeps out what one of them passes.
import test from 'ava'
import { compileFlow } from '../../src/flows/compile-flow.ts'
import type { FlowView } from '../../src/flows/flow-view.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { Gate } from '../../src/flows/gate.ts'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { PLAIN_CASES } from '../packet/plain-cases.ts'
import { TUNNEL_CASES } from '../packet/tunnel-cases.ts'
import { eachFlowSample, FLOW_CAPTURES, header, viewOf } from './keys-views.ts'

/** All that a gate may stand before, in every form that filters have. */
const FILTERS = [
  'udpdestinationport=53|udpsourceport=53',
  'tcpflags~....0..1.',
  'tcpflags=000010000',
  'ipprotocol=6,17&udpsourceport=53,123',
  'tcpdestinationport=443|tcpdestinationport=80|udpdestinationport=443',
  'or:ipprotocol:ip6nexthdr=1,58',
  'ipttl=64',
  'ipdscp=0,46',
  'ipfragment=true',
  'vlan=100',
  'null:vlan:0=0',
  'null:[or:tcpsourceport:udpsourceport]:0=0,53',
  'icmptype=8',
  'udpsourceport!=53',
  'udpsourceport=null',
  'ipsource=10.0.0.0/8',
  'serviceport=53',
  'icmptype=8|udpdestinationport=67',
]

const context = new FlowContext()
const flows = [
  ...FILTERS,
  ...SHIPPED_FLOWS.flatMap(flow => ('filter' in flow ? flow.filter : [])),
].map(filter => ({
  filter,
  flow: compileFlow({ name: 'one', keys: 'ipttl', filter }, context).flow,
}))

/** Filters that pass a sample which their gate keeps out; how many were kept out, let in, and passed. */
function ask(view: FlowView) {
  const told = { wrong: [] as string[], closed: 0, open: 0, passed: 0 }
  const layers = view.packet.layers()
  for (const { filter, flow } of flows) {
    const gate = Gate.of([flow?.among], layers)
    if (flow?.passes === undefined || gate === undefined) continue
    const isOpen = gate.isOpen(view.packet)
    const passes = flow.passes(view)
    told.open += isOpen ? 1 : 0
    told.closed += isOpen ? 0 : 1
    told.passed += passes ? 1 : 0
    if (passes && !isOpen) told.wrong.push(filter)
  }
  return told
}

test('every filter compiles', t => {
  t.deepEqual(
    flows.filter(({ flow }) => flow === undefined).map(({ filter }) => filter),
    [],
  )
})

test('samples of the captures', async t => {
  const sum = { closed: 0, open: 0, passed: 0 }
  for (const name of Object.keys(FLOW_CAPTURES)) {
    await eachFlowSample(name, view => {
      const { wrong, closed, open, passed } = ask(view)
      t.deepEqual(wrong, [])
      sum.closed += closed
      sum.open += open
      sum.passed += passed
    })
  }
  t.log(`${sum.closed} kept out, ${sum.open} asked on, ${sum.passed} of them passed`)
  // Most of what does not pass is kept out.
  t.true(sum.closed > 4 * (sum.open - sum.passed) && sum.passed > 1_000)
})

test('packets of all sorts, cut at every byte', t => {
  let passed = 0
  for (const { bytes, protocol } of [...PLAIN_CASES, ...TUNNEL_CASES]) {
    for (let length = 0; length <= bytes.length; length++) {
      const found = ask(viewOf([header(bytes.slice(0, length), protocol)]))
      t.deepEqual(found.wrong, [])
      passed += found.passed
    }
  }
  t.true(passed > 100)
})

test('a gate before several filters opens for each of them, and is none if one cannot be told', t => {
  const among = (filter: string) =>
    compileFlow({ name: 'one', keys: 'ipttl', filter }, context).flow?.among
  const dns = among('udpsourceport=53')
  const ntp = among('udpsourceport=123')
  const cases = PLAIN_CASES.map(({ bytes, protocol }) => viewOf([header(bytes, protocol)]))
  for (const view of cases) {
    const layers = view.packet.layers()
    const both = Gate.of([dns, ntp], layers)
    const each = [dns, ntp].map(one => Gate.of([one], layers))
    t.is(both?.isOpen(view.packet), both && each.some(gate => gate?.isOpen(view.packet)))
    t.is(Gate.of([dns, among('udpsourceport!=53')], layers), undefined)
  }
})
