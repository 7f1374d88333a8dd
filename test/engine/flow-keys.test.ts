/** How full the table of a definition is, what came in, stayed outside and went: told on the page. */
import test from 'ava'
import { FlowSamples } from '../../src/engine/flow-samples.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import { family, receive, testEngine } from '../support/engine.ts'
import { flowDatagram } from '../support/flow-datagrams.ts'

const ENTRIES = 256
/** So many series and held flows have room beside. */
const MAX = 10
const PINS = MAX + FLOW_LIMITS.activeMax

test('the keys of a definition are told beside its series', t => {
  const engine = testEngine()
  const limits = { ...FLOW_LIMITS, entries: ENTRIES }
  const flows = new FlowSamples(engine, { limits, seed: 1, onEvent: () => {} })
  const sources = { name: 'sources', keys: ['ipsource'], by: 'agent', max: MAX, n: 5 }
  const calm = { name: 'calm', keys: ['ipdestination'], by: 'agent', series: false }
  flows.apply({ flows: { sources, calm }, thresholds: {}, groups: {}, maps: {} })
  engine.flows = flows
  const samples = 4 * ENTRIES
  for (let sequence = 1; sequence <= samples; sequence++) {
    const source = `10.${1 + (sequence >> 8)}.1.${sequence & 255}`
    receive(engine, flowDatagram({ sequence, uptimeMs: sequence, input: 1, source }), 1_000)
  }
  const told = (what: string, flow: string) =>
    family(engine, `sflow_bridge_flow_keys${what}`)[`flow="${flow}"`] as number
  t.is(told('_limit', 'sources'), ENTRIES + PINS)
  t.true(told('', 'sources') > 0 && told('', 'sources') <= ENTRIES)
  t.true(told('_evicted_total', 'sources') > 0 && told('_refused_total', 'sources') > 0)
  // Each sample is of a flow of its own: it came in or was kept out.
  t.is(told('_created_total', 'sources') + told('_refused_total', 'sources'), samples)
  t.is(told('_created_total', 'sources') - told('_evicted_total', 'sources'), told('', 'sources'))
  const ofCalm = ['', '_created_total', '_refused_total', '_evicted_total'].map(what =>
    told(what, 'calm'),
  )
  t.deepEqual(ofCalm, [1, 1, 0, 0])
  t.is(family(engine, 'sflow_bridge_series_limit')['table="flow_sources"'], MAX)
})
