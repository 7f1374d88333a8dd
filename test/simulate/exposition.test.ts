/** The engine fed by the simulator: what it exposes is what really happened. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import test from 'ava'
import { simulate } from '../../src/simulate/simulate.ts'
import { readings, receive, testEngine } from '../support/engine.ts'

const START_MS = Date.UTC(2026, 0, 5, 9)

function expose() {
  const simulation = simulate({
    startMs: START_MS,
    durationMs: 480_000,
    samplingRate: 10_000,
    size: { spines: 2, leaves: 4, hostsPerLeaf: 2, guestsPerHost: 3 },
    keepTruth: true,
  })
  const engine = testEngine()
  let nowMs = START_MS
  for (const { timeMs, bytes } of simulation) {
    for (; nowMs + 1_000 <= timeMs; nowMs += 1_000) engine.tick(nowMs)
    receive(engine, bytes, timeMs)
  }
  engine.tick(nowMs)
  return { engine, page: readings(engine), truth: simulation.truth }
}

let exposed: ReturnType<typeof expose> | undefined
function eightMinutes() {
  exposed ??= expose()
  return exposed
}

// A simulation keeps its thread busy: between two tests the first is reported.
test.beforeEach(() => nextTurn())

test('nothing that the simulator sends is refused or skipped', t => {
  const { engine } = eightMinutes()
  t.deepEqual([...engine.datagramsRefused].filter(Boolean), [])
  t.deepEqual([...engine.recordsRefused].filter(Boolean), [])
  const skipped = [...eightMinutes().page].filter(([series, value]) => {
    return series.startsWith('sflow_bridge_records_skipped_total') && value > 0
  })
  t.deepEqual(skipped, [])
})

test('interface counters are exact, over the wraps of 32 bits', t => {
  const { page, truth } = eightMinutes()
  let wraps = 0
  for (const { agent, ifIndex, ifName, counters, since } of truth.interfaces()) {
    const labels = `agent="${agent}",ifindex="${ifIndex}",ifname="${ifName}"`
    const read = (name: string, more = '') =>
      page.get(`sflow_interface_${name}_total{${labels}${more}}`)
    t.is(read('receive_bytes'), counters.inOctets, labels)
    t.is(read('transmit_bytes'), counters.outOctets)
    t.is(read('receive_packets', ',cast="unicast"'), counters.inUnicast)
    t.is(read('transmit_packets', ',cast="unicast"'), counters.outUnicast)
    t.is(read('receive_errors'), counters.inErrors)
    t.is(read('receive_discards'), counters.inDiscards)
    t.is(read('transmit_discards'), counters.outDiscards)
    if (counters.inUnicast >= 2 ** 32 && counters.inUnicast - since.inUnicast < 2 ** 32) wraps += 1
  }
  t.true(wraps > 0, 'at least one counter passed 2^32 on the way')
})

test('lost datagrams are counted, one by one', t => {
  const { page, truth } = eightMinutes()
  let lost = 0
  for (const [series, value] of page) {
    if (series.startsWith('sflow_agent_datagrams_lost_total')) lost += value
  }
  const wanted = truth.agents().reduce((sum, one) => sum + one.datagramsLost, 0)
  t.true(wanted > 0)
  t.is(lost, wanted)
})

test('containers, pods, virtual machines and JVMs are told apart', t => {
  const { page } = eightMinutes()
  const kinds = new Set<string>()
  for (const series of page.keys()) {
    const kind = /^sflow_container_info\{.*kind="(\w+)"/.exec(series)?.[1]
    if (kind) kinds.add(kind)
    const other = /^sflow_(vm|jvm)_info\{/.exec(series)?.[1]
    if (other) kinds.add(other)
  }
  t.deepEqual([...kinds].sort(), ['container', 'jvm', 'pod', 'vm'])
})
