/** An engine without flow definitions does not look at packet samples, and counts them all the same. */
import test from 'ava'
import { FlowSamples } from '../../src/engine/flow-samples.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import type { FlowSettings } from '../../src/flows/settings.ts'
import { family, receive, testEngine } from '../support/engine.ts'
import { FRAME, flowDatagram } from '../support/flow-datagrams.ts'

const NONE: FlowSettings = { flows: {}, thresholds: {}, groups: {}, maps: {} }
const DSCP: FlowSettings = {
  ...NONE,
  flows: { dscp: { name: 'dscp', keys: ['ipdscp'], by: 'agent' } },
}

function idleEngine() {
  const settles: (() => void)[] = []
  const engine = testEngine({ later: settle => settles.push(settle) })
  const flows = new FlowSamples(engine, { limits: FLOW_LIMITS, seed: 1, onEvent: () => {} })
  flows.apply(NONE)
  engine.flows = flows
  let sequence = 0
  const send = () => {
    sequence += 1
    receive(engine, flowDatagram({ sequence, uptimeMs: sequence, input: 1 }), sequence)
  }
  /** Flows and other together: all that was counted, once both are shown. */
  const bytes = () => {
    engine.tick(1_000)
    engine.tick(60_000)
    const names = ['sflow_flow_dscp_bytes_total', 'sflow_flow_dscp_other_bytes_total']
    const values = names.flatMap(name => Object.values(family(engine, name)))
    return values.reduce((sum, value) => sum + value, 0)
  }
  return { engine, flows, settles, send, bytes }
}

test('without a definition samples are counted by agent and kind, and nothing waits to be settled', t => {
  const { engine, flows, settles, send } = idleEngine()
  send()
  send()
  const samples = family(engine, 'sflow_agent_samples_total')
  t.is(samples['agent="10.0.0.1",sub_agent="0",kind="flow"'], 2)
  t.is(flows.engine.samples, 0)
  t.deepEqual(settles, [])
})

test('a definition that comes later counts from then on', t => {
  const { flows, settles, send, bytes } = idleEngine()
  send()
  flows.apply(DSCP)
  send()
  send()
  t.is(settles.length, 1)
  t.is(bytes(), 2 * FRAME.length * FRAME.samplingRate)
})

test('when the last definition is gone samples are left alone again', t => {
  const { flows, settles, send } = idleEngine()
  flows.apply(DSCP)
  send()
  flows.apply(NONE)
  settles.splice(0).forEach(settle => {
    settle()
  })
  send()
  t.is(flows.engine.samples, 1)
  t.deepEqual(settles, [])
})
