import test from 'ava'
import { attack, DROP_LINE, makeRig, ONE_LEAF, webhook } from './support/rig.ts'

const ALERT = attack({ fingerprint: 'a' })
const END = { ...ALERT, status: 'resolved' }

test('an alert becomes a rule, and its end takes the rule away after the hold', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(100)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
  await rig.controller().takeWebhook(webhook(END))
  await rig.clock.advance(59_000)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
  await rig.clock.advance(2_000)
  t.deepEqual(rig.box('leaf1').lines, [])
})

test('the audit trail tells why, what, where and each time of a rule’s life', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(100)
  const name = [...rig.box('leaf1').hits.keys()][0] as string
  rig.box('leaf1').hits.set(name, { packets: 10, bytes: 10_000 })
  await rig.clock.advance(1_000)
  await rig.controller().takeWebhook(webhook(END))
  await rig.clock.advance(120_000)
  const line = rig.audit.findLast(one => one.event === 'removed')
  t.deepEqual(Object.keys(line?.times ?? {}), [
    'detected',
    'received',
    'decided',
    'activated',
    'committed',
    'effective',
    'ended',
    'removed',
  ])
  t.like(line, { where: 'leaf1', policy: 'drop', endReason: 'resolved', effect: 'effective' })
  t.like(line?.why, { alert: 'UdpReflection', value: 2_000_000, lower: 1_500_000 })
  const events = rig.audit.map(one => one.event).filter(event => !event.startsWith('agent'))
  t.deepEqual(events, ['started', 'active', 'committed', 'effective', 'held', 'ended', 'removed'])
})

test('two paths ask for one rule; it ends when neither does', async t => {
  const rig = await makeRig()
  rig.start()
  const event = { ...webhook(attack({ fingerprint: 'b' })), receiver: 'sflow-bridge' }
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.controller().takeWebhook(event)
  await rig.clock.advance(100)
  t.is(rig.box('leaf1').puts, 1)
  await rig.controller().takeWebhook(webhook(END))
  for (let repeat = 0; repeat < 15; repeat++) {
    await rig.clock.advance(20_000)
    await rig.controller().takeWebhook(event)
  }
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
  const eventEnd = {
    ...event,
    alerts: event.alerts.map(one => ({ ...(one as object), status: 'resolved' })),
  }
  await rig.controller().takeWebhook(eventEnd)
  await rig.clock.advance(61_000)
  t.deepEqual(rig.box('leaf1').lines, [])
})

test('an alert that nobody repeats ends by itself, though no end was ever told', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(11.5 * 60_000)
  t.deepEqual(rig.box('leaf1').lines, [])
  t.true(rig.audit.some(line => line.event === 'alert_expired'))
})

test('a rule that still takes hits outlives its alert, and ends when the hits do', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(100)
  await rig.controller().takeWebhook(webhook(END))
  const box = rig.box('leaf1')
  const name = [...box.hits.keys()][0] as string
  let bytes = 0
  for (let second = 0; second < 600; second++) {
    bytes += 100_000
    box.hits.set(name, { packets: bytes / 100, bytes })
    await rig.clock.advance(1_000)
    if (box.lines.length === 0) break
  }
  t.deepEqual(box.lines, [DROP_LINE], 'the flood goes on behind the drop')
  await rig.clock.advance(15_000 * 2 + 61_000)
  t.deepEqual(box.lines, [])
})

test('without hit counters the rule is released, and comes back with a longer hold', async t => {
  const rig = await makeRig()
  rig.box('leaf1').countsHits = false
  rig.start()
  const held: number[] = []
  for (let round = 0; round < 3; round++) {
    const again = attack({ fingerprint: 'a', startsAt: new Date(rig.clock.now()).toISOString() })
    await rig.controller().takeWebhook(webhook(again))
    await rig.clock.advance(1_000)
    t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
    await rig.controller().takeWebhook(webhook({ ...again, status: 'resolved' }))
    const from = rig.clock.now()
    while (rig.box('leaf1').lines.length > 0) await rig.clock.advance(1_000)
    held.push(Math.round((rig.clock.now() - from) / 1_000))
  }
  t.deepEqual(held, [60, 120, 240])
})

test('a rule that takes no hits is reported', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(12_000)
  t.like([...rig.controller().rules.values()][0], { effect: 'no_traffic' })
  t.is(
    rig
      .controller()
      .snapshot()
      .effects.find(one => one.verdict === 'no_traffic')?.count,
    1,
  )
})

test('behind the filter samples that fall are proof; before it they prove nothing', async t => {
  for (const [sampler, fallen, verdict] of [
    ['behind', true, 'effective'],
    ['behind', false, 'no_effect'],
    ['before', true, 'unmeasured'],
  ] as const) {
    const rig = await makeRig({ ...ONE_LEAF, agents: [{ ...ONE_LEAF.agents[0], sampler }] })
    rig.box('leaf1').countsHits = false
    rig.start()
    await rig.controller().takeWebhook(webhook(ALERT))
    await rig.clock.advance(2_000)
    const annotations = { value: fallen ? '900000' : '1900000', upper: '3000000' }
    await rig.controller().takeWebhook(webhook(attack({ fingerprint: 'a', annotations })))
    await rig.clock.advance(12_000)
    t.is([...rig.controller().rules.values()][0]?.effect, verdict, `${sampler} ${fallen}`)
  }
})

