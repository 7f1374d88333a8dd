/** What the topology does in a running engine: ends of links, `ports`, `link:` and `node:`. */
import test from 'ava'
import { FlowSamples } from '../../src/engine/flow-samples.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import type { Combination } from '../../src/flows/queries.ts'
import { NO_SETTINGS } from '../../src/flows/settings.ts'
import type { TopologyContent } from '../../src/flows/topology.ts'
import { portDatagram } from '../support/datagrams.ts'
import { family, receive, testEngine } from '../support/engine.ts'
import { FRAME, flowDatagram } from '../support/flow-datagrams.ts'

const LEAF = '10.0.0.1'
const SPINE = '10.0.0.2'
const FRAMES_BYTES = FRAME.length * FRAME.samplingRate

/** As sFlow-RT writes it: the leaf's port by its name, the spine's by its ifIndex. */
const TOPOLOGY: TopologyContent = {
  nodes: {
    leaf: { agent: LEAF },
    spine: { agent: SPINE, ports: { east: { ifindex: '7' } } },
  },
  links: { 'leaf-spine': { node1: 'leaf', port1: 'swp49', node2: 'spine', port2: 'east' } },
}

const FLOWS = {
  ports: { name: 'ports', keys: 'ipsource', by: 'interface' },
  all: { name: 'all', keys: 'ipsource', by: 'all' },
  edge: { name: 'edge', keys: 'ipsource', by: 'all', ports: 'edge' },
  core: { name: 'core', keys: 'ipsource', by: 'all', ports: 'core' },
  links: {
    name: 'links',
    keys: 'null:[link:inputifindex]:host,node:inputifindex',
    by: 'all',
  },
}

function fabric(topology: TopologyContent | undefined = TOPOLOGY) {
  const engine = testEngine()
  const flows = new FlowSamples(engine, {
    limits: { ...FLOW_LIMITS, holdMs: 0 },
    seed: 1,
    onEvent: () => {},
  })
  const apply = (next: TopologyContent | undefined) =>
    flows.apply({ ...NO_SETTINGS, flows: FLOWS, topology: next })
  const faults = apply(topology)
  engine.flows = flows
  let sequence = 0
  const ports = (nowMs: number) => {
    sequence += 1
    const sent = { sequence, uptimeMs: nowMs }
    receive(engine, portDatagram({ ...sent, agent: LEAF }, { ifIndex: 52, name: 'swp49' }), nowMs)
    receive(engine, portDatagram({ ...sent, agent: SPINE }, { ifIndex: 7, name: 'swp1' }), nowMs)
    engine.tick(nowMs)
  }
  /** One packet from a host at the leaf's port 1 over the link to a host at the spine's port 9. */
  const packet = (nowMs: number) => {
    sequence += 1
    const sent = { sequence, uptimeMs: nowMs }
    receive(engine, flowDatagram({ ...sent, agent: LEAF, input: 1, output: 52 }), nowMs)
    receive(engine, flowDatagram({ ...sent, agent: SPINE, input: 7, output: 9 }), nowMs)
  }
  return { engine, flows, faults, apply, ports, packet }
}

/** Bytes by label text, flows and others together. */
function bytesOf(engine: ReturnType<typeof testEngine>, name: string): number {
  const flows = Object.values(family(engine, `sflow_flow_${name}_bytes_total`))
  const others = Object.values(family(engine, `sflow_flow_${name}_other_bytes_total`))
  return [...flows, ...others].reduce((sum, value) => sum + value, 0)
}

test('both ends of a link are told, by name and by ifIndex, once their interfaces are there', t => {
  const { engine, faults, ports } = fabric()
  t.deepEqual(faults, [])
  t.deepEqual(family(engine, 'sflow_link_end_info'), {})
  ports(1_000)
  t.deepEqual(family(engine, 'sflow_link_end_info'), {
    'link="leaf-spine",end="a",agent="10.0.0.1",ifindex="52",ifname="swp49"': 1,
    'link="leaf-spine",end="b",agent="10.0.0.2",ifindex="7",ifname="swp1"': 1,
  })
})

test('edge counts a packet once, core once for each switch behind a link', t => {
  const { engine, ports, packet } = fabric()
  ports(1_000)
  for (let second = 2; second < 12; second++) {
    packet(second * 1_000)
    engine.tick(second * 1_000)
  }
  t.is(bytesOf(engine, 'all'), 20 * FRAMES_BYTES)
  t.is(bytesOf(engine, 'edge'), 10 * FRAMES_BYTES)
  t.is(bytesOf(engine, 'core'), 10 * FRAMES_BYTES)
})

test('without a topology every port is an edge port', t => {
  const { engine, ports, packet } = fabric({})
  ports(1_000)
  packet(2_000)
  engine.tick(2_000)
  t.is(bytesOf(engine, 'edge'), 2 * FRAMES_BYTES)
  t.is(bytesOf(engine, 'core'), 0)
  t.deepEqual(family(engine, 'sflow_link_end_info'), {})
})

test('link: and node: are keys; a topology that is taken away takes them along', t => {
  const { engine, flows, apply, ports, packet } = fabric()
  ports(1_000)
  packet(2_000)
  engine.tick(2_000)
  const keys = () => (flows.activeFlows('links', { max: 9, minValue: 0 }) ?? []).map(f => f.key)
  t.deepEqual(keys().sort(), ['host,leaf', 'leaf-spine,spine'])
  t.deepEqual(apply(undefined), [])
  engine.tick(200_000)
  packet(200_000)
  t.deepEqual(keys(), [], 'the agents tell no host name')
  t.deepEqual(family(engine, 'sflow_link_end_info'), {})
})

test('a port that gets its name late is found later', t => {
  const { engine, ports, packet } = fabric()
  packet(1_000)
  ports(2_000)
  packet(3_000)
  t.is(bytesOf(engine, 'core'), 2 * FRAMES_BYTES, 'of the spine, whose ifIndex is written down')
  const back = { agent: LEAF, sequence: 4, uptimeMs: 20_000, input: 52, output: 1 }
  receive(engine, flowDatagram(back), 20_000)
  engine.tick(20_000)
  t.is(bytesOf(engine, 'core'), 3 * FRAMES_BYTES)
})

test('one flow seen at several ports: the largest, the sum, at edge ports, at core ports', t => {
  const { engine, flows, ports, packet } = fabric()
  ports(1_000)
  packet(2_000)
  engine.tick(2_000)
  const places = (combine: Combination) =>
    (flows.activeFlows('ports', { max: 9, minValue: 0, combine }) ?? []).map(
      ({ agent, dataSource, sources }) => `${agent} ${dataSource}, of ${sources}`,
    )
  t.deepEqual(places('none').sort(), ['10.0.0.1 1, of 1', '10.0.0.2 7, of 1'])
  t.deepEqual(places('edge'), ['10.0.0.1 1, of 1'])
  t.deepEqual(places('core'), ['10.0.0.2 7, of 1'])
  const value = (combine: Combination) =>
    flows.activeFlows('ports', { max: 9, minValue: 0, combine })?.[0]?.value ?? 0
  t.is(value('sum'), 2 * value('max'))
  t.is(value('edge'), value('max'))
})
