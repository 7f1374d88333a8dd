/** One commit: everything, or everything but what is at fault, and never less than was there. */
import test from 'ava'
import { commit } from '../../../src/acl/agent/commit.ts'
import type { ApplyResult, NamedRules } from '../../../src/acl/backends/backend.ts'
import { FakeBackend } from './support.ts'

const named = (...names: readonly string[]): readonly NamedRules[] =>
  names.map(name => ({ name, key: `${name}:1`, comment: '', rules: [] }))
const names = (installed: readonly NamedRules[]) => installed.map(item => item.name).sort()
const NUMBERS = Array.from({ length: 32 }, (_, index) => `n${String(index).padStart(2, '0')}`)

test('what is taken whole is applied once', async t => {
  const backend = new FakeBackend()
  const outcome = await commit(backend, { base: named('a'), changes: named('b', 'c') })
  t.is(outcome.state, 'clean')
  t.is(outcome.applies, 1)
  t.deepEqual(names(outcome.installed), ['a', 'b', 'c'])
})

for (const tellsCulprit of [false, true]) {
  const how = tellsCulprit ? 'named by the device' : 'found by halving'
  test(`one bad rule among 32 is ${how}, and the others land`, async t => {
    const backend = new FakeBackend()
    backend.bad.add('n17')
    backend.tellsCulprit = tellsCulprit
    const outcome = await commit(backend, { base: named('a'), changes: named(...NUMBERS) })
    t.deepEqual([...outcome.failed.keys()], ['n17'])
    t.is(outcome.installed.length, 32)
    t.true(backend.installed.includes('a:1') && !backend.installed.includes('n17:1'))
    t.true(outcome.applies <= (tellsCulprit ? 5 : 14), `${outcome.applies} applies`)
  })
}

test('every bad rule of many is found', async t => {
  const backend = new FakeBackend()
  for (const name of ['n00', 'n13', 'n14', 'n31']) backend.bad.add(name)
  const outcome = await commit(backend, { base: [], changes: named(...NUMBERS) })
  t.deepEqual([...outcome.failed.keys()].sort(), ['n00', 'n13', 'n14', 'n31'])
  t.is(outcome.installed.length, 28)
  t.is(backend.installed.length, 28)
})

test('a bad change of a good rule leaves the good one', async t => {
  const backend = new FakeBackend()
  const bad: NamedRules = { name: 'a', key: 'a:2', comment: '', rules: [] }
  backend.answers.push(rejected)
  const outcome = await commit(backend, { base: named('a', 'b'), changes: [bad] })
  t.deepEqual([...outcome.failed.keys()], ['a'])
  t.deepEqual(backend.installed, ['a:1', 'b:1'])
})

test('after an end without an answer the whole is tried once more', async t => {
  const backend = new FakeBackend()
  backend.answers.push(timeout)
  const outcome = await commit(backend, { base: named('a'), changes: named('b') })
  t.is(outcome.state, 'clean')
  t.deepEqual(backend.applied, [['a', 'b'], ['a'], ['a', 'b']])
})

test('if not even the good part can be put back, the device is degraded', async t => {
  const backend = new FakeBackend()
  backend.answers.push(rejected, timeout)
  const outcome = await commit(backend, { base: named('a'), changes: named('b') })
  t.is(outcome.state, 'degraded')
  t.is(outcome.message, 'hangs')
  t.is(outcome.failed.size, 0)
})

const rejected: ApplyResult = { ok: false, kind: 'rejected', message: 'no' }
const timeout: ApplyResult = { ok: false, kind: 'timeout', message: 'hangs' }
