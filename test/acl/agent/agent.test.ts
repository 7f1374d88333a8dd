/** The agent over a device that does as it is told: lives, batches, conditions, limits, failures. */
import test from 'ava'
import { type Prefix, parsePrefix } from '../../../src/acl/rule/prefix.ts'
import { SAFETY_DEFAULT } from '../../../src/acl/rule/safety.ts'
import { dropLines, LIMITS, startAgent, TIMING } from './support.ts'

const intent = (destination: string, extra: object = {}) => ({
  action: { type: 'drop' },
  match: { family: 'ipv4', destination },
  owner: 'controller',
  policy: 'ddos',
  ...extra,
})

test('a put is pending, then committed, and on the device', async t => {
  const { agent, clock, backend, seen } = await startAgent()
  const put = await agent.put({ name: 'ddos1', lines: dropLines('10.0.0.1') }, 'me')
  t.true(put.ok)
  if (!put.ok) return
  t.is(put.value.operation.state, 'pending')
  t.false(agent.isCommitted(put.value.entry))
  await clock.advance(200)
  t.is(agent.operations.get(put.value.operation.id)?.state, 'committed')
  t.true(agent.isCommitted(put.value.entry))
  t.is(backend.installed.length, 1)
  t.true(seen.includes('put committed'))
})

test('a burst of changes is one commit', async t => {
  const { agent, clock, backend } = await startAgent()
  for (const n of [1, 2, 3, 4]) {
    await agent.put({ name: `r${n}`, lines: dropLines(`10.0.0.${n}`) }, 'me')
  }
  await clock.advance(200)
  t.is(backend.applied.length, 2)
  t.is(backend.installed.length, 4)
})

test('the same content again commits nothing and renews the life', async t => {
  const { agent, clock, backend } = await startAgent()
  const request = { name: 'r1', intent: intent('10.0.0.1', { ttlSeconds: 60, reason: '5 Mbit/s' }) }
  await agent.put(request, 'me')
  await clock.advance(50_000)
  const applies = backend.applied.length
  const other = { name: 'r1', intent: intent('10.0.0.1', { ttlSeconds: 60, reason: '7 Mbit/s' }) }
  const again = await agent.put(other, 'me')
  t.true(again.ok && !again.value.changed && again.value.operation.state === 'committed')
  await clock.advance(50_000)
  t.is(backend.applied.length, applies)
  t.is(agent.get('r1')?.reason, '7 Mbit/s')
  await clock.advance(11_000)
  t.is(agent.get('r1'), undefined)
  t.deepEqual(backend.installed, [])
})

test('a device that could not be asked after a commit is given everything again, once it can be', async t => {
  const timing = { ...TIMING, driftMs: 10_000 }
  const { agent, clock, backend, seen } = await startAgent({}, { timing })
  const readBack = backend.readBack.bind(backend)
  backend.readBack = () => Promise.reject(new Error('no answer'))
  await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await clock.advance(25_000)
  t.true(seen.includes('read back failed'))
  const applied = backend.applied.length
  backend.installed = []
  backend.readBack = readBack
  await clock.advance(20_000)
  t.is(backend.installed.length, 1)
  t.is(backend.applied.length, applied + 1)
})

test('a rule ends at its time though nobody says so, and is taken off the device', async t => {
  const { agent, clock, backend, audit } = await startAgent()
  await agent.put({ name: 'r1', lines: dropLines('10.0.0.1'), ttlSeconds: 5 }, 'me')
  await clock.advance(4_999)
  t.is(backend.installed.length, 1)
  await clock.advance(300)
  t.is(backend.installed.length, 0)
  t.true(audit.some(line => line.event === 'expire' && line.name === 'r1'))
})

for (const jumpMs of [-86_400_000, 86_400_000]) {
  test(`a wall clock that jumps by ${jumpMs / 3_600_000} h changes no life`, async t => {
    const { agent, clock, backend } = await startAgent()
    await agent.put({ name: 'r1', lines: dropLines('10.0.0.1'), ttlSeconds: 5 }, 'me')
    clock.wall += jumpMs
    await clock.advance(4_900)
    t.is(backend.installed.length, 1)
    await clock.advance(400)
    t.is(backend.installed.length, 0)
  })
}

