/** The controller was away, or has forgotten: what is over is not put again, and what nobody knows is left alone while frozen. */
import test from 'ava'
import { attack, DROP_LINE, makeRig, ONE_LEAF, webhook } from './support/rig.ts'

const ALERT = attack({ fingerprint: 'a' })
const SETTINGS = {
  ...ONE_LEAF,
  policies: [{ name: 'drop', action: 'drop', mode: 'automatic', ttl: '2m', hold: '5m' }],
  alerts: { silence_max: '1m' },
}

/** Away for so long, with the rule in force on the agent when it went. */
async function away(seconds: number) {
  const rig = await makeRig(SETTINGS)
  rig.box('leaf1').ttlSeconds = 120
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  const { puts } = rig.box('leaf1')
  await rig.controller().close()
  await rig.clock.advance(seconds * 1_000)
  await rig.killAndRestart()
  await rig.clock.advance(5_000)
  return { rig, box: rig.box('leaf1'), puts }
}

test('away for longer than the TTL: a rule that nothing asks for any more is not put again', async t => {
  const { rig, box, puts } = await away(600)
  t.deepEqual(box.lines, [])
  t.is(box.puts, puts)
  const [rule] = [...rig.controller().rules.values()]
  t.deepEqual([rule?.phase, rule?.endReason], ['ended', 'expired'])
  t.true(rig.audit.some(line => line.event === 'ended' && line.endReason === 'expired'))
  await rig.clock.advance(600_000)
  t.is(box.puts, puts, 'nor later')
})

test('away for longer than the TTL, and the alert is told again: the rule is back', async t => {
  const { rig, box } = await away(600)
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(40_000)
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  t.deepEqual(box.lines, [DROP_LINE])
})

test('killed before the commit was known: what is over by the restart is not put either', async t => {
  const rig = await makeRig(SETTINGS)
  rig.box('leaf1').fault = 'unreachable'
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.controller().close()
  await rig.clock.advance(600_000)
  rig.box('leaf1').fault = 'none'
  await rig.killAndRestart()
  await rig.clock.advance(600_000)
  t.is(rig.box('leaf1').puts, 0)
})

test('away for less than the TTL: the rule is still there, adopted, and held', async t => {
  const { rig, box } = await away(70)
  t.deepEqual(box.lines, [DROP_LINE])
  const [rule] = [...rig.controller().rules.values()]
  t.is(rule?.phase, 'active')
  await rig.clock.advance(320_000)
  t.deepEqual(box.lines, [])
})

test('the agent loses a held rule while the controller runs: it is put again', async t => {
  const rig = await makeRig({ ...SETTINGS, alerts: {} })
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  await rig.controller().takeWebhook(webhook({ ...ALERT, status: 'resolved' }))
  const box = rig.box('leaf1')
  for (const name of [...box.rules.keys()]) if (name !== 'operator') box.rules.delete(name)
  await rig.clock.advance(20_000)
  t.deepEqual(box.lines, [DROP_LINE])
})

test('a state that is lost altogether leaves the rules on the box to their TTL until somebody says off', async t => {
  const rig = await makeRig(SETTINGS)
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  const box = rig.box('leaf1')
  rig.files().files.set('/state/journal.jsonl', Buffer.from('no line of ours\n'))
  await rig.killAndRestart()
  t.is(rig.controller().killSwitch, 'freeze')
  t.is(rig.controller().rules.size, 0)
  await rig.clock.advance(60_000)
  t.deepEqual(box.lines, [DROP_LINE])
  await rig.controller().setKillSwitch('off', 'somebody')
  await rig.clock.advance(20_000)
  t.deepEqual(box.lines, [])
  t.true(box.rules.has('operator'))
})

test('an action tells that its agent does not answer, and why', async t => {
  const rig = await makeRig()
  rig.box('leaf1').fault = 'unreachable'
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  const [rule] = [...rig.controller().rules.values()]
  if (rule === undefined) throw new Error('no rule')
  t.is(rig.controller().deviceOf(rule).unreachable, 'ECONNREFUSED')
  rig.box('leaf1').fault = 'none'
  await rig.clock.advance(30_000)
  t.is(rig.controller().deviceOf(rule).unreachable, undefined)
})

test('a list that still has what has just ended is not asked for again and again', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.controller().takeWebhook(webhook({ ...ALERT, status: 'resolved' }))
  await rig.controller().takeWebhook(webhook(ALERT))
  t.is(rig.syncs.wanted, 1, 'the end is in doubt: the list is asked')
  const [listed] = [...rig.controller().rules.values()]
  if (listed === undefined) throw new Error('no rule')
  const { fingerprint, startsAtMs, numbers } = listed.why
  const active = {
    key: `alertmanager/${fingerprint}`,
    origin: 'alertmanager' as const,
    fingerprint,
    status: 'firing' as const,
    labels: ALERT.labels,
    numbers,
    startsAtMs,
  }
  rig.controller().takeActiveAlerts([active], rig.clock.now(), 'alertmanager')
  t.is(rig.syncs.wanted, 1, 'its answer asks for nothing')
})

test('what one sender lists ends nothing of another', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  rig.controller().takeActiveAlerts([], rig.clock.now(), 'grafana')
  await rig.clock.advance(100_000)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
})
