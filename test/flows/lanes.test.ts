// The short way of samples: who takes it, and that nobody does who has to be asked something.
import test from 'ava'
import { compileFlow } from '../../src/flows/compile-flow.ts'
import type { CompiledFlow } from '../../src/flows/compiled.ts'
import type { FlowView } from '../../src/flows/flow-view.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { Gate } from '../../src/flows/gate.ts'
import { KeyReads } from '../../src/flows/key-reads.ts'
import { type Lane, Lanes, laneOf } from '../../src/flows/lanes.ts'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { SAMPLE_DISCARD } from '../../src/sflow/samples.ts'
import { eth, ip, ip6, tcp, udp, vlan } from '../packet/frames.ts'
import { PLAIN_CASES } from '../packet/plain-cases.ts'
import { TUNNEL_CASES } from '../packet/tunnel-cases.ts'
import { eachFlowSample, FLOW_CAPTURES, header, type SampleOptions, viewOf } from './keys-views.ts'

const context = new FlowContext()
const filtered = SHIPPED_FLOWS.flatMap(given => {
  const flow = compileFlow(given, context).flow as CompiledFlow
  return flow.passes && flow.among ? [flow] : []
})

/** A lane for packets that have just the layers of this one, before the filters of the shipped flows. */
function laneFor(view: FlowView): Lane | undefined {
  const layers = view.packet.layers()
  const gate = Gate.of(
    filtered.map(({ among }) => among),
    layers,
  )
  return laneOf(layers, new Int32Array(1), new KeyReads([], layers), gate)
}

const tcpView = (options?: SampleOptions) => viewOf([header(eth(0x0800) + ip(6, tcp))], options)

test('a sort is learned from the first sample that went the long way', t => {
  const lanes = new Lanes(-1)
  const view = tcpView()
  t.is(lanes.of(view), undefined)
  const lane = laneFor(view)
  t.not(lane, undefined)
  lanes.learn(view, lane)
  t.is(lanes.of(view), lane)
  const others = [
    viewOf([header(eth(0x0800) + ip(17, udp(50_000, 443)))]),
    viewOf([header(eth(0x86dd) + ip6(6, tcp))]),
    viewOf([header(eth(0x8100) + vlan(100, 0x0800) + ip(6, tcp))]),
    tcpView({ kind: SAMPLE_DISCARD }),
    tcpView({ source: 2 }),
    viewOf([header(eth(0x0800) + ip(6, tcp)), [1001, '0000000a000000000000000a00000000']]),
  ]
  for (const other of others) t.is(lanes.of(other), undefined)
})

test('what has no lane goes the long way each time', t => {
  const lanes = new Lanes(-1)
  const view = tcpView()
  lanes.of(view)
  lanes.learn(view, undefined)
  t.is(lanes.of(view), undefined)
})

test('a packet without a shape, or none at all, has no lane and teaches none', t => {
  const lanes = new Lanes(-1)
  const arp = viewOf([header(`${eth(0x0806)} 0001 0800 0604 0001 ${'00'.repeat(20)}`)])
  t.is(laneFor(arp), undefined)
  for (const view of [arp, viewOf([header(eth(0x0800) + ip(6, tcp), 11)]), viewOf([])]) {
    t.is(lanes.of(view), undefined)
    lanes.learn(view, laneFor(tcpView()))
    t.is(lanes.of(view), undefined)
  }
})

test('whoever has a lane passes no filter', async t => {
  const lanes = new Lanes(-1)
  let all = 0
  let laned = 0
  const look = (view: FlowView) => {
    if (lanes.of(view) === undefined) lanes.learn(view, laneFor(view))
    all += 1
    if (lanes.of(view) === undefined) return
    laned += 1
    for (const flow of filtered) if (flow.matches(view)) t.fail(flow.definition.name)
  }
  for (const { bytes, protocol } of [...PLAIN_CASES, ...TUNNEL_CASES]) {
    const digits = bytes.replace(/\s/g, '')
    for (let length = digits.length; length >= 0; length -= 2) {
      look(viewOf([header(digits.slice(0, length), protocol)]))
    }
  }
  for (const name of Object.keys(FLOW_CAPTURES)) await eachFlowSample(name, look)
  t.log(`${laned} of ${all}`)
  t.true(laned > 500)
})
