/** What bad input gets: a reason that is counted, flat memory, live series untouched, no exception. */
import test from 'ava'
import { REFUSAL, REFUSALS } from '../../src/sflow/refusal.ts'
import { encodeDatagram } from '../../src/simulate/encode.ts'
import { interfaceRecord, portDatagram, portName } from '../support/datagrams.ts'
import { family, pageLines, receive, testEngine } from '../support/engine.ts'

const GOOD = portDatagram({ sequence: 1, uptimeMs: 1_000 }, { ifInErrors: 5 })
const PORT = 'agent="10.0.0.1",ifindex="1",ifname="swp1"'
const ERRORS = 'sflow_interface_receive_errors_total'

/** A copy with words changed: [offset, value]. */
function changed(...words: readonly [number, number][]): Uint8Array {
  const bytes = GOOD.slice()
  const view = new DataView(bytes.buffer)
  for (const [offset, value] of words) view.setUint32(offset, value)
  return bytes
}

const DATAGRAMS: readonly {
  readonly what: string
  readonly bytes: Uint8Array
  readonly reason: string
}[] = [
  { what: 'nothing', bytes: new Uint8Array(0), reason: 'too_short' },
  { what: 'a header cut off', bytes: GOOD.slice(0, 20), reason: 'too_short' },
  {
    what: 'text',
    bytes: new TextEncoder().encode('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    reason: 'version',
  },
  { what: 'sFlow version 4', bytes: changed([0, 4]), reason: 'version' },
  { what: 'an agent address of no known type', bytes: changed([4, 3]), reason: 'address_type' },
  { what: 'four billion samples', bytes: changed([24, 0xffffffff]), reason: 'too_many_samples' },
  { what: 'more samples than are there', bytes: changed([24, 2]), reason: 'sample_truncated' },
  {
    what: 'a sample longer than the datagram',
    bytes: changed([32, 0x7fffffff]),
    reason: 'sample_truncated',
  },
]

for (const { what, bytes, reason } of DATAGRAMS) {
  test(`${what} is refused as ${reason}`, t => {
    const engine = testEngine()
    t.is(REFUSALS[receive(engine, bytes, 0)]?.reason, reason as never)
    t.is(family(engine, 'sflow_bridge_datagrams_refused_total')[`reason="${reason}"`], 1)
  })
}

const RECORDS: readonly {
  readonly what: string
  readonly bytes: Uint8Array
  readonly reason: string
}[] = [
  { what: 'a sample shorter than its header', bytes: changed([32, 8]), reason: 'sample_short' },
  { what: 'more records than are there', bytes: changed([44, 3]), reason: 'record_truncated' },
  { what: 'four billion records', bytes: changed([44, 0xffffffff]), reason: 'too_many_records' },
  {
    what: 'a record longer than its sample',
    bytes: changed([52, 0x10000]),
    reason: 'record_truncated',
  },
  { what: 'a text longer than its record', bytes: changed([56, 0x10000]), reason: 'list_too_long' },
]

for (const { what, bytes, reason } of RECORDS) {
  test(`${what} is refused as ${reason}, and the datagram is processed`, t => {
    const engine = testEngine()
    receive(engine, bytes, 0)
    t.true((family(engine, 'sflow_bridge_records_refused_total')[`reason="${reason}"`] ?? 0) >= 1)
    t.is(family(engine, 'sflow_bridge_datagrams_received_total')[''], 1)
  })
}

test('a datagram cut at any byte throws nothing and writes no record that was not whole', t => {
  for (let length = 0; length < GOOD.length; length++) {
    const engine = testEngine()
    t.not(receive(engine, GOOD.slice(0, length), 0), REFUSAL.internal)
    t.is(family(engine, ERRORS)[PORT], undefined, `${length} bytes`)
  }
})

const NAMES = [
  { what: 'quotes, backslashes and newlines', name: 'a"b\\c\nd', label: 'a\\"b\\\\c\\nd' },
  { what: 'control characters', name: 'a\u0001b\u007fc', label: 'a b c' },
  { what: 'ten thousand bytes', name: 'x'.repeat(10_000), label: 'x'.repeat(128) },
  { what: 'a character across the limit', name: `${'x'.repeat(127)}é`, label: 'x'.repeat(127) },
]

for (const { what, name, label } of NAMES) {
  test(`a name of ${what} becomes a label that a parser can read`, t => {
    const engine = testEngine()
    receive(engine, portDatagram({ sequence: 1, uptimeMs: 1_000 }, { name }), 0)
    t.deepEqual(Object.keys(family(engine, ERRORS)), [
      `agent="10.0.0.1",ifindex="1",ifname="${label}"`,
    ])
  })
}

test('a name that is not UTF-8 becomes one that is', t => {
  const engine = testEngine()
  const bytes = portDatagram({ sequence: 1, uptimeMs: 1_000 }, { name: 'abcd' })
  bytes.set(
    [0xff, 0xc3],
    bytes.findIndex((byte, at) => byte === 0x61 && bytes[at + 1] === 0x62) + 1,
  )
  receive(engine, bytes, 0)
  t.deepEqual(Object.keys(family(engine, ERRORS)), [
    'agent="10.0.0.1",ifindex="1",ifname="a\ufffd\ufffdd"',
  ])
})

test('200,000 invented agents and interfaces leave memory flat and live series as they are', t => {
  const limitsPart = {
    agents: { max: 1_000, perAgentMax: 16 },
    interfaces: { max: 2_000, perAgentMax: 500 },
  }
  const engine = testEngine({ limitsPart })
  const keepAlive = (nowMs: number) => {
    const sequence = 1 + nowMs / 1_000
    receive(
      engine,
      portDatagram({ agent: '192.0.2.1', sequence, uptimeMs: nowMs }, { ifInErrors: 5 }),
      nowMs,
    )
  }
  keepAlive(0)
  for (let made = 0; made < 100_000; made++) {
    const nowMs = Math.floor(made / 1_000) * 1_000
    if (made % 1_000 === 0) {
      keepAlive(nowMs + 1_000)
      engine.tick(nowMs + 1_000)
    }
    const agent = `10.${made >> 16}.${(made >> 8) & 255}.${made & 255}`
    receive(engine, portDatagram({ agent, sequence: 1, uptimeMs: 1 }), nowMs)
    receive(
      engine,
      portDatagram({ agent: '192.0.2.2', sequence: made, uptimeMs: made }, { ifIndex: made + 1 }),
      nowMs,
    )
  }
  const series = family(engine, 'sflow_bridge_series')
  t.is(series['table="agents"'], 1_000)
  t.true((series['table="interfaces"'] ?? 0) <= 2_000)
  const refused = family(engine, 'sflow_bridge_series_refused_total')
  t.true((refused['table="agents"'] ?? 0) > 90_000)
  t.true((refused['table="interfaces"'] ?? 0) > 90_000)
  t.is(family(engine, ERRORS)['agent="192.0.2.1",ifindex="1",ifname="swp1"'], 5)
  t.is(family(engine, 'sflow_bridge_series_evicted_total')['table="agents"'], 0)
})

test('one agent cannot take more than its quota', t => {
  const engine = testEngine({ limitsPart: { interfaces: { max: 100, perAgentMax: 10 } } })
  for (let ifIndex = 1; ifIndex <= 50; ifIndex++) {
    receive(engine, portDatagram({ sequence: ifIndex, uptimeMs: ifIndex }, { ifIndex }), 0)
  }
  t.is(Object.keys(family(engine, ERRORS)).length, 10)
  t.is(family(engine, 'sflow_bridge_series_refused_total')['table="interfaces"'], 40)
})

test('a full table lets an idle entry give way, never a live one', t => {
  const engine = testEngine({ limitsPart: { interfaces: { max: 2, perAgentMax: 10 } } })
  const send = (ifIndex: number, nowMs: number, sequence: number) =>
    receive(engine, portDatagram({ sequence, uptimeMs: nowMs + 1 }, { ifIndex }), nowMs)
  send(1, 0, 1)
  send(2, 0, 2)
  send(2, 170_000, 3)
  engine.tick(170_000)
  send(3, 170_000, 4)
  t.deepEqual(indexes(engine), ['1', '2'])
  send(3, 181_000, 5)
  t.deepEqual(indexes(engine), ['2', '3'])
  t.is(family(engine, 'sflow_bridge_series_evicted_total')['table="interfaces"'], 1)
})

test('who came in the place of an idle entry is known by its own number, and keeps its place', t => {
  const engine = testEngine({ limitsPart: { interfaces: { max: 2, perAgentMax: 10 } } })
  const send = (ifIndex: number, nowMs: number, sequence: number) =>
    receive(
      engine,
      portDatagram({ sequence, uptimeMs: nowMs + 1 }, { ifIndex, ifInErrors: 100 * ifIndex }),
      nowMs,
    )
  send(1, 0, 1)
  send(2, 0, 2)
  send(3, 181_000, 3)
  // It is the one that was replaced: nothing of it may be read as of the new one.
  send(1, 362_000, 4)
  send(3, 362_100, 5)
  const found = [1, 2, 3].map(ifIndex => {
    const agent = engine.registry.agents.values()[0]
    return agent && engine.registry.find(agent, 0, ifIndex)?.sourceIndex
  })
  t.deepEqual(found, [1, undefined, 3])
  t.deepEqual(indexes(engine), ['1', '3'])
  t.is(family(engine, 'sflow_bridge_series_created_total')['table="interfaces"'], 4)
})

test('an agent outside the list of allowed ones is refused', t => {
  const engine = testEngine({ allows: header => header.address[0] === 0x0a000001 })
  t.is(receive(engine, GOOD, 0), 0)
  t.is(
    receive(engine, portDatagram({ agent: '10.0.0.2', sequence: 1, uptimeMs: 1 }), 0),
    REFUSAL.not_allowed,
  )
})

test('repeated records of one structure use one row, and hostile element keys are bounded', t => {
  const engine = testEngine()
  const records = Array.from({ length: 60 }, (_, index) => interfaceRecord({ ifInErrors: index }))
  const sample = { kind: 'counters', sequence: 1, sourceClass: 0, sourceIndex: 1 } as const
  const samples = [{ ...sample, records: [portName('swp1'), ...records] }]
  receive(engine, encodeDatagram({ agent: '10.0.0.1', sequence: 1, uptimeMs: 1, samples }), 0)
  t.is(family(engine, ERRORS)[PORT], 59)
  t.is(pageLines(engine).filter(line => line.startsWith(ERRORS)).length, 1)
})

function indexes(engine: ReturnType<typeof testEngine>): string[] {
  return Object.keys(family(engine, ERRORS))
    .map(labels => /ifindex="(\d+)"/.exec(labels)?.[1] ?? '')
    .sort()
}
