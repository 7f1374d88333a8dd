/** What the loop of one agent sends, and when. */
import test from 'ava'
import { attack, makeRig, ONE_LEAF, webhook } from './support/rig.ts'

const ALERT = attack({ fingerprint: 'a' })
const FOREVER = { ...ONE_LEAF, alerts: { silence_max: '1d' } }

test('a rule is renewed at a third of its life, as long as it is wanted', async t => {
  const rig = await makeRig(FOREVER)
  rig.box('leaf1').ttlSeconds = 300
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(95_000)
  t.is(rig.box('leaf1').puts, 1)
  await rig.clock.advance(10 * 60_000)
  const { puts } = rig.box('leaf1')
  t.true(puts >= 6 && puts <= 8, `${puts} puts in eleven minutes`)
  t.is(rig.box('leaf1').expired, 0)
})

test('the end on the agent is the last word: a dead controller leaves no rule behind', async t => {
  const rig = await makeRig(FOREVER)
  rig.box('leaf1').ttlSeconds = 300
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  await rig.controller().close()
  await rig.clock.advance(299_000)
  rig.box('leaf1').expireAt(rig.clock.now())
  t.deepEqual([...rig.box('leaf1').rules.keys()], ['operator'])
})

test('an agent without lifetimes is not asked again and again', async t => {
  const rig = await makeRig(FOREVER)
  rig.box('leaf1').renews = false
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(20 * 60_000)
  t.is(rig.box('leaf1').puts, 1)
})

test('nothing is sent before the agent’s list is known', async t => {
  const rig = await makeRig()
  rig.box('leaf1').fault = 'hang'
  await rig.controller().takeWebhook(webhook(ALERT))
  rig.start()
  await rig.clock.advance(5_000)
  t.is(rig.box('leaf1').puts, 0)
  rig.box('leaf1').fault = 'none'
  rig.box('leaf1').expireDeadlines()
  await rig.clock.advance(5_000)
  t.is(rig.box('leaf1').puts, 1)
})

test('no more requests are on their way to an agent than allowed', async t => {
  const rig = await makeRig({ ...ONE_LEAF, requests: { requests_max: 3 } })
  rig.start()
  await rig.clock.advance(100)
  rig.box('leaf1').fault = 'hang'
  const alerts = Array.from({ length: 10 }, (_, i) =>
    attack({ labels: { ipdestination: `10.0.0.${i + 1}` } }),
  )
  await rig.controller().takeWebhook(webhook(...alerts))
  await rig.clock.advance(1)
  t.is(rig.box('leaf1').puts, 3)
  t.is(rig.controller().snapshot().agents[0]?.queueLength, 10)
  rig.box('leaf1').fault = 'none'
  rig.box('leaf1').expireDeadlines()
  await rig.clock.advance(5_000)
  t.is(rig.box('leaf1').lines.length, 10)
})

test('a slow agent delays nobody but itself', async t => {
  const agents = ['leaf1', 'leaf2'].map(name => ({ ...ONE_LEAF.agents[0], name }))
  const rig = await makeRig({ ...ONE_LEAF, agents })
  rig.start()
  await rig.clock.advance(100)
  rig.box('leaf1').fault = 'hang'
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(10)
  t.is(rig.box('leaf2').lines.length, 1)
  rig.box('leaf1').expireDeadlines()
})

test('a rule is told as removed when its agent’s device is without it, not when nobody wants it any more', async t => {
  const rig = await makeRig({ ...ONE_LEAF, requests: { reconcile: '5s' } })
  const box = rig.box('leaf1')
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  box.commitsLate = true
  await rig.controller().setKillSwitch('withdraw', 'somebody')
  await rig.clock.advance(60_000)
  const rule = () => [...rig.controller().rules.values()][0]
  t.is(box.lines.length, 0, 'the agent lists it no more')
  t.is(rule()?.phase, 'ended')
  t.is(rule()?.times.removedMs, undefined, 'but its device has it')
  box.leaving.clear()
  await rig.clock.advance(1_000)
  t.is(typeof rule()?.times.removedMs, 'number')
  t.is(rig.audit.filter(line => line.event === 'removed').length, 1)
})

test('a removal whose answer was lost is told by the agent’s list, after a restart of the controller too', async t => {
  const rig = await makeRig()
  const box = rig.box('leaf1')
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(1_000)
  box.fault = 'hang'
  await rig.controller().setKillSwitch('withdraw', 'somebody')
  await rig.clock.advance(100)
  await rig.killAndRestart()
  for (const name of [...box.rules.keys()]) if (name !== 'operator') box.rules.delete(name)
  box.fault = 'none'
  box.expireDeadlines()
  await rig.clock.advance(60_000)
  const [rule] = rig.controller().rules.values()
  t.is(typeof rule?.times.removedMs, 'number')
})
