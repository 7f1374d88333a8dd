import test from 'ava'
import { type Opened, Store, type StoreOptions } from '../../../src/acl/controller/store.ts'
import { MemoryFiles } from './support/memory-files.ts'

const JOURNAL = '/s/journal.jsonl'

function open(files: MemoryFiles, more: Partial<StoreOptions> = {}): Promise<Opened> {
  return Store.open({ folder: '/s', files, ...more })
}

function plain({ tables }: Opened) {
  return Object.fromEntries([...tables].map(([name, values]) => [name, Object.fromEntries(values)]))
}

test('what was written is there after a restart, what was forgotten is not', async t => {
  const files = new MemoryFiles()
  const { store } = await open(files)
  await store.write([
    ['alert', 'a', { x: 1 }],
    ['alert', 'b', 'text\nof two lines'],
    ['rule', 'r', []],
  ])
  await store.write([['alert', 'a', undefined]])
  t.deepEqual(plain(await open(files)), { alert: { b: 'text\nof two lines' }, rule: { r: [] } })
})

test('many writes at once share one sync', async t => {
  const files = new MemoryFiles()
  const { store } = await open(files)
  await Promise.all(Array.from({ length: 100 }, (_, i) => store.write([['t', `k${i}`, i]])))
  t.true(files.syncs <= 3, `${files.syncs} syncs`)
  t.is((await open(files)).tables.get('t')?.size, 100)
})

test('a journal cut at any byte gives the state of a whole line', async t => {
  const files = new MemoryFiles()
  const { store } = await open(files)
  for (let i = 0; i < 5; i++) await store.write([['t', 'k', i]])
  const whole = files.files.get(JOURNAL) as Buffer
  for (let length = 0; length <= whole.length; length++) {
    const cut = files.copy()
    cut.files.set(JOURNAL, Buffer.from(whole.subarray(0, length)))
    const opened = await open(cut)
    t.false(opened.isDamaged, 'a kill is no damage')
    const lines = whole.subarray(0, length).toString().split('\n').length - 1
    const value = lines === 0 ? undefined : lines - 1
    t.is(opened.tables.get('t')?.get('k'), value, `at ${length}`)
    await opened.store.write([['t', 'after', 1]])
    const again = await open(cut)
    t.is(again.tables.get('t')?.get('after'), 1, `written after a cut at ${length}`)
    t.is(again.tables.get('t')?.get('k'), value)
  }
})

test('a byte turned over costs its line and no other', async t => {
  const files = new MemoryFiles()
  const { store } = await open(files)
  for (let i = 0; i < 3; i++) await store.write([['t', `k${i}`, i]])
  const bytes = files.files.get(JOURNAL) as Buffer
  bytes[bytes.indexOf('"k1"') + 1]! ^= 1
  const opened = await open(files)
  t.is(opened.linesLeftOut, 1)
  t.true(opened.isDamaged)
  t.deepEqual(plain(opened), { t: { k0: 0, k2: 2 } })
})

test('a full disk rejects, loses nothing that was there, and catches up with room again', async t => {
  const files = new MemoryFiles()
  const { store } = await open(files)
  await store.write([['t', 'a', 1]])
  for (const room of [0, 1, 20, 40]) {
    files.roomBytes = room
    await t.throwsAsync(store.write([['t', 'b', 'x'.repeat(100)]]), { message: /ENOSPC/ })
    t.deepEqual(plain(await open(files.copy())), { t: { a: 1 } })
  }
  files.roomBytes = undefined
  await store.write([['t', 'c', 3]])
  t.deepEqual(plain(await open(files)), { t: { a: 1, b: 'x'.repeat(100), c: 3 } })
})

test('an empty write brings what is missing to the disk', async t => {
  const files = new MemoryFiles()
  const { store } = await open(files)
  files.roomBytes = 0
  await t.throwsAsync(store.write([['t', 'a', 1]]))
  await t.throwsAsync(store.write([]))
  files.roomBytes = undefined
  await store.write([])
  t.deepEqual(plain(await open(files)), { t: { a: 1 } })
})

test('a long journal is folded into a snapshot, and both stay bounded', async t => {
  const files = new MemoryFiles()
  const { store } = await open(files, { journalBytesMax: 1_000 })
  for (let i = 0; i < 500; i++) await store.write([['t', `k${i % 5}`, i]])
  t.true((files.files.get(JOURNAL) as Buffer).length < 1_200)
  t.true((files.files.get('/s/state.jsonl') as Buffer).length < 1_000)
  t.deepEqual(plain(await open(files)), { t: { k0: 495, k1: 496, k2: 497, k3: 498, k4: 499 } })
})

test('a kill between snapshot and journal: the old journal counts no more', async t => {
  const files = new MemoryFiles()
  const { store } = await open(files, { journalBytesMax: 100 })
  await store.write([['t', 'gone', 'x'.repeat(200)]])
  const oldJournal = Buffer.from(files.files.get(JOURNAL) as Buffer)
  await store.write([
    ['t', 'gone', undefined],
    ['t', 'kept', 1],
  ])
  files.files.set(JOURNAL, oldJournal)
  const opened = await open(files)
  t.deepEqual(plain(opened), { t: { kept: 1 } })
  await opened.store.write([['t', 'new', 2]])
  t.deepEqual(plain(await open(files)), { t: { kept: 1, new: 2 } })
})

test('a snapshot that does not fit leaves the journal to grow, up to twice its size', async t => {
  const files = new MemoryFiles()
  const { store } = await open(files, { journalBytesMax: 500 })
  await store.write([['t', 'a', 'x'.repeat(600)]])
  files.roomBytes = 300
  await store.write([['t', 'b', 1]])
  t.deepEqual(Object.keys(plain(await open(files.copy())).t ?? {}), ['a', 'b'])
})
