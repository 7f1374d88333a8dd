/** `host:`: which host, container or virtual machine an address belongs to, by what they report. */
import test from 'ava'
import { FlowSamples } from '../../src/engine/flow-samples.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import { NO_SETTINGS } from '../../src/flows/settings.ts'
import { encodeDatagram } from '../../src/simulate/encode.ts'
import { HOST_ADAPTERS } from '../../src/simulate/host-layouts.ts'
import { record } from '../../src/simulate/layout.ts'
import { guestSample, hostSample } from '../support/datagrams.ts'
import { family, receive, testEngine } from '../support/engine.ts'
import { flowDatagram, frameDatagram } from '../support/flow-datagrams.ts'

const HOST_MAC = '525400000001'
const GUEST_MAC = '525400000002'

const adapters = (mac: string) =>
  record(HOST_ADAPTERS, { adapters: [{ ifIndex: 2, macs: [{ mac }] }] })

const FLOWS = {
  macs: {
    name: 'macs',
    keys: 'null:[host:macsource:host_name]:-,null:[host:macsource:vir_host_name]:-,null:[host:macsource:os_name]:-',
  },
  addresses: { name: 'addresses', keys: 'host:ipsource' },
}

function cloud() {
  const engine = testEngine()
  const flows = new FlowSamples(engine, { limits: FLOW_LIMITS, seed: 1, onEvent: () => {} })
  const faults = flows.apply({ ...NO_SETTINGS, flows: FLOWS })
  if (faults.length > 0) throw new Error(faults.join())
  engine.flows = flows
  const guest = { index: 100, hostname: 'db1', uuid: '00000000-0000-0000-0000-000000000002' }
  const datagram = encodeDatagram({
    agent: '10.0.0.7',
    sequence: 1,
    uptimeMs: 1_000,
    samples: [
      hostSample(1, 'node7', [adapters(HOST_MAC)]),
      guestSample(1, guest, [adapters(GUEST_MAC)]),
    ],
  })
  receive(engine, datagram, 1_000)
  engine.tick(1_000)
  const keys = (name: string) =>
    (flows.activeFlows(name, { max: 9, minValue: 0 }) ?? []).map(flow => flow.key).sort()
  return { engine, keys }
}

test('a MAC address is that of the host, or of the guest on it, that reported it', t => {
  const { engine, keys } = cloud()
  for (const [index, mac] of [HOST_MAC, GUEST_MAC, '525400000003'].entries()) {
    receive(engine, frameDatagram({ sequence: index + 1, uptimeMs: 2_000, source: mac }), 2_000)
  }
  t.deepEqual(keys('macs'), ['-,-,-', 'node7,-,linux', 'node7,db1,linux'])
})

test('an IP address is that of the host whose agent has it', t => {
  const { engine, keys } = cloud()
  for (const [index, source] of ['10.0.0.7', '10.0.0.8'].entries()) {
    const sent = { sequence: index + 1, uptimeMs: 2_000, input: 1, source }
    receive(engine, flowDatagram(sent), 2_000)
  }
  t.deepEqual(keys('addresses'), ['node7'])
})

test('adapters go with the host that reported them', t => {
  const { engine, keys } = cloud()
  const held = () => family(engine, 'sflow_bridge_series')['table="host_adapters"']
  t.is(held(), 3, 'two MAC addresses and one agent')
  engine.tick(10 * 86_400_000)
  t.is(held(), 0)
  receive(engine, frameDatagram({ sequence: 9, uptimeMs: 2_000, source: HOST_MAC }), 864_000_001)
  t.deepEqual(keys('macs'), ['-,-,-'])
})
