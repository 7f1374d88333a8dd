// The direction rule and the topology: which samples count, and where they were taken.
import test from 'ava'
import { DirectionRule, INGRESS_MEMORY_MS } from '../../src/flows/direction.ts'
import { FlowView } from '../../src/flows/flow-view.ts'
import { Topology, type TopologyFault } from '../../src/flows/topology.ts'
import { eth, ip, tcp } from '../packet/frames.ts'
import { eachFlowSample, FLOW_CAPTURES, header, type SampleOptions, viewOf } from './keys-views.ts'

const PACKET = [header(eth(0x0800) + ip(6, tcp))]
const view = (options: SampleOptions) => viewOf(PACKET, options)
const START = 10_000_000

/** Whether the sample counts. */
function counts(rule: DirectionRule, options: SampleOptions): boolean {
  const one = view({ nowMs: START, ...options })
  rule.observe(one)
  return !one.secondSighting
}

for (const [name, samples] of Object.entries(FLOW_CAPTURES)) {
  test(`${name}: every flow sample counts exactly once`, async t => {
    const rule = new DirectionRule()
    let counted = 0
    await eachFlowSample(name, one => {
      rule.observe(one)
      if (!one.secondSighting) counted += 1
    })
    t.is(counted, samples)
    t.is(rule.leftOut, 0)
  })
}

test('direction: the source equals the input port, the output port, or neither', t => {
  t.is(view({ source: 1, input: 1, output: 2 }).direction, 1)
  t.is(view({ source: 2, input: 1, output: 2 }).direction, 2)
  t.is(view({ source: 3, input: 1, output: 2 }).direction, 0)
  t.is(view({ source: 0, input: 0, output: 0 }).direction, 0)
  t.is(view({ source: 1, input: 1, output: 1 }).direction, 1)
  t.is(view({ source: 5, input: 0x3fffffff, output: 5 }).direction, 2)
})

test('ifindex is the real input port, else that of the source', t => {
  t.is(view({ source: 3, input: 7, output: 2 }).ifIndex, 7)
  t.is(view({ source: 3, input: 0x3fffffff, output: 3 }).ifIndex, 3)
  t.is(view({ source: 3, input: 0, output: 3 }).ifIndex, 3)
})

test('an egress sample is left out only where its input port was sampled on ingress lately', t => {
  const rule = new DirectionRule()
  const [ingress, egress] = [
    { source: 1, input: 1, output: 2 },
    { source: 2, input: 1, output: 2 },
  ]
  t.true(counts(rule, egress), 'no ingress sample was seen: it is the only sighting')
  t.true(counts(rule, ingress))
  t.false(counts(rule, egress))
  t.true(counts(rule, { ...egress, agent: 0x0a000002 }), 'another agent')
  t.true(counts(rule, { source: 2, input: 9, output: 2 }), 'another input port')
  t.true(counts(rule, { source: 3, input: 1, output: 2 }), 'direction unknown')
  t.true(counts(rule, { source: 2, input: 0x3fffffff, output: 2 }), 'sent by the agent itself')
  t.false(counts(rule, { ...egress, nowMs: START + INGRESS_MEMORY_MS }))
  t.true(counts(rule, { ...egress, nowMs: START + INGRESS_MEMORY_MS + 1 }))
  t.is(rule.leftOut, 2)
})

test('ports without an ingress sample are forgotten; more than the limit are not remembered', t => {
  const rule = new DirectionRule({ portsMax: 2 })
  for (const port of [1, 2, 3]) counts(rule, { source: port, input: port, output: 9 })
  t.deepEqual([rule.ports, rule.refused], [2, 1])
  t.true(counts(rule, { source: 9, input: 3, output: 9 }), 'not remembered, so it counts')
  rule.sweep(START + INGRESS_MEMORY_MS + 1)
  t.is(rule.ports, 0)
  counts(rule, { source: 3, input: 3, output: 9, nowMs: START + INGRESS_MEMORY_MS + 2 })
  t.is(rule.ports, 1)
  t.false(counts(rule, { source: 9, input: 3, output: 9, nowMs: START + INGRESS_MEMORY_MS + 3 }))
})

const TOPOLOGY = {
  nodes: {
    leaf1: { agent: '10.0.0.1', ports: { swp1: { ifindex: '1' }, swp2: {} } },
    spine1: { agent: '2001:db8::1' },
  },
  links: {
    up1: { node1: 'leaf1', port1: 'swp1', node2: 'spine1', port2: 'swp9' },
    up2: { node1: 'leaf1', port1: 'swp2', node2: 'spine1', port2: 'swp8' },
  },
}

test('a port with a link is core, by its ifIndex or by its name', t => {
  let known = false
  const topology = new Topology(TOPOLOGY, (_, ifIndex) => (known ? `swp${ifIndex}` : undefined))
  const core = (options: SampleOptions) => {
    const one = view({ nowMs: START, ...options })
    topology.mark(one)
    return one.core
  }
  t.true(core({ source: 1, input: 1 }))
  t.false(core({ source: 2, input: 2 }), 'its name is not known yet')
  known = true
  t.false(core({ source: 2, input: 2 }), 'asked again only after a while')
  t.true(core({ source: 2, input: 2, nowMs: START + 10_000 }))
  t.false(core({ source: 3, input: 3, nowMs: START + 10_000 }))
  t.false(core({ source: 1, input: 1, agent: 0x0a000009 }), 'no node of the topology')
  t.is(topology.node(view({})), 'leaf1')
  t.is(topology.link(view({}), 1), 'up1')
})

test('an IPv6 agent is found', t => {
  const topology = new Topology(TOPOLOGY, (_, ifIndex) => `swp${ifIndex}`)
  const one = new FlowView()
  one.addressType = 2
  one.address.set([0x20010db8, 0, 0, 1])
  t.is(topology.link(one, 9), 'up1')
})

test('a topology with a link to nowhere is refused by name', t => {
  const links = { bad: { node1: 'leaf1', port1: 'a', node2: 'leaf9', port2: 'b' } }
  const fault = t.throws<TopologyFault>(() => new Topology({ ...TOPOLOGY, links }, () => undefined))
  t.is(fault?.message, 'there is no node leaf9, and it is no agent address')
  t.deepEqual(fault?.path, ['links', 'bad', 'node2'])
  t.throws(() => new Topology({ nodes: { a: { agent: 'x' } } }, () => undefined), {
    message: /no agent address/,
  })
})
