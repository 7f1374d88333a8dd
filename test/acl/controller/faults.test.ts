/** After each fault: rules on the box = rules wanted, and the operator's rule untouched. */
import test from 'ava'
import type { Fault } from './support/box.ts'
import { attack, DROP_LINE, makeRig, type Rig, webhook } from './support/rig.ts'

const ALERT = attack({ fingerprint: 'a' })
const END = { ...ALERT, status: 'resolved' }

function wantedLines(rig: Rig): string[] {
  const active = [...rig.controller().rules.values()].filter(rule => rule.phase === 'active')
  return active.map(rule => rule.name).sort()
}

function boxNames(rig: Rig, name = 'leaf1'): string[] {
  return [...rig.box(name).rules.keys()].filter(rule => rule !== 'operator').sort()
}

const PASSING: readonly Fault[] = [
  'unreachable',
  'hang',
  'server_error',
  'power_cut',
  'fail_commit',
  'refuse',
]

for (const fault of PASSING) {
  test(`an agent that has the fault "${fault}" when a rule comes has the rule when it is well`, async t => {
    const rig = await makeRig()
    rig.start()
    await rig.clock.advance(100)
    rig.box('leaf1').fault = fault
    await rig.controller().takeWebhook(webhook(ALERT))
    for (let second = 0; second < 30; second++) {
      await rig.clock.advance(1_000)
      rig.box('leaf1').expireDeadlines()
    }
    t.deepEqual(boxNames(rig), [])
    rig.box('leaf1').fault = 'none'
    rig.box('leaf1').expireDeadlines()
    await rig.clock.advance(61_000)
    t.deepEqual(boxNames(rig), wantedLines(rig))
    t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
    t.is(rig.box('leaf1').rules.get('operator'), '-A FORWARD -d 192.0.2.1 -j DROP')
  })
}

for (const fault of ['unreachable', 'hang', 'server_error'] as const) {
  test(`a rule that ended while the agent had the fault "${fault}" is taken away afterwards`, async t => {
    const rig = await makeRig()
    rig.start()
    await rig.controller().takeWebhook(webhook(ALERT))
    await rig.clock.advance(100)
    rig.box('leaf1').fault = fault
    await rig.controller().takeWebhook(webhook(END))
    for (let second = 0; second < 100; second++) {
      await rig.clock.advance(1_000)
      rig.box('leaf1').expireDeadlines()
    }
    t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
    rig.box('leaf1').fault = 'none'
    rig.box('leaf1').expireDeadlines()
    await rig.clock.advance(61_000)
    t.deepEqual(boxNames(rig), [])
  })
}

test('an intent that ended while the agent was away is never replayed', async t => {
  const rig = await makeRig()
  rig.box('leaf1').fault = 'unreachable'
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  await rig.controller().takeWebhook(webhook(END))
  await rig.clock.advance(120_000)
  rig.box('leaf1').fault = 'none'
  await rig.clock.advance(120_000)
  t.is(rig.box('leaf1').puts, 0)
})

test('a silent agent is asked less and less often, down to one probe per 30 s', async t => {
  const rig = await makeRig()
  rig.box('leaf1').fault = 'unreachable'
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(10 * 60_000)
  const before = rig.box('leaf1').requests
  await rig.clock.advance(5 * 60_000)
  const asked = rig.box('leaf1').requests - before
  t.true(asked >= 10 && asked <= 20, `${asked} probes in five minutes`)
  t.true(rig.controller().snapshot().agents[0]?.isCircuitOpen)
  const told = rig.audit.filter(line => line.event === 'agent_unreachable')
  t.is(told.length, 1, 'told once')
})

test('an agent that comes back with other rules gets ours and keeps its operator’s', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(100)
  const { rules } = rig.box('leaf1')
  const [name] = boxNames(rig)
  rules.set(name as string, '-A FORWARD -j DROP')
  rules.set('sfbdrop0123456789abcdef', '-A FORWARD -d 10.0.0.1 -j DROP')
  rules.set('sfbmarket', 'a name that only looks like ours')
  await rig.clock.advance(16_000)
  t.deepEqual([...rules.keys()].sort(), ['operator', 'sfbmarket', name].sort())
  t.is(rules.get(name as string), DROP_LINE)
  const kinds = rig.audit.filter(line => line.event === 'drift').map(line => line.kind)
  t.deepEqual(kinds.sort(), ['different', 'orphan'])
})