test('manual: nothing happens before the approval, and then at once', async t => {
  const rig = await makeRig({
    ...ONE_LEAF,
    policies: [{ name: 'drop', action: 'drop', mode: 'manual' }],
  })
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(5_000)
  t.deepEqual(rig.box('leaf1').lines, [])
  const [waiting] = [...rig.controller().rules.values()]
  t.is(waiting?.phase, 'pending')
  t.is(await rig.controller().approve(waiting?.name ?? '', 'ann'), 'done')
  await rig.clock.advance(10)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
  t.is([...rig.controller().rules.values()][0]?.approvedBy, 'ann')
})

test('a rejected rule goes, and is not asked again within the hour', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(100)
  const [rule] = [...rig.controller().rules.values()]
  t.is(await rig.controller().reject(rule?.id ?? '', 'ann'), 'done')
  await rig.clock.advance(5 * 60_000)
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(5_000)
  t.deepEqual(rig.box('leaf1').lines, [])
  t.is(rig.counted.get('refusal drop rejected'), 1)
})

test('the kill switch takes every rule away, survives a restart, and lets them back', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(100)
  await rig.controller().setKillSwitch('withdraw', 'ann')
  await rig.clock.advance(100)
  t.deepEqual(rig.box('leaf1').lines, [])
  await rig.killAndRestart()
  await rig.clock.advance(5_000)
  t.deepEqual(rig.box('leaf1').lines, [])
  await rig.controller().setKillSwitch('off', 'ann')
  await rig.clock.advance(100)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
})

test('the kill switch in position freeze lets nothing new in and leaves what is there', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(100)
  await rig.controller().setKillSwitch('freeze', 'ann')
  await rig.controller().takeWebhook(webhook(attack({ labels: { ipdestination: '10.10.100.11' } })))
  await rig.clock.advance(1_000)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
})

test('observe: the rule is listed and never sent', async t => {
  const rig = await makeRig({
    ...ONE_LEAF,
    policies: [{ name: 'drop', action: 'drop', mode: 'observe' }],
  })
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(5_000)
  t.is(rig.box('leaf1').puts, 0)
  t.is([...rig.controller().rules.values()][0]?.phase, 'observed')
})

test('canary: the second agent gets the rule when the first has held it long enough', async t => {
  const agents = ['leaf1', 'leaf2'].map(name => ({ ...ONE_LEAF.agents[0], name }))
  const policies = [{ name: 'drop', action: 'drop', mode: 'automatic', canary: '30s' }]
  const rig = await makeRig({ agents, policies })
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(20_000)
  t.deepEqual([rig.box('leaf1').lines.length, rig.box('leaf2').lines.length], [1, 0])
  await rig.clock.advance(12_000)
  t.deepEqual([rig.box('leaf1').lines.length, rig.box('leaf2').lines.length], [1, 1])
})

test('left-out alerts make the controller ask Alertmanager; what it does not list has ended', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook({ ...webhook(ALERT), truncatedAlerts: 3 })
  t.is(rig.syncs.wanted, 1)
  await rig.clock.advance(1_000)
  rig.controller().takeActiveAlerts([], rig.clock.now(), 'alertmanager')
  await rig.clock.advance(61_000)
  t.deepEqual(rig.box('leaf1').lines, [])
})

test('an alert that came in while Alertmanager was being asked is not ended by the old answer', async t => {
  const rig = await makeRig()
  rig.start()
  const askedMs = rig.clock.now()
  await rig.clock.advance(5)
  await rig.controller().takeWebhook(webhook(ALERT))
  rig.controller().takeActiveAlerts([], askedMs, 'alertmanager')
  await rig.clock.advance(120_000)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
})

test('an agent that is taken out of the configuration is emptied, its operator’s rules stay', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(ALERT))
  await rig.clock.advance(100)
  const { controllerSettings } = await import('../../../src/config/controller-settings.ts')
  const { controllerSchema } = await import('../../../src/config/controller.ts')
  rig
    .controller()
    .reconfigure(controllerSettings(controllerSchema.parse({ ...ONE_LEAF, agents: [] })))
  await rig.clock.advance(1_000)
  t.deepEqual([...rig.box('leaf1').rules.keys()], ['operator'])
})

test('a refusal tells who asked, with which numbers, and for what', async t => {
  const rig = await makeRig({ ...ONE_LEAF, protected: ['10.10.100.0/24'] })
  rig.start()
  await rig
    .controller()
    .takeWebhook(webhook(attack({ fingerprint: 'a', labels: { x: 'y'.repeat(500) } })))
  const line = rig.audit.find(({ event }) => event === 'refused')
  t.like(line, {
    reason: 'protected',
    why: { alert: 'UdpReflection', fingerprint: 'a', value: 2_000_000, lower: 1_500_000 },
    labels: { ipdestination: '10.10.100.10', udpsourceport: '53', x: 'y'.repeat(128) },
  })
})
