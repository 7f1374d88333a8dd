/** The store and the audit trail on a real disk. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { FileAudit } from '../../../src/acl/agent/audit.ts'
import { FileStore, type StoredState } from '../../../src/acl/agent/store.ts'

function folderFor(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'acl-store-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const state = (revision: number): StoredState => ({ version: 1, revision, savedAtMs: 1, slots: [] })

test('what is saved is loaded; nothing is nothing', async t => {
  const folder = folderFor(t)
  const store = new FileStore(join(folder, 'deep', 'down'), () => t.fail())
  t.is(await store.load(), undefined)
  await store.save(() => state(7))
  t.deepEqual(await store.load(), state(7))
})

test('saves that are asked for during one share the next, which has the latest state', async t => {
  const store = new FileStore(folderFor(t), () => t.fail())
  await store.load()
  let revision = 0
  let snapshots = 0
  const save = () => {
    revision += 1
    return store.save(() => {
      snapshots += 1
      return state(revision)
    })
  }
  await Promise.all(Array.from({ length: 50 }, save))
  t.is(snapshots, 2)
  t.is((await store.load())?.revision, 50)
})

test('a save that fails rejects, and the next one is tried', async t => {
  const folder = folderFor(t)
  const store = new FileStore(join(folder, 'gone'), () => t.fail())
  await t.throwsAsync(
    store.save(() => state(1)),
    { code: 'ENOENT' },
  )
  await store.load()
  await store.save(() => state(2))
  t.is((await store.load())?.revision, 2)
})

for (const text of [
  '',
  '{',
  'null',
  '[]',
  '{"version":2,"revision":1,"slots":[]}',
  '{"version":1,"slots":{}}',
]) {
  test(`a file that says ${text || 'nothing'} is set aside`, async t => {
    const folder = folderFor(t)
    writeFileSync(join(folder, 'rules.json'), text)
    const told: string[] = []
    const store = new FileStore(folder, error => told.push(error.message))
    t.is(await store.load(), undefined)
    t.is(told.length, 1)
    t.is(readFileSync(join(folder, 'rules.json.unreadable'), 'utf8'), text)
  })
}

test('a temporary file of a save that was cut off is cleared away', async t => {
  const folder = folderFor(t)
  const store = new FileStore(folder, () => t.fail())
  await store.save(() => state(1))
  writeFileSync(join(folder, 'rules.json.tmp'), '{"version":1,"rev')
  t.is((await store.load())?.revision, 1)
  t.deepEqual(readdirSync(folder), ['rules.json'])
})

test('audit lines are whole, in order, and take at most twice their largest size', t => {
  const folder = folderFor(t)
  const path = join(folder, 'deep', 'audit.jsonl')
  const audit = new FileAudit(
    path,
    1_000,
    () => 0,
    error => t.fail(error.message),
  )
  for (let n = 0; n < 100; n++) audit.write({ event: 'put', name: `r${n}`, who: 'me' })
  audit.close()
  const files = [readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')]
  for (const text of files) t.true(text.length <= 1_000)
  const lines = files
    .join('')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.like(lines.at(-1), { time: '1970-01-01T00:00:00.000Z', event: 'put', name: 'r99', who: 'me' })
  t.is(lines.length, Number(lines.at(-1).name.slice(1)) - Number(lines[0].name.slice(1)) + 1)
})

test('an audit trail that cannot be written is told, and throws nothing', t => {
  const file = join(folderFor(t), 'file')
  writeFileSync(file, '')
  const told: Error[] = []
  const audit = new FileAudit(
    join(file, 'audit.jsonl'),
    1_000,
    () => 0,
    error => told.push(error),
  )
  audit.write({ event: 'put', who: 'me' })
  t.is(told.length, 1)
})
