/** What is stored and what comes back: full disks, files that were changed, clocks that were set. */
import test from 'ava'
import { dropLines, startAgent, TestClock } from './support.ts'

test('a full disk refuses the put, and takes back what was not stored', async t => {
  const { agent, clock, store, backend, seen } = await startAgent()
  store.failing = true
  const put = await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  t.is(put.ok ? '' : put.refusal.reason, 'storage')
  await clock.advance(1_000)
  t.is(agent.get('r1'), undefined)
  t.deepEqual(backend.installed, [])
  t.true(seen.includes('write failed store'))
})

test('a full disk keeps no rule: deletes and ends of lives reach the device', async t => {
  const { agent, clock, store, backend } = await startAgent()
  await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await agent.put({ name: 'r2', lines: dropLines('10.0.0.2'), ttlSeconds: 5 }, 'me')
  await clock.advance(1_000)
  store.failing = true
  await agent.remove('r1', 'me')
  await clock.advance(5_000)
  t.deepEqual(backend.installed, [])
})

test('a removal that could not be stored is told so, again and again, until it is', async t => {
  const { agent, clock, store, audit } = await startAgent()
  await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await clock.advance(1_000)
  store.failing = true
  const reasonOf = (result: Awaited<ReturnType<typeof agent.remove>>) =>
    result.ok ? 'ok' : result.refusal.reason
  t.is(reasonOf(await agent.remove('r1', 'me')), 'storage')
  await clock.advance(1_000)
  t.is(reasonOf(await agent.remove('r1', 'me')), 'storage')
  const all = await agent.removeAll('me')
  t.is(all.ok ? 'ok' : all.refusal.reason, 'storage')
  t.is(audit.filter(line => line.event === 'refused' && line.reason === 'storage').length, 3)
  store.failing = false
  t.is(reasonOf(await agent.remove('r1', 'me')), 'ok')
  const { backend } = await startAgent({ store })
  t.deepEqual(backend.installed, [])
})

test('a write that did not succeed is tried again without being asked', async t => {
  const { agent, clock, store } = await startAgent()
  await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await clock.advance(1_000)
  store.failing = true
  await agent.remove('r1', 'me')
  await clock.advance(10_000)
  t.is(store.state?.slots.length, 1)
  store.failing = false
  await clock.advance(5_000)
  t.is(store.state?.slots.length, 0)
})

test('within one boot a clock that is set back gives no rule more time', async t => {
  const clock = new TestClock()
  clock.boot = () => ({ id: 'b1', uptimeMs: clock.monotonic })
  const killed = await startAgent({ clock })
  await killed.agent.put({ name: 'r1', lines: dropLines('10.0.0.1'), ttlSeconds: 60 }, 'me')
  await clock.advance(1_000)
  clock.monotonic += 50_000
  clock.wall -= 86_400_000
  const { backend } = await startAgent({ ...killed })
  t.is(backend.installed.length, 1)
  await clock.advance(10_500)
  t.is(backend.installed.length, 0)
})

for (const [what, slot] of [
  ['nothing', null],
  ['an empty slot', {}],
  ['an entry that is none', { wanted: null }],
  ['an entry without a source', { wanted: { name: 'x' } }],
  ['text', 'x'],
] as const) {
  test(`a stored slot that is ${what} is left out, the others come back`, async t => {
    const killed = await startAgent()
    await killed.agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
    const slots = [slot, ...(killed.store.state?.slots ?? [])]
    Object.assign(killed.store.state ?? {}, { slots })
    const { agent, audit } = await startAgent({ store: killed.store })
    t.deepEqual(
      agent.entries().map(({ name }) => name),
      ['r1'],
    )
    t.is(audit.find(line => line.event === 'left')?.why, 'it is no stored entry')
  })
}
