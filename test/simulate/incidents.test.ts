import { setImmediate as nextTurn } from 'node:timers/promises'
import test from 'ava'
import { leadingText } from './read-datagram.ts'
import { each, eightMinutes, LONG, run } from './run.ts'

// A simulation keeps its thread busy: between two tests the first is reported.
test.beforeEach(() => nextTurn())

test('lost datagrams are gaps of the sequence, and counted', t => {
  const { datagrams, truth } = eightMinutes()
  const last = new Map<string, number>()
  const gaps = new Map<string, number>()
  for (const { agent, sequence } of datagrams) {
    const missing = sequence - (last.get(agent) ?? 0) - 1
    gaps.set(agent, (gaps.get(agent) ?? 0) + missing)
    last.set(agent, sequence)
  }
  const agents = truth.agents()
  t.true(agents.some(one => one.datagramsLost > 0))
  for (const { agent, datagramsMade, datagramsLost } of agents) {
    t.is(gaps.get(agent), datagramsLost)
    t.is(last.get(agent), datagramsMade)
  }
})

test('a port that goes down says so, damage counts as errors, an unplugged host as discards', t => {
  const { datagrams, truth } = eightMinutes()
  const incidents = truth.incidents()
  const down = incidents.find(one => one.kind === 'port_down')
  const states = new Set<number>()
  each(datagrams, 1, (view, { agent }, { kind }) => {
    if (kind !== 2 || agent !== down?.agent || view.getUint32(0) !== down.ifIndex) return
    states.add(view.getUint32(20))
  })
  t.deepEqual([...states].sort(), [1, 3])
  const at = (kind: string) => {
    const incident = incidents.find(one => one.kind === kind)
    return truth.interfaces().find(one => {
      return one.agent === incident?.agent && one.ifIndex === incident.ifIndex
    })?.since
  }
  t.true((at('link_errors')?.inErrors ?? 0) > 0)
  const reasons = new Set<number>()
  for (const { samples } of datagrams) {
    for (const { kind, words } of samples) if (kind === 5) reasons.add(words[3] as number)
  }
  t.true(reasons.has(279))
})

test('an attack fills the port of its victim from many sources, and discards are notified', t => {
  const { datagrams, truth } = run({ scenario: 'ddos' })
  const [attack] = truth.incidents()
  t.is(attack?.kind, 'reflection')
  const sources = new Set<number>()
  let notified = 0
  each(datagrams, 1, (view, { agent }, { kind, words }) => {
    if (agent !== attack?.agent) return
    if (kind === 5 && words[3] === 259 && words[2] === attack.ifIndex) notified += 1
    if (kind === 1 && view.getUint32(4) === 1_418) {
      sources.add(view.getUint32(16 + 26))
    }
  })
  t.true(notified > 50)
  t.true(sources.size > 500, `${sources.size}`)
  const port = truth.interfaces().find(one => {
    return one.agent === attack?.agent && one.ifIndex === attack.ifIndex
  })
  t.true((port?.since.outDiscards ?? 0) > 0)
})

test('elephants are the largest streams, one after the other', t => {
  const { truth } = run({ ...LONG, scenario: 'elephant', durationMs: 100_000 })
  const [first, second] = truth.streams().toSorted((a, b) => b.bytes - a.bytes)
  t.is(first?.label, 'elephant')
  t.is(second?.label, 'elephant')
  t.is(truth.incidents().length, 3)
})

test('a container that stops is reported once more, then never', t => {
  const { datagrams, truth } = eightMinutes()
  const stops = truth.incidents().filter(one => one.kind === 'container_churn')
  t.true(stops.length > 0)
  for (const { about, agent, startMs } of stops) {
    const name = about.split(' ')[0]
    const states: number[] = []
    for (const { timeMs, agent: from, samples } of datagrams) {
      if (from !== agent || timeMs < startMs) continue
      for (const { records } of samples) {
        const named = records.some(one => one.tag === 2_000 && leadingText(one.view) === name)
        const cpu = records.find(one => one.tag === 2_101)
        if (named && cpu) states.push(cpu.view.getUint32(0))
      }
    }
    t.deepEqual(states, [5], about)
  }
})