test('after a kill, rules live for what was left of their time, and are committed again', async t => {
  const killed = await startAgent()
  await killed.agent.put({ name: 'r1', lines: dropLines('10.0.0.1'), ttlSeconds: 5 }, 'me')
  await killed.agent.put({ name: 'r2', lines: dropLines('10.0.0.2'), ttlSeconds: 60 }, 'me')
  await killed.clock.advance(1_000)
  killed.clock.wall += 10_000
  killed.backend.installed = ['foreign:1']
  const { agent, clock, backend } = await startAgent({ ...killed })
  t.deepEqual(
    agent.entries().map(entry => entry.name),
    ['r2'],
  )
  t.is(backend.installed.length, 1)
  await clock.advance(48_000)
  t.is(backend.installed.length, 1)
  await clock.advance(2_000)
  t.is(backend.installed.length, 0)
})

test('after a kill and a clock set back, no rule lives longer than it had left', async t => {
  const killed = await startAgent()
  await killed.agent.put({ name: 'r1', lines: dropLines('10.0.0.1'), ttlSeconds: 5 }, 'me')
  killed.clock.wall -= 86_400_000
  const { clock, backend } = await startAgent({ ...killed })
  t.is(backend.installed.length, 1)
  await clock.advance(5_300)
  t.is(backend.installed.length, 0)
})

test('a kill between store and device loses nothing: the change is committed at the next start', async t => {
  const killed = await startAgent()
  await killed.agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  t.is(killed.backend.installed.length, 0)
  const { backend } = await startAgent({ store: killed.store })
  t.is(backend.installed.length, 1)
})

test('a rule that the device does not take fails alone; its name keeps what it had', async t => {
  const { agent, clock, backend } = await startAgent()
  await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await clock.advance(1_000)
  const before = agent.get('r1')
  const put = async (name: string, n: number) => {
    const result = await agent.put({ name, lines: dropLines(`10.0.0.${n}`) }, 'me')
    if (!result.ok) throw new Error(result.refusal.message)
    return result.value
  }
  const changed = await put('r1', 9)
  const bad = await put('r2', 2)
  const good = await put('r3', 3)
  backend.bad.add(changed.entry.key).add('r2')
  await clock.advance(1_000)
  const states = [changed, bad, good].map(
    ({ operation }) => agent.operations.get(operation.id)?.state,
  )
  t.deepEqual(states, ['failed', 'failed', 'committed'])
  t.is(agent.get('r1')?.key, before?.key)
  t.is(agent.get('r2'), undefined)
  t.deepEqual(backend.installed, [before?.key, good.entry.key].sort())
})

test('degraded, recovered and drift are lines of the audit trail', async t => {
  const { agent, clock, backend, audit } = await startAgent(
    {},
    { timing: { ...TIMING, driftMs: 10_000 } },
  )
  const no = { ok: false, kind: 'unavailable', message: 'no switch' } as const
  backend.answers.push(no, no)
  await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await clock.advance(5_000)
  backend.installed = []
  await clock.advance(20_000)
  const events = audit.map(line => line.event)
  t.deepEqual(
    events.filter(event => ['degraded', 'recovered', 'drift'].includes(event)),
    ['degraded', 'recovered', 'drift'],
  )
})

test('while the device takes nothing it is degraded, and tried again until it does', async t => {
  const { agent, clock, backend } = await startAgent()
  const down = { ok: false, kind: 'timeout', message: 'it hangs' } as const
  backend.answers.push(down, down, down, down)
  const put = await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await clock.advance(500)
  t.is(agent.device.degradedMessage, 'it hangs')
  t.is(put.ok && agent.operations.get(put.value.operation.id)?.state, 'pending')
  await clock.advance(1_100)
  t.is(agent.device.degradedMessage, 'it hangs')
  await clock.advance(2_100)
  t.is(agent.device.degradedMessage, '')
  t.is(put.ok && agent.operations.get(put.value.operation.id)?.state, 'committed')
})

test('what somebody else changes on the device is put right', async t => {
  const timing = { ...TIMING, driftMs: 30_000 }
  const { agent, clock, backend, seen } = await startAgent({}, { timing })
  await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await clock.advance(1_000)
  const wanted = backend.installed
  backend.installed = []
  await clock.advance(31_000)
  t.deepEqual(backend.installed, wanted)
  t.is(seen.filter(event => event === 'drift').length, 1)
})

