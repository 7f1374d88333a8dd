/** Counters that wrap, fall, stop or are not available: what the page shows of them. */
import test from 'ava'
import { encodeDatagram } from '../../src/simulate/encode.ts'
import {
  guestSample,
  hostSample,
  interfaceRecord,
  portDatagram,
  portName,
} from '../support/datagrams.ts'
import { family, receive, testEngine } from '../support/engine.ts'

const PORT = 'agent="10.0.0.1",ifindex="1",ifname="swp1"'
const ERRORS = 'sflow_interface_receive_errors_total'
const PACKETS = 'sflow_interface_receive_packets_total'
const UNICAST = `${PORT},cast="unicast"`
const WRAP = 2 ** 32

interface Step {
  readonly sequence: number
  readonly uptimeMs: number
  readonly unicast: number
  readonly octets?: number
  readonly errors?: number
  readonly speed?: number
}

const CASES: readonly {
  readonly rule: string
  readonly steps: readonly Step[]
  readonly unicast: number | undefined
}[] = [
  {
    rule: 'a 32-bit counter that wraps goes on upwards',
    steps: [
      { sequence: 1, uptimeMs: 30_000, unicast: WRAP - 1_000 },
      { sequence: 2, uptimeMs: 60_000, unicast: 500 },
    ],
    unicast: WRAP + 500,
  },
  {
    rule: 'a second wrap adds a second 2^32',
    steps: [
      { sequence: 1, uptimeMs: 30_000, unicast: WRAP - 1_000 },
      { sequence: 2, uptimeMs: 60_000, unicast: 500 },
      { sequence: 3, uptimeMs: 10_060_000, unicast: 400 },
    ],
    unicast: 2 * WRAP + 400,
  },
  {
    rule: 'an agent that restarted counts from its raw value',
    steps: [
      { sequence: 1_000, uptimeMs: 9_000_000, unicast: WRAP - 1_000 },
      { sequence: 1, uptimeMs: 1_000, unicast: 500 },
    ],
    unicast: 500,
  },
  {
    rule: 'a restart after a wrap falls to the raw value',
    steps: [
      { sequence: 1_000, uptimeMs: 8_970_000, unicast: WRAP - 1_000 },
      { sequence: 1_001, uptimeMs: 9_000_000, unicast: 500 },
      { sequence: 1, uptimeMs: 1_000, unicast: 70 },
    ],
    unicast: 70,
  },
  {
    rule: 'a fall of a 64-bit counter of the record makes a fall of 32 bits a reset',
    steps: [
      { sequence: 1, uptimeMs: 30_000, unicast: WRAP - 1_000, octets: 9_000_000 },
      { sequence: 2, uptimeMs: 60_000, unicast: 500, octets: 10 },
    ],
    unicast: 500,
  },
  {
    rule: 'a step that the line cannot carry is a reset, not a wrap',
    steps: [
      { sequence: 1, uptimeMs: 30_000, unicast: 3_000_000_000, speed: 10_000_000 },
      { sequence: 2, uptimeMs: 60_000, unicast: 500, speed: 10_000_000 },
    ],
    unicast: 500,
  },
  {
    rule: 'all ones is no reading',
    steps: [
      { sequence: 1, uptimeMs: 30_000, unicast: 7 },
      { sequence: 2, uptimeMs: 60_000, unicast: 0xffffffff },
    ],
    unicast: undefined,
  },
  {
    rule: 'a counter goes on after a reading that was not available',
    steps: [
      { sequence: 1, uptimeMs: 30_000, unicast: WRAP - 10 },
      { sequence: 2, uptimeMs: 60_000, unicast: 0xffffffff },
      { sequence: 3, uptimeMs: 90_000, unicast: 5 },
    ],
    unicast: WRAP + 5,
  },
  {
    rule: 'a reordered datagram does not take counters back',
    steps: [
      { sequence: 1, uptimeMs: 30_000, unicast: 100 },
      { sequence: 3, uptimeMs: 90_000, unicast: 300 },
      { sequence: 2, uptimeMs: 60_000, unicast: 200 },
    ],
    unicast: 300,
  },
  {
    rule: 'a duplicated datagram changes nothing',
    steps: [
      { sequence: 1, uptimeMs: 30_000, unicast: 100 },
      { sequence: 2, uptimeMs: 60_000, unicast: 200 },
      { sequence: 2, uptimeMs: 60_000, unicast: 200 },
    ],
    unicast: 200,
  },
  {
    rule: 'the agent clock may wrap at 2^32 ms',
    steps: [
      { sequence: 1, uptimeMs: WRAP - 10_000, unicast: 100 },
      { sequence: 2, uptimeMs: 20_000, unicast: 200 },
    ],
    unicast: 200,
  },
]

