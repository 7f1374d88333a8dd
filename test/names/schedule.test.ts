/** When which agent is asked: on a clock of the test. */
import test from 'ava'
import { SnmpSchedule } from '../../src/names/schedule.ts'
import type { WalkResult } from '../../src/names/settings.ts'
import { snmpTarget, snmpTestSettings } from './settings.ts'

const NAMED: WalkResult = { names: { systemName: 'leaf1', interfaces: {}, cut: false } }
const DEAD: WalkResult = { failure: 'timeout' }

/** Asks those that are due, and lets all of them answer at once. Their addresses. */
function ask(schedule: SnmpSchedule, nowMs: number, answer: (address: string) => WalkResult) {
  const due = schedule.due(nowMs)
  for (const { address, target } of due) {
    schedule.finished(address, target, answer(address), nowMs)
  }
  return due.map(({ address }) => address)
}

test('an agent in no range is never asked', t => {
  const schedule = new SnmpSchedule(snmpTestSettings())
  schedule.seen(['192.0.2.1', '2001:db8::1', '10.0.0.1', 'none'], true, 0)
  t.deepEqual(
    ask(schedule, 0, () => NAMED),
    ['10.0.0.1'],
  )
})

test('only so many are asked at one time', t => {
  const schedule = new SnmpSchedule(snmpTestSettings())
  schedule.seen(['10.0.0.1', '10.0.0.2', '10.0.0.3'], true, 0)
  const [first] = schedule.due(0)
  t.is(schedule.due(0).length, 0)
  t.is(schedule.stats().asking, 2)
  schedule.finished('10.0.0.1', first?.target ?? snmpTarget(), NAMED, 1)
  t.deepEqual(
    schedule.due(1).map(({ address }) => address),
    ['10.0.0.3'],
  )
})

test('agents beyond the maximum are refused and counted', t => {
  const schedule = new SnmpSchedule(snmpTestSettings({ agentsMax: 2 }))
  schedule.seen(['10.0.0.1', '10.0.0.2', '10.0.0.3'], true, 0)
  t.is(schedule.stats().refused, 1)
  t.is(schedule.stats().waiting, 2)
})

test('one that answered is asked again after the refresh interval', t => {
  const schedule = new SnmpSchedule(snmpTestSettings({ refreshMs: 100_000 }))
  schedule.seen(['10.0.0.1'], true, 0)
  t.is(ask(schedule, 0, () => NAMED).length, 1)
  t.is(ask(schedule, 99_999, () => NAMED).length, 0)
  t.is(ask(schedule, 100_000, () => NAMED).length, 1)
})

test('new interfaces are asked for soon, but not more than once a minute', t => {
  const schedule = new SnmpSchedule(snmpTestSettings())
  schedule.seen(['10.0.0.1'], true, 0)
  t.is(ask(schedule, 0, () => NAMED).length, 1)
  schedule.seen(['10.0.0.1'], true, 10_000)
  t.is(ask(schedule, 10_000, () => NAMED).length, 0)
  t.is(ask(schedule, 60_000, () => NAMED).length, 1)
})

test('one that fails waits twice as long each time, at most the refresh interval', t => {
  const schedule = new SnmpSchedule(snmpTestSettings({ refreshMs: 100_000 }))
  const asked: number[] = []
  for (let nowMs = 0; nowMs <= 410_000; nowMs += 1_000) {
    // New interfaces do not make it be asked sooner.
    schedule.seen(['10.0.0.1'], true, nowMs)
    if (ask(schedule, nowMs, () => DEAD).length > 0) asked.push(nowMs / 1_000)
  }
  t.deepEqual(asked, [0, 15, 45, 105, 205, 305, 405])
  t.is(schedule.stats().failures.timeout, 7)
  t.is(schedule.stats().failing, 1)
})

test('those that have not failed come before those that have', t => {
  const schedule = new SnmpSchedule(snmpTestSettings({ concurrency: 1 }))
  schedule.seen(['10.0.0.1'], true, 0)
  ask(schedule, 0, () => DEAD)
  schedule.seen(['10.0.0.2'], true, 20_000)
  t.deepEqual(
    ask(schedule, 20_000, () => NAMED),
    ['10.0.0.2'],
  )
  t.deepEqual(
    ask(schedule, 20_000, () => DEAD),
    ['10.0.0.1'],
  )
})

test('an agent that is not seen any more is forgotten', t => {
  const schedule = new SnmpSchedule(snmpTestSettings())
  schedule.seen(['10.0.0.1', '10.0.0.2'], true, 0)
  ask(schedule, 0, () => NAMED)
  schedule.seen(['10.0.0.2'], false, 200_000)
  schedule.seen(['10.0.0.2'], false, 301_000)
  t.is(schedule.stats().named, 1)
})

test('a new password is tried at once, and a result of the old one is of no use', t => {
  const schedule = new SnmpSchedule(snmpTestSettings({ concurrency: 1 }))
  schedule.seen(['10.0.0.1'], true, 0)
  const [old] = schedule.due(0)
  const fresh = snmpTarget({ community: 'other' })
  schedule.configure(snmpTestSettings({ targets: [fresh] }), 1_000)
  t.false(schedule.finished('10.0.0.1', old?.target ?? fresh, DEAD, 1_500))
  t.deepEqual(schedule.due(1_500), [{ address: '10.0.0.1', target: fresh }])
})

test('an agent that a reload leaves without a target is forgotten, also while it is asked', t => {
  const schedule = new SnmpSchedule(snmpTestSettings())
  schedule.seen(['10.0.0.1'], true, 0)
  const [old] = schedule.due(0)
  schedule.configure(snmpTestSettings({ targets: [snmpTarget({ agents: ['192.0.2.0/24'] })] }), 1)
  t.false(schedule.finished('10.0.0.1', old?.target ?? snmpTarget(), NAMED, 2))
  t.like(schedule.stats(), { asking: 0, named: 0, waiting: 0, failing: 0, walks: 1 })
})