test('limits: rules with a share for operators, rules of a policy, changes in a minute, life', async t => {
  const { agent } = await startAgent({}, { limits: () => ({ ...LIMITS, changesPerMinuteMax: 9 }) })
  const reason = async (name: string, request: object, who = 'me') => {
    const result = await agent.put({ name, ...request }, who)
    return result.ok ? 'taken' : result.refusal.reason
  }
  for (const n of [1, 2, 3, 4])
    t.is(await reason(`p${n}`, { intent: intent(`10.0.0.${n}`) }), 'taken')
  t.is(await reason('p5', { intent: intent('10.0.0.5') }), 'policy_limit')
  for (const n of [5, 6, 7, 8])
    t.is(await reason(`l${n}`, { lines: dropLines(`10.0.0.${n}`) }), 'taken')
  t.is(await reason('l9', { lines: dropLines('10.0.0.9') }), 'rule_limit')
  t.is(await reason('o1', { lines: dropLines('10.0.0.9'), owner: 'operator' }), 'taken')
  t.is(await reason('o2', { lines: dropLines('10.0.0.10'), owner: 'operator' }), 'rate_limit')
  t.is(await reason('p1', { intent: intent('10.0.0.1', { ttlSeconds: 3_601 }) }), 'ttl')
})

test('conditions hold against what stands', async t => {
  const { agent } = await startAgent()
  const first = await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me', {
    ifNoneMatch: '*',
  })
  const etag = first.ok ? first.value.entry.etag : ''
  const put = (ifMatch: string, n: number) =>
    agent.put({ name: 'r1', lines: dropLines(`10.0.0.${n}`) }, 'me', { ifMatch })
  t.false((await put('"other"', 2)).ok)
  t.true((await put(`"other", ${etag}`, 2)).ok)
  t.false((await put(etag, 3)).ok)
  t.false((await agent.put({ name: 'r1', lines: [] }, 'me', { ifNoneMatch: '*' })).ok)
  t.false((await agent.remove('r1', 'me', { ifMatch: etag })).ok)
  t.true((await agent.remove('r1', 'me', { ifMatch: '*' })).ok)
})

test('a later change of a name supersedes the one that waits', async t => {
  const { agent, clock, backend } = await startAgent()
  const first = await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await agent.put({ name: 'r1', lines: dropLines('10.0.0.2') }, 'me')
  await agent.remove('r1', 'me')
  await clock.advance(500)
  t.is(first.ok && agent.operations.get(first.value.operation.id)?.state, 'superseded')
  t.deepEqual(backend.installed, [])
})

test('the audit trail says who asked for what, and what came of it', async t => {
  const { agent, clock, audit } = await startAgent()
  await agent.put(
    { name: 'r1', intent: intent('10.0.0.1', { reason: 'flood', cause: 'f00' }) },
    'token-7',
  )
  await agent.put({ name: 'r2', lines: ['-F'] }, 'token-7')
  await clock.advance(500)
  t.like(
    audit.find(line => line.event === 'put'),
    {
      ...{ name: 'r1', who: 'token-7', policy: 'ddos', reason: 'flood', cause: 'f00' },
      rendered: ['-A FORWARD -d 10.0.0.1 -j DROP'],
    },
  )
  t.like(
    audit.find(line => line.event === 'refused'),
    { name: 'r2', reason: 'option' },
  )
  t.like(
    audit.find(line => line.event === 'committed'),
    { name: 'r1', kind: 'put' },
  )
})

test('what becomes protected while its rule stands has it taken off', async t => {
  const safety = { ...SAFETY_DEFAULT, protectedPrefixes: [] as readonly Prefix[] }
  const { agent, clock, backend } = await startAgent({}, { safety: () => safety })
  for (const n of [1, 2]) {
    await agent.put({ name: `r${n}`, lines: dropLines(`10.0.${n}.1`) }, 'me')
  }
  await clock.advance(1_000)
  t.is(backend.installed.length, 2)
  const parsed = parsePrefix('10.0.1.0/24')
  safety.protectedPrefixes = parsed.ok ? [parsed.value] : []
  agent.review()
  await clock.advance(1_000)
  t.deepEqual(
    agent.entries().map(entry => entry.name),
    ['r2'],
  )
  t.is(backend.installed.length, 1)
})
