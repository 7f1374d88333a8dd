/**
 * The elephant script of the article that this project grew from, as configuration: TCP flows of
 * 100 Mbit/s and more on the ingress of 1 Gbit/s ports are marked while they last; mice are not.
 */
import test from 'ava'
import { parse } from 'yaml'
import { thresholdsSchema } from '../../src/config/thresholds.ts'
import { compileFlow } from '../../src/flows/compile-flow.ts'
import { FlowView } from '../../src/flows/flow-view.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { DatagramHeader, SAMPLE_FLOW, Sample } from '../../src/sflow/samples.ts'
import { handEngine } from './table-kit.ts'

const CONFIGURATION = `
flows:
  - name: tcp
    keys: ipsource,ipdestination,tcpsourceport,tcpdestinationport
    value: bytes
    filter: direction=ingress
    t: 1
    by: interface
    series: false
thresholds:
  - name: elephant
    flow: tcp
    value: 12500000
    release: 100
    byFlow: true
    timeout: 4
    filter: { ifspeed: [1000000000] }
    labels: { acl_action: mark }
`

const SPEEDS: Readonly<Record<number, number>> = { 1: 1e9, 2: 1e10, 3: 0 }
const RECORD_TAG = 1
const HEADER_BYTES = 54

/** A flow sample with an Ethernet, IPv4 and TCP header, as an agent sends it. */
class Wire {
  readonly header = new DatagramHeader()
  readonly sample = new Sample()
  readonly #bytes = new DataView(new ArrayBuffer(16 + HEADER_BYTES))

  constructor() {
    this.header.addressType = 1
    this.header.address[0] = 0x0a000001
    this.sample.view = this.#bytes
    this.sample.kind = SAMPLE_FLOW
    this.sample.recordCount = 1
    this.sample.recordTags[0] = RECORD_TAG
    this.sample.recordEnds[0] = this.#bytes.byteLength
    this.#bytes.setUint32(0, 1)
    this.#bytes.setUint32(4, 1_500)
    this.#bytes.setUint32(12, HEADER_BYTES)
    this.#bytes.setUint16(16 + 12, 0x0800)
    this.#bytes.setUint8(16 + 14, 0x45)
    this.#bytes.setUint16(16 + 16, 1_482)
    this.#bytes.setUint8(16 + 23, 6)
    this.#bytes.setUint32(16 + 26, 0x0a640a98)
    this.#bytes.setUint32(16 + 30, 0x0a640a97)
    this.#bytes.setUint16(16 + 36, 5_001)
    this.#bytes.setUint8(16 + 46, 0x50)
  }

  at(sourcePort: number, input: number, source: number): Sample {
    this.#bytes.setUint16(16 + 34, sourcePort)
    this.sample.samplingRate = 1_000
    this.sample.inputValue = input
    this.sample.outputValue = 9
    this.sample.sourceIndex = source
    return this.sample
  }
}

function scene() {
  const { flows, thresholds } = parse(CONFIGURATION) as Record<'flows' | 'thresholds', unknown[]>
  const { flow, fault } = compileFlow(flows?.[0], new FlowContext())
  if (flow === undefined) throw new Error(fault.message)
  const metrics = {
    interfaceSpeed: (_agent: string, ifIndex: number) => SPEEDS[ifIndex] ?? 0,
    readings: () => {},
  }
  const { engine, events } = handEngine([flow], { metrics })
  for (const threshold of thresholdsSchema.parse(thresholds)) {
    const refused = engine.setThreshold(threshold)
    if (refused !== undefined) throw new Error(refused)
  }
  const wire = new Wire()
  const view = new FlowView()
  let tickMs = 0
  /** A flow of `share` of 1 Gbit/s: 83 samples a second would be all of it. */
  const send = (
    fromMs: number,
    toMs: number,
    port: number,
    share: number,
    input = 1,
    source = input,
  ) => {
    const stepMs = share > 0 ? 12 / share : 1_000
    for (let nowMs = fromMs; nowMs < toMs; nowMs += stepMs) {
      for (; tickMs <= nowMs; tickMs += 1_000) engine.tick(tickMs)
      if (share === 0) continue
      view.load(wire.header, wire.at(port, input, source), nowMs)
      engine.sample(view)
    }
  }
  return { events, send }
}

test('an elephant of half the link fires in the first second, and ends after it stopped', t => {
  const { events, send } = scene()
  send(0, 20_000, 1_024, 0.5)
  t.is(events.length, 1)
  const [fired] = events
  t.is(fired?.flowKey, '10.100.10.152,10.100.10.151,1024,5001')
  t.deepEqual(fired?.labels, {
    ipsource: '10.100.10.152',
    ipdestination: '10.100.10.151',
    tcpsourceport: '1024',
    tcpdestinationport: '5001',
    agent: '10.0.0.1',
    ifindex: '1',
    acl_action: 'mark',
  })
  t.true((fired?.timestamp ?? 0) < 1_000, `${fired?.timestamp} ms`)
  send(20_000, 50_000, 1_024, 0)
  t.is(events[1]?.status, 'resolved')
  // ln(62.5 MB / 100 B) = 13.3 s of smoothing, and the timeout of 4 s.
  const endMs = events[1]?.timestamp ?? 0
  t.true(endMs >= 37_000 && endMs <= 40_000, `${endMs} ms`)
})

test('iperf for 20 s, a pause of 20 s, and again: one event for each run', t => {
  const { events, send } = scene()
  for (let run = 0; run < 3; run++) {
    send(run * 40_000, run * 40_000 + 20_000, 1_024 + run, 0.9)
    send(run * 40_000 + 20_000, (run + 1) * 40_000, 1, 0)
  }
  t.deepEqual(
    events.map(({ status }) => status),
    ['firing', 'resolved', 'firing', 'resolved', 'firing', 'resolved'],
  )
})

test('mice, however many, stay unmarked', t => {
  const { events, send } = scene()
  for (let port = 0; port < 50; port++) send(port * 2_000, port * 2_000 + 2_000, 2_000 + port, 0.01)
  t.deepEqual(events, [])
})

for (const [title, input, source] of [
  ['a port of 10 Gbit/s', 2, 2],
  ['a port of unknown speed', 3, 3],
  ['its way out of the switch', 1, 9],
] as const) {
  test(`the same flow on ${title} does not fire`, t => {
    const { events, send } = scene()
    send(0, 5_000, 1_024, 0.5, input, source)
    t.deepEqual(events, [])
  })
}
