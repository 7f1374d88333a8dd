// Candidates: what they leave out would not have matched, for every kind of packet we know.
import test from 'ava'
import { Candidates, SORTS_MAX } from '../../src/flows/candidates.ts'
import { compileFlow } from '../../src/flows/compile-flow.ts'
import type { CompiledFlow } from '../../src/flows/compiled.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'
import { SAMPLE_DISCARD } from '../../src/sflow/samples.ts'
import { eth, ip, tcp } from '../packet/frames.ts'
import { PLAIN_CASES } from '../packet/plain-cases.ts'
import { TUNNEL_CASES } from '../packet/tunnel-cases.ts'
import { eachFlowSample, FLOW_CAPTURES, header, viewOf } from './keys-views.ts'

const names = { entityName: (_: unknown, __: number, index: number) => `container-${index}` }
const context = new FlowContext({ names })
const flows = SHIPPED_FLOWS.map(given => compileFlow(given, context).flow as CompiledFlow)
const key = new Int32Array(64)

const matching = (list: readonly CompiledFlow[], view: ReturnType<typeof viewOf>) =>
  list
    .filter(flow => flow.matches(view) && flow.readKey(view, key, 0))
    .map(flow => flow.definition.name)

test('of all shipped definitions, the candidates hold every one that matches', async t => {
  const candidates = new Candidates(flows, flow => flow)
  const views = [...PLAIN_CASES, ...TUNNEL_CASES].map(({ bytes, protocol }) =>
    viewOf([header(bytes, protocol)]),
  )
  const discard = viewOf([header(eth(0x0800) + ip(6, tcp))], { kind: SAMPLE_DISCARD, reason: 258 })
  for (const view of [...views, discard]) {
    t.deepEqual(matching(candidates.of(view), view), matching(flows, view))
  }
  const seen = new Set<string>()
  for (const name of Object.keys(FLOW_CAPTURES)) {
    await eachFlowSample(name, view => {
      const found = matching(flows, view)
      for (const one of found) seen.add(one)
      if (matching(candidates.of(view), view).join() !== found.join()) t.fail(`${name}: ${found}`)
    })
  }
  for (const one of ['talkers', 'containers', 'vnis', 'attack_icmp', 'vlans'])
    t.true(seen.has(one), one)
})

test('a plain TCP packet has few candidates', t => {
  const view = viewOf([header(eth(0x0800) + ip(6, tcp))])
  const found = new Candidates(flows, flow => flow)
    .of(view)
    .map(({ definition }) => definition.name)
  for (const name of [
    'vnis',
    'containers',
    'drops',
    'attack_dns',
    'attack_ntp',
    'attack_reflection',
  ]) {
    t.false(found.includes(name), name)
  }
})

test('many sorts of packets are forgotten, and answered as before', t => {
  const candidates = new Candidates(flows, flow => flow)
  const view = viewOf([header(eth(0x0800) + ip(6, tcp))])
  const before = candidates.of(view)
  for (let sort = 0; sort <= SORTS_MAX; sort++) {
    const other = viewOf([header('')])
    for (let layer = 0; layer < 11; layer++) if ((sort >>> layer) & 1) other.packet.add(layer, 0)
    candidates.of(other)
  }
  t.deepEqual(candidates.of(view), before)
})
