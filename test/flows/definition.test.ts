// Definitions: what they become, and where a bad one is at fault.
import test from 'ava'
import { compileFlow } from '../../src/flows/compile-flow.ts'
import type { CompiledFlow } from '../../src/flows/compiled.ts'
import { FlowContext } from '../../src/flows/functions/context.ts'
import { SHIPPED_FLOWS, SHIPPED_SERIES_MAX } from '../../src/flows/shipped.ts'
import { SAMPLE_DISCARD } from '../../src/sflow/samples.ts'
import { eth, ip, ip6, tcp, udp } from '../packet/frames.ts'
import { header, viewOf } from './keys-views.ts'

const context = new FlowContext()
const four = viewOf([
  header(eth(0x0800) + ip(6, tcp)),
  [1001, '00000064 00000000 00000065 00000000'],
])
const six = viewOf([header(eth(0x86dd) + ip6(17, udp(1000, 53)))])

function compiled(definition: object): CompiledFlow {
  const { flow, fault } = compileFlow({ name: 'test', ...definition }, context)
  if (flow === undefined) throw new Error(JSON.stringify(fault))
  return flow
}

function keyOf(flow: CompiledFlow, view = four): string[] | undefined {
  const words = new Int32Array(flow.keyWords)
  return flow.readKey(view, words, 0) ? flow.formatKey(words, 0) : undefined
}

test('a definition is completed with defaults', t => {
  const { definition, labels, keyWords } = compiled({ keys: 'ipsource, ipdestination' })
  t.deepEqual(definition, {
    name: 'test',
    keys: ['ipsource', 'ipdestination'],
    value: 'bytes',
    values: [],
    filter: '',
    t: 2,
    n: 5,
    by: 'agent',
    dropped: false,
    ports: 'all',
    max: 1000,
    budget: 2000,
    series: true,
    labels: [],
  })
  t.deepEqual(labels, ['ipsource', 'ipdestination'])
  t.is(keyWords, 2)
})

test('the comma text of sFlow-RT and a list mean the same', t => {
  const text = compiled({
    keys: 'or:[map:vlan:vlan.1]:vlan,concat:\\,:ipsource:ipdestination'.replace(
      'or:[map:vlan:vlan.1]:vlan',
      'ipsource',
    ),
  })
  t.deepEqual(text.definition.keys, ['ipsource', 'concat:\\,:ipsource:ipdestination'])
  t.deepEqual(keyOf(text), ['10.1.2.3', '10.1.2.3,11.2.3.4'])
  t.deepEqual(
    keyOf(compiled({ keys: ['ipsource', 'concat:\\,:ipsource:ipdestination'] })),
    keyOf(text),
  )
})

test('a definition without keys has one flow in each unit', t => {
  const flow = compiled({ value: 'bytes' })
  t.deepEqual(keyOf(flow), [])
  t.is(flow.keyWords, 1)
  t.true(flow.matches(four))
})

test('labels: sanitised, renamed by position or by key, and all different', t => {
  t.deepEqual(compiled({ keys: 'or:ipsource:ip6source,ipsource.1' }).labels, [
    'or_ipsource_ip6source',
    'ipsource_1',
  ])
  t.deepEqual(compiled({ keys: 'ipsource,vlan', labels: ['source'] }).labels, ['source', 'vlan'])
  t.deepEqual(compiled({ keys: 'ipsource,vlan', labels: { vlan: 'v-lan' } }).labels, [
    'ipsource',
    'v_lan',
  ])
  const clash = compileFlow({ name: 'x', keys: 'ipsource,ipsource' }, context)
  t.regex(clash.fault?.message ?? '', /ipsource would name two labels/)
  const ours = compileFlow({ name: 'x', keys: 'agent' }, context)
  t.regex(ours.fault?.message ?? '', /agent is the name of a label of ours/)
})

test('values: sums, averages, distinct counts, other names', t => {
  const { value, values } = compiled({
    keys: 'ipsource',
    value: 'frames',
    values: [
      'bytes',
      'avg:ipbytes',
      'count:or:ipsource:ip6source',
      'victims=count:ipdestination',
      'rate:requests',
    ],
  })
  t.deepEqual(
    [value, ...values].map(({ metricName, kind }) => [metricName, kind]),
    [
      ['frames', 'sum'],
      ['bytes', 'sum'],
      ['avg_ipbytes', 'avg'],
      ['count_or_ipsource_ip6source', 'count'],
      ['victims', 'count'],
      ['requests', 'sum'],
    ],
  )
  t.is(value.read(four), 1)
  t.is(values[0]?.read(four), four.frameLength)
  t.is(values[1]?.read(four), 40)
  t.is(values[1]?.read(six), Number.NaN)
  const [hash, other] = [values[2]?.read(four), values[2]?.read(six)]
  t.true(Number.isInteger(hash) && hash !== other)
})

test('which samples a definition reads', t => {
  const dropped = viewOf([header(eth(0x0800) + ip(6, tcp))], {
    kind: SAMPLE_DISCARD,
    reason: 258,
    rate: 1,
  })
  const plain = compiled({ keys: 'ipsource' })
  const drops = compiled({ keys: 'reason', dropped: true })
  t.deepEqual([plain.matches(four), plain.matches(dropped)], [true, false])
  t.deepEqual([drops.matches(four), drops.matches(dropped)], [false, true])
  t.deepEqual(keyOf(drops, dropped), ['acl'])
  t.false(compiled({ keys: 'vlan', value: 'duration' }).matches(four))
  const operation = viewOf([
    [2202, `${'00000004 73686f70'.repeat(4)} ${'00'.repeat(16)} 000007d0 00000000`],
  ])
  t.true(compiled({ keys: 'application', value: 'duration' }).matches(operation))
  t.false(compiled({ keys: 'application', value: 'bytes' }).matches(operation))
  t.is(compiled({ keys: 'application', value: 'duration' }).value.read(operation), 2000)
})

