/** Whose name an interface bears, and how long it waits for one that was asked for. */
import test from 'ava'
import { agentsToName, learn } from '../../src/engine/learned-names.ts'
import { type NameTables, NO_NAME_TABLES, namesOf } from '../../src/engine/name-tables.ts'
import { portDatagram } from '../support/datagrams.ts'
import { family, receive, testEngine } from '../support/engine.ts'

const AGENT = '10.0.0.1'
const OPERATOR = { [AGENT]: { 1: { name: 'operator', alias: 'by hand' } } }
const LEARNED = { systemName: 'leaf1', interfaces: { 1: { name: 'learned', alias: 'to spine1' } } }

function asking(interfaces: NameTables['interfaces'] = {}) {
  return testEngine({ names: namesOf({ ...NO_NAME_TABLES, interfaces, asked: ['10.0.0.0/8'] }) })
}

function port(sequence: number, name: string): Uint8Array {
  return portDatagram({ agent: AGENT, sequence, uptimeMs: sequence * 1_000 }, { name })
}

function named(engine: ReturnType<typeof testEngine>): readonly string[] {
  return Object.keys(family(engine, 'sflow_interface_receive_bytes_total')).map(
    labels => /ifname="([^"]*)"/.exec(labels)?.[1] ?? 'none',
  )
}

for (const [by, interfaces, sent, expected] of [
  ['the operator, whatever the others say', OPERATOR, 'wire', 'operator'],
  ['the agent’s port-name record, whatever SNMP says', {}, 'wire', 'wire'],
  ['SNMP, where there is nothing else', {}, '', 'learned'],
] as const) {
  test(`an interface is named by ${by}`, t => {
    const engine = asking(interfaces)
    learn(engine, AGENT, LEARNED)
    receive(engine, port(1, sent), 0)
    engine.tick(1_000)
    t.deepEqual(named(engine), [expected])
  })
}

test('an interface without a name waits for the answer, longer than its polling interval', t => {
  const engine = asking()
  for (let second = 0; second <= 5; second++) {
    receive(engine, port(second + 1, ''), second * 1_000)
    engine.tick(second * 1_000 + 500)
  }
  t.deepEqual(named(engine), [])
  learn(engine, AGENT, LEARNED)
  engine.tick(6_000)
  t.deepEqual(named(engine), ['learned'])
})

test('it waits no longer than limits.first_exposure, and its label stays when the answer comes late', t => {
  const engine = asking()
  for (let second = 0; second <= 29; second++) receive(engine, port(second + 1, ''), second * 1_000)
  engine.tick(29_500)
  t.deepEqual(named(engine), [])
  engine.tick(30_000)
  t.deepEqual(named(engine), [''])
  learn(engine, AGENT, LEARNED)
  engine.tick(31_000)
  t.deepEqual(named(engine), [''])
  const [info = ''] = Object.keys(family(engine, 'sflow_interface_info'))
  t.regex(info, /ifalias="to spine1"/)
})

test('where asking was in vain it waits for one polling interval', t => {
  const engine = asking()
  receive(engine, port(1, ''), 0)
  receive(engine, port(2, ''), 1_000)
  engine.tick(1_000)
  t.deepEqual(named(engine), [])
  learn(engine, AGENT, undefined)
  engine.tick(1_500)
  t.deepEqual(named(engine), [''])
})

test('a later failure takes nothing away', t => {
  const engine = asking()
  learn(engine, AGENT, LEARNED)
  learn(engine, AGENT, undefined)
  receive(engine, port(1, ''), 0)
  engine.tick(0)
  t.deepEqual(named(engine), ['learned'])
})

test('an agent outside the ranges is not told, and does not wait', t => {
  const engine = testEngine({ names: namesOf({ ...NO_NAME_TABLES, asked: ['192.0.2.0/24'] }) })
  receive(engine, port(1, ''), 0)
  receive(engine, port(2, ''), 1_000)
  engine.tick(1_000)
  t.deepEqual(agentsToName(engine, false), [])
  t.deepEqual(named(engine), [''])
})

test('an agent is told when interfaces are new, and whenever all are asked for', t => {
  const engine = asking()
  receive(engine, port(1, 'swp1'), 0)
  t.deepEqual(agentsToName(engine, false), [AGENT])
  t.deepEqual(agentsToName(engine, false), [])
  receive(engine, port(2, 'swp1'), 1_000)
  t.deepEqual(agentsToName(engine, false), [])
  t.deepEqual(agentsToName(engine, true), [AGENT])
})

test('what an agent said is forgotten once its interfaces are gone', t => {
  const engine = asking()
  learn(engine, AGENT, LEARNED)
  receive(engine, port(1, ''), 0)
  engine.tick(0)
  engine.tick(400_000)
  t.deepEqual(agentsToName(engine, true), [])
  t.false(engine.learned.knows(AGENT))
})