for (const { rule, steps, unicast } of CASES) {
  test(rule, t => {
    const engine = testEngine()
    steps.forEach((step, index) => {
      const { sequence, uptimeMs, octets = 0, errors = 0, speed = 1_000_000_000 } = step
      const datagram = portDatagram(
        { sequence, uptimeMs },
        { ifInUcastPkts: step.unicast, ifInOctets: octets, ifInErrors: errors, ifSpeed: speed },
      )
      receive(engine, datagram, index * 30_000)
    })
    t.is(family(engine, PACKETS)[UNICAST], unicast)
  })
}

test('a restart and a wrap of other agents do not touch this one', t => {
  const engine = testEngine()
  receive(engine, portDatagram({ sequence: 5, uptimeMs: 50_000 }, { ifInErrors: 9 }), 0)
  const other = { agent: '10.0.0.2', sequence: 900, uptimeMs: 9_000_000 }
  receive(engine, portDatagram(other, { ifInErrors: 8 }), 0)
  receive(engine, portDatagram({ ...other, sequence: 1, uptimeMs: 1 }, { ifInErrors: 1 }), 1)
  t.is(family(engine, ERRORS)[PORT], 9)
})

test('one bad record does not lose the others of its sample', t => {
  const engine = testEngine()
  const short = { tag: 2, write: () => {} }
  const bytes = encodeDatagram({
    agent: '10.0.0.1',
    sequence: 1,
    uptimeMs: 1_000,
    samples: [
      {
        kind: 'counters',
        sequence: 1,
        sourceClass: 0,
        sourceIndex: 1,
        records: [portName('swp1'), short, interfaceRecord({ ifInErrors: 4 })],
      },
    ],
  })
  t.is(receive(engine, bytes, 0), 0)
  t.is(family(engine, ERRORS)[PORT], 4)
  t.is(family(engine, 'sflow_bridge_records_refused_total')['reason="record_short"'], 1)
})

test('a vanished container keeps its last state until it expires, and then is gone', t => {
  const engine = testEngine()
  const guest = { index: 100_001, hostname: 'web', uuid: '00000000-0000-0000-0000-00000000000a' }
  const state = 'agent="10.0.0.1",host="node1",container="web",kind="container",state="shut_off"'
  for (let poll = 1; poll <= 3; poll++) {
    const samples = [
      hostSample(poll, 'node1'),
      guestSample(poll, { ...guest, state: poll === 3 ? 5 : 1 }),
    ]
    const bytes = encodeDatagram({
      agent: '10.0.0.1',
      sequence: poll,
      uptimeMs: poll * 30_000,
      samples,
    })
    receive(engine, bytes, poll * 30_000)
    engine.tick(poll * 30_000)
  }
  t.is(family(engine, 'sflow_container_state')[state], 1)
  let poll = 4
  for (let nowMs = 120_000; nowMs <= 90_000 + 180_000 + 30_000; nowMs += 30_000) {
    // The host goes on; the container is silent.
    const bytes = encodeDatagram({
      agent: '10.0.0.1',
      sequence: poll,
      uptimeMs: poll * 30_000,
      samples: [hostSample(poll, 'node1')],
    })
    receive(engine, bytes, nowMs)
    engine.tick(nowMs)
    if (nowMs < 90_000 + 180_000) t.is(family(engine, 'sflow_container_state')[state], 1)
    poll += 1
  }
  t.is(family(engine, 'sflow_container_state')[state], undefined)
  t.is(family(engine, 'sflow_bridge_series')['table="containers"'], 0)
  t.is(family(engine, 'sflow_bridge_series_created_total')['table="containers"'], 1)
})

test('silence ends a source only after several of its own polling intervals', t => {
  const engine = testEngine()
  for (let poll = 1; poll <= 4; poll++) {
    receive(engine, portDatagram({ sequence: poll, uptimeMs: poll * 120_000 }), poll * 120_000)
    engine.tick(poll * 120_000)
  }
  engine.tick(480_000 + 470_000)
  t.is(family(engine, ERRORS)[PORT], 0, 'four intervals of 120 s are not over')
  engine.tick(480_000 + 490_000)
  t.is(family(engine, ERRORS)[PORT], undefined)
})
