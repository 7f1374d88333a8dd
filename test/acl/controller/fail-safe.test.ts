/** Where the controller does not know, it does less: damage on disk, a policy that only watches, hits of nobody knows what. */
import test from 'ava'
import { controllerSchema } from '../../../src/config/controller.ts'
import { controllerSettings } from '../../../src/config/controller-settings.ts'
import { attack, makeRig, ONE_LEAF, webhook } from './support/rig.ts'

const JOURNAL = '/state/journal.jsonl'
const DROP = { name: 'drop', action: 'drop', mode: 'automatic' }

test('a damaged state freezes: what is there stays, nothing new comes, until somebody says so', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(attack({ fingerprint: 'a' })))
  await rig.clock.advance(1_000)
  const bytes = rig.files().files.get(JOURNAL)
  if (bytes === undefined) throw new Error('no journal')
  // The last line but one: an alert or a switch that was, who knows.
  const lines = bytes.toString().split('\n')
  lines[lines.length - 3] = `0${lines[lines.length - 3]}`
  rig.files().files.set(JOURNAL, Buffer.from(lines.join('\n')))
  await rig.killAndRestart()
  t.is(rig.controller().killSwitch, 'freeze')
  const other = attack({ fingerprint: 'b', labels: { ipdestination: '10.10.100.99' } })
  await rig.controller().takeWebhook(webhook(other))
  await rig.clock.advance(5_000)
  t.is(rig.box('leaf1').lines.filter(line => line.includes('10.10.100.99')).length, 0)
  await rig.killAndRestart()
  t.is(rig.controller().killSwitch, 'freeze', 'not forgotten by the next restart')
  await rig.controller().setKillSwitch('off', 'somebody')
  await rig.clock.advance(5_000)
  t.is(rig.box('leaf1').lines.filter(line => line.includes('10.10.100.99')).length, 1)
})

test('a policy that is set to observe takes its rules off', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(attack({ fingerprint: 'a' })))
  await rig.clock.advance(1_000)
  t.is(rig.box('leaf1').lines.length, 1)
  const settings = { ...ONE_LEAF, policies: [{ ...DROP, mode: 'observe' }] }
  await rig.killAndRestart({ settings })
  await rig.clock.advance(5_000)
  t.is(rig.box('leaf1').lines.length, 0)
  t.is([...rig.controller().rules.values()][0]?.phase, 'observed')
  t.true(rig.audit.some(line => line.event === 'observed'))
})

test('hits alone keep a rule for so long; an attack that goes on has it back', async t => {
  const settings = {
    ...ONE_LEAF,
    policies: [{ ...DROP, probe: '5m', hold: '10s', cool_down: '1h' }],
    alerts: { silence_max: '1d' },
    requests: { reconcile: '5s' },
  }
  const rig = await makeRig(settings)
  const box = rig.box('leaf1')
  rig.start()
  await rig.controller().takeWebhook(webhook(attack({ fingerprint: 'a' })))
  await rig.clock.advance(1_000)
  const [name = ''] = [...box.rules.keys()].filter(one => one !== 'operator')
  await rig.controller().takeWebhook(webhook(attack({ fingerprint: 'a', status: 'resolved' })))
  const hitFor = async (seconds: number) => {
    for (let at = 0; at < seconds; at += 10) {
      const { packets = 0, bytes = 0 } = box.hits.get(name) ?? {}
      if (box.rules.has(name)) box.hits.set(name, { packets: packets + 100, bytes: bytes + 1e6 })
      await rig.clock.advance(10_000)
    }
  }
  await hitFor(280)
  t.is(box.lines.length, 1)
  await hitFor(60)
  t.is(box.lines.length, 0)
  t.is(rig.audit.find(line => line.event === 'ended')?.endReason, 'probe')
  const again = attack({ fingerprint: 'a', startsAt: '2026-01-02T04:04:04.500Z' })
  await rig.controller().takeWebhook(webhook(again))
  await rig.clock.advance(1_000)
  t.is(box.lines.length, 1, 'no cool-down after a probe')
})

for (const [what, changed, reason] of [
  ['its policy', { ...ONE_LEAF, policies: [ONE_LEAF.policies[0]] }, 'policy_removed'],
  ['its ACL agent', { ...ONE_LEAF, agents: [] }, 'agent_removed'],
  [
    'what it may aim at',
    { ...ONE_LEAF, policies: [DROP], protected: ['10.10.100.0/24'] },
    'protected',
  ],
] as const) {
  test(`a reload that takes away ${what} takes the rule off`, async t => {
    const rig = await makeRig()
    rig.start()
    await rig.controller().takeWebhook(webhook(attack({ fingerprint: 'a' })))
    await rig.clock.advance(1_000)
    t.is(rig.box('leaf1').lines.length, 1)
    rig.controller().reconfigure(controllerSettings(controllerSchema.parse(changed)))
    await rig.clock.advance(2_000)
    t.deepEqual([...rig.box('leaf1').rules.keys()], ['operator'])
    t.is([...rig.controller().rules.values()][0]?.endReason, reason)
  })
}

test('a reload that gives rules other names leaves none under the old ones', async t => {
  const rig = await makeRig({ ...ONE_LEAF, policies: [{ ...DROP, hold: '1m' }] })
  rig.start()
  await rig.controller().takeWebhook(webhook(attack({ fingerprint: 'a' })))
  await rig.clock.advance(1_000)
  const renamed = { ...ONE_LEAF, name_prefix: 'other', policies: [{ ...DROP, hold: '1m' }] }
  rig.controller().reconfigure(controllerSettings(controllerSchema.parse(renamed)))
  await rig.clock.advance(90_000)
  const names = [...rig.box('leaf1').rules.keys()].filter(name => name !== 'operator')
  t.is(names.length, 1)
  t.regex(names[0] ?? '', /^other/)
})