test('second sightings are left out, except where the filter looks at the direction', t => {
  const view = viewOf([header(eth(0x0800) + ip(6, tcp))], { source: 2, input: 1, output: 2 })
  const [all, egress] = [
    compiled({ keys: 'ipsource' }),
    compiled({ keys: 'ipsource', filter: 'direction=egress' }),
  ]
  t.deepEqual([all.matches(view), egress.matches(view)], [true, true])
  view.secondSighting = true
  t.deepEqual([all.matches(view), egress.matches(view)], [false, true])
})

test('edge and core ports', t => {
  const [edge, core] = [
    compiled({ keys: 'ipsource', ports: 'edge' }),
    compiled({ keys: 'ipsource', ports: 'core' }),
  ]
  const view = viewOf([header(eth(0x0800) + ip(6, tcp))])
  t.deepEqual([edge.matches(view), core.matches(view)], [true, false])
  view.core = true
  t.deepEqual([edge.matches(view), core.matches(view)], [false, true])
})

const FAULTS: readonly (readonly [
  definition: unknown,
  attribute: string,
  position: number,
  message: RegExp,
])[] = [
  [undefined, '', 0, /expected an object/],
  [[], '', 0, /expected an object/],
  [{ keys: 'vlan' }, 'name', 0, /expected a name/],
  [{ name: 'a b' }, 'name', 0, /expected a name/],
  [{ name: 'x', filtr: 'vlan=1' }, 'filtr', 0, /did you mean filter/],
  [{ name: 'x', keys: 'ipsource,tcpport' }, 'keys', 9, /no key is called tcpport/],
  [{ name: 'x', keys: ['ipsource', 'mask:ipsource'] }, 'keys', 0, /expected mask:KEY:BITS/],
  [{ name: 'x', keys: ['vlan', 'mask:ipsource:64'] }, 'keys', 14, /from 0 to 32/],
  [{ name: 'x', keys: 'ipsource,,vlan' }, 'keys', 9, /expected a key or a function/],
  [{ name: 'x', keys: 'ipsource,group:macsource:a' }, 'keys', 15, /is no IP address/],
  [{ name: 'x', keys: 'group:ipsource:priv' }, 'keys', 15, /no group is called priv/],
  [{ name: 'x', keys: 'map:ipsource:t' }, 'keys', 13, /no map is called t/],
  [{ name: 'x', keys: 'country:ipsource' }, 'keys', 0, /needs a database/],
  [{ name: 'x', keys: 'ipsource.7' }, 'keys', 8, /innermost/],
  [{ name: 'x', keys: 'bytes.1' }, 'keys', 5, /bytes takes no .1/],
  [{ name: 'x', keys: 'or:[ipsource' }, 'keys', 3, /not closed/],
  [{ name: 'x', keys: 'or:ipsource]' }, 'keys', 11, /not opened/],
  [{ name: 'x', keys: 'mask' }, 'keys', 0, /expected mask:/],
  [{ name: 'x', keys: 'masc:ipsource:8' }, 'keys', 0, /did you mean mask/],
  [{ name: 'x', keys: Array.from({ length: 17 }, () => 'vlan') }, 'keys', 0, /more than 16/],
  [{ name: 'x', filter: 'vlan=1&vln=2' }, 'filter', 7, /did you mean vlan/],
  [{ name: 'x', value: 'ipsource' }, 'value', 0, /is no number; count:ipsource/],
  [{ name: 'x', value: 'avg:ipsource' }, 'value', 4, /is no number/],
  [{ name: 'x', values: ['frames', 'avg:nothing'] }, 'values', 4, /no key is called nothing/],
  [{ name: 'x', values: ['bytes'] }, 'values', 0, /stands twice/],
  [{ name: 'x', values: ['bytes=count:vlan'] }, 'values', 0, /counted for every flow/],
  [{ name: 'x', t: 0 }, 't', 0, /from 0.1 to 600/],
  [{ name: 'x', n: 1.5 }, 'n', 0, /whole number/],
  [{ name: 'x', n: '5' }, 'n', 0, /from 1 to 1000/],
  [{ name: 'x', by: 'port' }, 'by', 0, /interface, agent, all/],
  [{ name: 'x', dropped: 'yes' }, 'dropped', 0, /true or false/],
  [{ name: 'x', labels: ['a'] }, 'labels', 0, /more labels than keys/],
  [{ name: 'x', keys: 'vlan', labels: { vln: 'a' } }, 'labels', 0, /none of the keys/],
]

for (const [definition, attribute, position, message] of FAULTS) {
  test(`refused: ${JSON.stringify(definition) ?? 'nothing'}`.slice(0, 100), t => {
    const { fault } = compileFlow(definition, context)
    t.is(fault?.attribute, attribute)
    t.is(fault?.position, position)
    t.regex(fault?.message ?? '', message)
  })
}

test('all shipped definitions compile, with different names and no ephemeral port in a label', t => {
  const names = new Set<string>()
  for (const definition of SHIPPED_FLOWS) {
    const { flow, fault } = compileFlow(definition, context)
    t.is(fault, undefined, JSON.stringify(fault))
    names.add(definition.name)
    if (flow?.definition.series === false) continue
    t.true((flow?.definition.n ?? 99) <= 20, definition.name)
    for (const key of flow?.definition.keys ?? [])
      t.false(/(tcp|udp)(destination)port/.test(key), key)
  }
  t.is(names.size, SHIPPED_FLOWS.length)
  t.true(SHIPPED_SERIES_MAX <= 7000)
})