test('an agent that lost all its rules has them again within one reconcile interval', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(20_000)
  rig.box('leaf1').rules.clear()
  await rig.clock.advance(15_500)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
  t.is(rig.counted.get('drift leaf1 missing'), 1)
})

for (const days of [-30, -1, 1, 30]) {
  test(`a clock that jumps by ${days} days ends no rule and keeps none`, async t => {
    const rig = await makeRig()
    rig.start()
    await rig.controller().takeWebhook(webhook(ALERT))
    await rig.clock.advance(5_000)
    rig.clock.jump(days * 86_400_000)
    await rig.clock.advance(5_000)
    t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
    t.is(rig.counted.get('clock_jump'), 1)
    await rig.controller().takeWebhook(webhook(END))
    rig.clock.jump(-days * 43_200_000)
    await rig.clock.advance(50_000)
    t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
    await rig.clock.advance(12_000)
    t.deepEqual(rig.box('leaf1').lines, [])
  })
}

test('a clock that was set back while the controller was down keeps no rule longer', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  await rig.controller().takeWebhook(webhook(END))
  await rig.clock.advance(1_000)
  rig.clock.jump(-3 * 86_400_000)
  rig.clock.takeJump()
  await rig.killAndRestart()
  await rig.clock.advance(62_000)
  t.deepEqual(rig.box('leaf1').lines, [])
})

test('a full disk: alerts are answered 503 and still acted on; with room again all is kept', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.clock.advance(1_000)
  rig.files().roomBytes = 100
  const answer = await rig.controller().takeWebhook(webhook(ALERT))
  t.is(answer.outcome, 'not_durable')
  await rig.clock.advance(2_000)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
  t.false(rig.controller().snapshot().isDurable)
  rig.files().roomBytes = undefined
  await rig.clock.advance(2_000)
  t.true(rig.controller().snapshot().isDurable)
  await rig.killAndRestart()
  await rig.clock.advance(2_000)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
  t.true(rig.audit.some(line => line.event === 'active'))
})

test('a full disk and a kill: the alert comes again, and what is on the box is what is wanted', async t => {
  const rig = await makeRig()
  rig.start()
  rig.files().roomBytes = 10
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  await rig.killAndRestart()
  await rig.clock.advance(1_000)
  t.deepEqual(boxNames(rig), wantedLines(rig))
  rig.files().roomBytes = undefined
  t.is((await rig.controller().takeWebhook(webhook(ALERT))).outcome, 'taken')
  await rig.clock.advance(1_000)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
})

test('a kill at any byte of the journal: after the restart the box has what is wanted', async t => {
  for (let cutBytes = 0; cutBytes < 3_000; cutBytes += 37) {
    const rig = await makeRig()
    rig.start()
    await rig.controller().takeWebhook(webhook(ALERT))
    await rig
      .controller()
      .takeWebhook(webhook(attack({ labels: { ipdestination: '10.10.100.11' } })))
    await rig.clock.advance(700)
    await rig.killAndRestart({ cutBytes })
    await rig.clock.advance(2_000)
    t.deepEqual(boxNames(rig), wantedLines(rig), `cut ${cutBytes}`)
    t.is(rig.box('leaf1').rules.get('operator'), '-A FORWARD -d 192.0.2.1 -j DROP')
  }
})

test('a restart adopts the rules that are there: nothing is put again, nothing flaps', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  await rig.killAndRestart()
  await rig.clock.advance(5_000)
  t.is(rig.box('leaf1').puts, 1)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
})

test('a thousand alerts at once: caps hold, the heaviest win, the rest waits', async t => {
  const rig = await makeRig()
  rig.start()
  const alerts = Array.from({ length: 1_000 }, (_, index) =>
    attack({
      labels: { ipdestination: `10.20.${index >> 8}.${index & 255}` },
      annotations: { value: String(2_000_000 + index), lower: String(1_500_000 + index) },
    }),
  )
  await rig.controller().takeWebhook(webhook(...alerts))
  await rig.clock.advance(3_000)
  t.is(rig.box('leaf1').lines.length, 30)
  t.true(
    rig.box('leaf1').lines.some(line => line.includes(' 10.20.3.231 ')),
    'the heaviest',
  )
  await rig.clock.advance(5 * 60_000)
  t.is(rig.box('leaf1').lines.length, 50)
  t.true((rig.counted.get('refusal drop policy_cap') ?? 0) > 900)
})
