/** Flows by interface carry the interface's name, as its own rows do. */
import test from 'ava'
import { FlowSamples } from '../../src/engine/flow-samples.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import { portDatagram } from '../support/datagrams.ts'
import { family, receive, testEngine } from '../support/engine.ts'
import { FRAME, flowDatagram } from '../support/flow-datagrams.ts'

function engineByInterface() {
  const engine = testEngine()
  const flows = new FlowSamples(engine, { limits: FLOW_LIMITS, seed: 1, onEvent: () => {} })
  const bytes = { name: 'dscp', keys: ['ipdscp'], by: 'interface' }
  flows.apply({ flows: { dscp: bytes }, thresholds: {}, groups: {}, maps: {} })
  engine.flows = flows
  return engine
}

test('a flow waits for the name of its port, and is other until then', t => {
  const engine = engineByInterface()
  receive(engine, flowDatagram({ sequence: 1, uptimeMs: 1_000, input: 1 }), 1_000)
  engine.tick(2_000)
  t.deepEqual(family(engine, 'sflow_flow_dscp_bytes_total'), {})
  receive(engine, portDatagram({ sequence: 2, uptimeMs: 3_000 }), 3_000)
  receive(engine, flowDatagram({ sequence: 3, uptimeMs: 4_000, input: 1 }), 4_000)
  engine.tick(5_000)
  const [labels] = Object.keys(family(engine, 'sflow_flow_dscp_bytes_total'))
  t.is(labels, 'agent="10.0.0.1",ifindex="1",ifname="swp1",ipdscp="0"')
  engine.tick(60_000)
  const other = family(engine, 'sflow_flow_dscp_other_bytes_total')
  t.is(other['agent="10.0.0.1"'], 2 * FRAME.length * FRAME.samplingRate)
})

test('a port that never gets a name is not waited for long', t => {
  const engine = engineByInterface()
  for (let second = 1; second <= 40; second++) {
    const sent = { sequence: second, uptimeMs: second * 1_000, input: 7 }
    receive(engine, flowDatagram(sent), second * 1_000)
    engine.tick(second * 1_000)
  }
  const [labels] = Object.keys(family(engine, 'sflow_flow_dscp_bytes_total'))
  t.is(labels, 'agent="10.0.0.1",ifindex="7",ipdscp="0"')
})

test('a text of the first second is still known in the next', t => {
  const engine = testEngine()
  const flows = new FlowSamples(engine, { limits: FLOW_LIMITS, seed: 1, onEvent: () => {} })
  const stack = { name: 'stacks', keys: ['stack'], by: 'agent' }
  flows.apply({ flows: { stacks: stack }, thresholds: {}, groups: {}, maps: {} })
  engine.flows = flows
  const nowMs = 1_700_000_000_000
  receive(engine, flowDatagram({ sequence: 1, uptimeMs: 1_000, input: 1 }), nowMs)
  engine.tick(nowMs + 1_000)
  const keys = (flows.activeFlows('stacks', { max: 9, minValue: 0 }) ?? []).map(({ key }) => key)
  t.deepEqual(keys, ['ip.udp'])
})
