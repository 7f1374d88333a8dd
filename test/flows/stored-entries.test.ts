/** What an earlier run stored is judged by the rules of the API: bad entries are left out, no other. */
import test from 'ava'
import { parseGroup, parseMap } from '../../src/config/groups.ts'
import { describeThreshold, metricFault, parseThreshold } from '../../src/config/thresholds.ts'
import { parseTopology } from '../../src/config/topology.ts'
import { EventRing } from '../../src/flows/events.ts'
import { FlowBook } from '../../src/flows/flow-book.ts'
import { type FlowSettings, NO_SETTINGS } from '../../src/flows/settings.ts'
import type { Entries, Skipped } from '../../src/flows/settings-layers.ts'

const FILE: FlowSettings = { ...NO_SETTINGS, flows: { own: { name: 'own', keys: 'ipsource' } } }

function bookOf(stored: unknown, file = FILE) {
  const told: Skipped[] = []
  const written: Entries[] = []
  const book = new FlowBook(
    {
      host: { configure: async () => {}, activeFlows: async () => [], flowValue: async () => [] },
      parsers: {
        threshold: parseThreshold,
        metricFault,
        group: parseGroup,
        map: parseMap,
        topology: parseTopology,
      },
      describeThreshold,
      events: new EventRing(10),
      limits: { flows: 4, liveFlows: 1_000, thresholds: 4, groups: 4, maps: 4 },
      persist: async entries => void written.push(entries),
      onSkipped: one => told.push(one),
    },
    file,
    stored,
  )
  return { book, told, written }
}

const GOOD = {
  groups: { lab: ['10.0.0.0/8'] },
  flows: { ke_pt: { name: 'ke_pt', keys: 'group:ipsource:lab' } },
  thresholds: { busy: { flow: 'ke_pt', value: 5, byFlow: false } },
}

test('what is good is in force', t => {
  const { book, told } = bookOf(GOOD)
  t.deepEqual(told, [])
  t.deepEqual(Object.keys(book.settings.flows), ['own', 'ke_pt'])
  t.is(book.settings.thresholds.busy?.timeoutMs, 4_000)
})

const BAD: Readonly<Record<string, readonly [stored: object, told: readonly string[]]>> = {
  'a key that is none': [
    { flows: { bad: { name: 'bad', keys: 'ipsorce' } } },
    ['flows/bad: keys: no key is called ipsorce; did you mean ipsource?'],
  ],
  'a definition that is no object': [{ flows: { bad: 7 } }, ['flows/bad: : expected an object']],
  'metrics of the same name': [
    { flows: { 'ke-pt': { keys: 'ipsource' } } },
    ['flows/ke-pt: its metrics would be named as those of ke_pt'],
  ],
  'a threshold with a word too many': [
    { thresholds: { bad: { flow: 'ke_pt', value: 1, colour: 'red' } } },
    ['thresholds/bad: : Unrecognized key: "colour"'],
  ],
  'a group without an address': [
    { groups: { bad: ['nowhere'] } },
    ['groups/bad: bad.0: expected an address range such as 10.0.0.0/8 or 2001:db8::/32'],
  ],
  'a flow of a group that is bad, and the threshold on it': [
    {
      groups: { bad: [] },
      flows: { bad: { keys: 'group:ipsource:bad' } },
      thresholds: { bad: { flow: 'bad', value: 1 } },
    },
    [
      'groups/bad: bad: Too small: expected array to have >=1 items',
      'flows/bad: keys: no group is called bad',
      'thresholds/bad: there is no flow definition named bad',
    ],
  ],
  'a topology with a link to nowhere': [
    { topology: { topology: { links: { x: { node1: 'a', port1: 1, node2: 'b', port2: 1 } } } } },
    ['topology/topology: links.x.node1: there is no node a, and it is no agent address'],
  ],
  'a name that is none': [{ flows: { 'a b': { keys: 'ipsource' } } }, []],
  'a list instead of names': [{ maps: ['x'] }, []],
}

for (const [what, [stored, expected]] of Object.entries(BAD)) {
  test(`${what} is left out, and nothing else`, t => {
    const merged = Object.fromEntries(
      [...new Set([...Object.keys(GOOD), ...Object.keys(stored)])].map(kind => [
        kind,
        Array.isArray(Reflect.get(stored, kind))
          ? Reflect.get(stored, kind)
          : { ...Reflect.get(GOOD, kind), ...Reflect.get(stored, kind) },
      ]),
    )
    const { book, told } = bookOf(merged)
    t.deepEqual(
      told.map(({ kind, name, message }) => `${kind}/${name}: ${message}`),
      expected,
    )
    t.is(book.skipped.length, expected.length)
    t.deepEqual(Object.keys(book.settings.flows), ['own', 'ke_pt'])
    t.deepEqual(Object.keys(book.settings.thresholds), ['busy'])
    t.deepEqual(Object.keys(book.settings.groups), ['lab'])
  })
}

for (const stored of [undefined, null, 7, 'text', [], { flows: null }]) {
  test(`${JSON.stringify(stored)} instead of entries is none`, t => {
    t.deepEqual(Object.keys(bookOf(stored).book.settings.flows), ['own'])
  })
}

test('more than the limit is left out, the configuration file first', t => {
  const flows = Object.fromEntries(['a', 'b', 'c', 'd'].map(name => [name, { keys: 'ipsource' }]))
  const { book, told } = bookOf({ flows })
  t.deepEqual(Object.keys(book.settings.flows), ['own', 'a', 'b', 'c'])
  t.like(told, [{ kind: 'flows', name: 'd', reason: 'too_many' }])
})

test('what is left out is kept on disk, and in force again once it fits', async t => {
  const { book, told, written } = bookOf({ flows: { later: { keys: 'group:ipsource:lab' } } })
  t.is(told.length, 1)
  t.true((await book.put('flows', 'more', { keys: 'ipsource' }, true)).ok)
  t.deepEqual(Object.keys(written.at(-1)?.flows ?? {}), ['later', 'more'])
  await book.reload({ ...FILE, groups: { lab: ['10.0.0.0/8'] } })
  t.deepEqual(Object.keys(book.settings.flows), ['own', 'later', 'more'])
  t.deepEqual(book.skipped, [])
  await book.reload(FILE)
  t.is(told.length, 2, 'told again')
  t.true((await book.remove('flows', 'later')).ok, 'it can be deleted although it is not in force')
  t.deepEqual(Object.keys(written.at(-1)?.flows ?? {}), ['more'])
})
