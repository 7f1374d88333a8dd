/**
 * What is told of the device is what it has shown. A removal is over when the rule is gone from it, not because
 * another commit ended meanwhile, and not because somebody asks a second time.
 */
import test from 'ava'
import type { Operation } from '../../../src/acl/agent/operations.ts'
import type { Result } from '../../../src/acl/rule/refusal.ts'
import { dropLines, FakeBackend, settle, startAgent } from './support.ts'

const BROKEN = { ok: false, kind: 'unavailable', message: 'the tool hangs' } as const

/** A device whose commits end when the test says so. */
class SlowBackend extends FakeBackend {
  readonly #waiting: (() => void)[] = []
  isSlow = false

  override async apply() {
    if (this.isSlow) await new Promise<void>(resolve => this.#waiting.push(resolve))
    return super.apply()
  }

  async endCommit(): Promise<void> {
    this.#waiting.shift()?.()
    await settle()
  }
}

function operationOf(result: Result<Operation | undefined>): Operation {
  if (!result.ok || result.value === undefined) throw new Error('an operation was expected')
  return result.value
}

for (const content of ['new', 'changed'] as const) {
  test(`${content} content that is removed while its commit runs is gone after the next one`, async t => {
    const backend = new SlowBackend()
    const { agent, clock } = await startAgent({ backend })
    if (content === 'changed') {
      await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
      await clock.advance(1_000)
    }
    backend.isSlow = true
    await agent.put({ name: 'r1', lines: dropLines('10.0.0.2') }, 'me')
    await clock.advance(200)
    const { id } = operationOf(await agent.remove('r1', 'me'))
    await backend.endCommit()
    t.is(backend.installed.length, 1, 'the device has it now')
    t.is(agent.operations.get(id)?.state, 'pending')
    t.deepEqual(agent.leavingNames(), ['r1'])
    await clock.advance(200)
    await backend.endCommit()
    t.is(backend.installed.length, 0)
    t.is(agent.operations.get(id)?.state, 'committed')
    t.deepEqual(agent.leavingNames(), [])
  })
}

test('whoever removes a second time waits for the same end, whether it was asked for or the time was over', async t => {
  const backend = new SlowBackend()
  const { agent, clock } = await startAgent({ backend })
  await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await agent.put({ name: 'r2', lines: dropLines('10.0.0.2'), ttlSeconds: 2 }, 'me')
  await clock.advance(1_000)
  backend.isSlow = true
  await clock.advance(1_500)
  const expiring = operationOf(await agent.remove('r2', 'me'))
  t.is(expiring.kind, 'expire')
  const first = operationOf(await agent.remove('r1', 'me'))
  t.is(operationOf(await agent.remove('r1', 'me')).id, first.id)
  const all = await agent.removeAll('me')
  t.true(all.ok)
  const ids = all.ok ? all.value.map(({ id }) => id) : []
  t.deepEqual(ids.sort(), [expiring.id, first.id].sort())
  backend.isSlow = false
  await backend.endCommit()
  await clock.advance(1_000)
  t.deepEqual(backend.installed, [])
  for (const { id } of [expiring, first]) t.is(agent.operations.get(id)?.state, 'committed')
  t.deepEqual(await agent.remove('r1', 'me'), { ok: true, value: undefined })
})

test('a removal that the device does not take stays pending until it does', async t => {
  const { agent, clock, backend } = await startAgent()
  await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await clock.advance(1_000)
  backend.answers.push(BROKEN, BROKEN)
  const { id } = operationOf(await agent.remove('r1', 'me'))
  await clock.advance(500)
  t.is(backend.installed.length, 1)
  t.is(operationOf(await agent.remove('r1', 'me')).id, id)
  t.deepEqual(agent.leavingNames(), ['r1'])
  await clock.advance(2_000)
  t.deepEqual(backend.installed, [])
  t.is(agent.operations.get(id)?.state, 'committed')
})

test('a rule that comes back while it leaves is committed again, and nothing is left behind', async t => {
  const backend = new SlowBackend()
  const { agent, clock } = await startAgent({ backend })
  await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await clock.advance(1_000)
  backend.isSlow = true
  await agent.remove('r1', 'me')
  await clock.advance(200)
  const put = await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  if (!put.ok) throw new Error(put.refusal.message)
  await backend.endCommit()
  t.is(backend.installed.length, 0)
  t.is(agent.operations.get(put.value.operation.id)?.state, 'pending')
  await clock.advance(200)
  await backend.endCommit()
  t.is(backend.installed.length, 1)
  t.is(agent.operations.get(put.value.operation.id)?.state, 'committed')
})

test('what was asked for during a commit is not told as failed by the end of that commit', async t => {
  const backend = new SlowBackend()
  const { agent, clock } = await startAgent({ backend })
  backend.isSlow = true
  const bad = await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  if (!bad.ok) throw new Error(bad.refusal.message)
  backend.bad.add(bad.value.entry.key)
  await clock.advance(200)
  const good = await agent.put({ name: 'r1', lines: dropLines('10.0.0.2') }, 'me')
  if (!good.ok) throw new Error(good.refusal.message)
  backend.isSlow = false
  await backend.endCommit()
  t.is(agent.operations.get(good.value.operation.id)?.state, 'pending')
  await clock.advance(1_000)
  t.is(agent.operations.get(good.value.operation.id)?.state, 'committed')
  t.is(agent.get('r1')?.key, good.value.entry.key)
})

test('before the first good commit nobody is told that a rule is gone', async t => {
  const backend = new FakeBackend()
  backend.answers.push(BROKEN, BROKEN)
  const { agent, clock } = await startAgent({ backend })
  t.false(agent.isSettled)
  const early = await agent.remove('r1', 'me')
  t.is(early.ok ? '' : early.refusal.reason, 'unsettled')
  await clock.advance(2_000)
  t.true(agent.isSettled)
  t.deepEqual(await agent.remove('r1', 'me'), { ok: true, value: undefined })
})

test('after a restart nothing is told as committed before the device has taken it', async t => {
  const killed = await startAgent()
  await killed.agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  await killed.clock.advance(1_000)
  const backend = new FakeBackend()
  backend.answers.push(BROKEN, BROKEN)
  const { agent, clock } = await startAgent({ store: killed.store, backend })
  const again = await agent.put({ name: 'r1', lines: dropLines('10.0.0.1') }, 'me')
  if (!again.ok) throw new Error(again.refusal.message)
  t.is(again.value.operation.state, 'pending')
  t.false(agent.isCommitted(again.value.entry))
  await clock.advance(2_000)
  t.is(agent.operations.get(again.value.operation.id)?.state, 'committed')
  t.true(agent.isCommitted(again.value.entry))
})
