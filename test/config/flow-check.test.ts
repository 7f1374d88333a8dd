import test from 'ava'
import { definitionsInForce, flowSettings } from '../../src/config/flow-check.ts'
import { parseGroup, parseMap } from '../../src/config/groups.ts'
import { parseConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import { formatFault } from '../../src/config/source.ts'
import { worstCase } from '../../src/config/worst-case.ts'
import { SHIPPED_FLOWS } from '../../src/flows/shipped.ts'

function faults(lines: readonly string[]): readonly string[] {
  const result = parseConfig(`${lines.join('\n')}\n`, 'c.yaml', {})
  return 'faults' in result ? result.faults.map(formatFault) : []
}

function good(text: string): Config {
  const result = parseConfig(text, 'c.yaml', {})
  if ('faults' in result) throw new Error(result.faults.map(formatFault).join('\n'))
  return result.config
}

const FAULTS: Readonly<Record<string, readonly [readonly string[], ...string[]]>> = {
  'an unknown key, in a comma text': [
    ['flows:', '  - name: a', '    keys: ipsource,ipdestnation'],
    'c.yaml:3:20: flows[0].keys: no key is called ipdestnation; did you mean ipdestination?',
  ],
  'an unknown function, in a list': [
    ['flows:', '  - name: a', '    keys: [ipsource, "foo:x"]'],
    'c.yaml:3:22: flows[0].keys[1]: no function is called foo',
  ],
  'an unknown attribute': [
    ['flows:', '  - name: a', '    keys: ipsource', '    fliter: ipprotocol=6'],
    'c.yaml:4:5: flows[0].fliter: unknown key, did you mean filter?',
  ],
  'a name given twice': [
    ['flows:', '  - {name: a, keys: ipsource}', '  - {name: a, keys: ipsource}'],
    'c.yaml:3:12: flows[1].name: "a" is used twice',
  ],
  'more flows than limits.flows allows': [
    ['limits: {flows: 100}', 'flows:', '  - {name: a, keys: ipsource, max: 200}'],
    'c.yaml:3:36: flows[0].max: more than limits.flows, which is 100',
  ],
  'a threshold on no flow': [
    ['thresholds:', '  - {name: t, flow: nothing, value: 5}'],
    'c.yaml:2:21: thresholds[0].flow: there is no flow definition named nothing',
  ],
  'a threshold on no metric': [
    ['thresholds:', '  - {name: t, metric: ifinutilisation, value: 80}'],
    'c.yaml:2:23: thresholds[0].metric: there is no flow definition, rate or gauge named ifinutilisation, did you mean ifinutilization?',
  ],
  'a threshold on the speed of no port, its flow called the metric': [
    ['thresholds:', '  - {name: t, metric: talkers, value: 10%}'],
    'c.yaml:2:23: thresholds[0].metric: interface speeds need a flow definition by interface; talkers is by agent',
  ],
  'a threshold on the speed of no port': [
    [
      'flows:',
      '  - {name: a, keys: ipsource}',
      'thresholds:',
      '  - {name: t, flow: a, value: 10%}',
    ],
    'c.yaml:4:21: thresholds[0].flow: interface speeds need a flow definition by interface; a is by agent',
  ],
  'two thresholds of one name': [
    ['thresholds:', ...['1', '2'].map(value => `  - {name: t, flow: elephants, value: ${value}}`)],
    'c.yaml:3:12: thresholds[1].name: "t" is used twice',
  ],
}

for (const [what, [lines, ...expected]] of Object.entries(FAULTS)) {
  test(`the place and rule are told of ${what}`, t => {
    t.deepEqual(faults(lines), expected)
  })
}

test('a fault within a folded or escaped text is told at its beginning', t => {
  const [folded] = faults(['flows:', '  - name: a', '    keys: >-', '      ipsource,ipdestnation'])
  t.regex(folded ?? '', /^c\.yaml:3:11: flows\[0\]\.keys: /)
  const [escaped] = faults(['flows:', '  - name: a', '    keys: "ipsource\\x2cipdestnation"'])
  t.regex(escaped ?? '', /^c\.yaml:3:11: flows\[0\]\.keys: /)
})

test('groups and maps of the file are known to its flows', t => {
  const config = good(`
groups: {dc: [10.0.0.0/8], rt: {a: [10.1.0.0/16], b: ["2001:db8::/32"]}}
maps: {service: {443: https}}
flows:
  - {name: a, keys: ["group:ipsource:dc", "group:ipdestination:rt", "map:serviceport:service"]}
`)
  t.true(definitionsInForce(config).some(({ name }) => name === 'a'))
})

test('definitions of the file take the place of shipped ones of the same name', t => {
  const { name } = SHIPPED_FLOWS[0]
  const definitions = definitionsInForce(good(`flows: [{name: ${name}, keys: ipsource, n: 7}]\n`))
  t.is(definitions.length, SHIPPED_FLOWS.length)
  t.is(definitions.find(definition => definition.name === name)?.n, 7)
})

test('a shipped definition is switched off by its name', t => {
  const { name } = SHIPPED_FLOWS[0]
  const config = good(`flows: [{name: ${name}, enabled: false}]\n`)
  t.false(name in flowSettings(config).flows)
  t.is(definitionsInForce(config).length, SHIPPED_FLOWS.length - 1)
})

test('the engines get definitions of the file beside the shipped ones', t => {
  const { flows } = flowSettings(good('flows: [{name: a, keys: ipsource, n: 7}]\n'))
  t.like(flows.a, { name: 'a', keys: 'ipsource', n: 7 })
  t.is(Object.keys(flows).length, SHIPPED_FLOWS.length + 1)
})

test('the worst case counts series of flows, and none of those that become no series', t => {
  const flow = { series: true, max: 100, budget: 500, values: ['sources=count:ipsource'] }
  const [first] = definitionsInForce(good(''))
  if (first === undefined) return t.fail()
  t.deepEqual(
    worstCase([
      { ...first, ...flow },
      { ...first, series: false, by: 'interface' },
    ]),
    {
      definitions: 2,
      tables: 3,
      flows: 100,
      flowSeries: 600,
      flowSeriesPerHour: 3_000,
      remembered: 1_000,
    },
  )
})

test('groups and maps of the API are judged as those of the file', t => {
  t.deepEqual(parseGroup('dc', ['10.0.0.0/8']), { group: ['10.0.0.0/8'] })
  t.deepEqual(parseGroup('dc', { a: ['10.0.0.0/8'] }), { group: { a: ['10.0.0.0/8'] } })
  t.regex(JSON.stringify(parseGroup('dc', ['x'])), /fault.*dc\.0: expected an address range/)
  t.regex(JSON.stringify(parseGroup('a b', ['10.0.0.0/8'])), /fault/)
  t.deepEqual(parseMap('service', { 443: 'https', 80: 1 }), { map: { 443: 'https', 80: '1' } })
  t.regex(JSON.stringify(parseMap('service', [])), /fault/)
})

test('a metric that is the name of a definition is that flow, as sFlow-RT has it', t => {
  const threshold = '{metric: tcp, name: t, value: 12500000, filter: {ifspeed: [1000000000]}}'
  const flow = '{name: tcp, keys: "ipsource,ipdestination", by: interface}'
  const { thresholds } = flowSettings(good(`flows: [${flow}]\nthresholds: [${threshold}]\n`))
  t.is(thresholds.t?.flow, 'tcp')
  t.is(thresholds.t?.metric, undefined)
})
