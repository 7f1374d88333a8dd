// biome-ignore-all lint/suspicious/noTemplateCurlyInString: how the configuration file refers to secrets
import test from 'ava'
import { parseConfig } from '../../src/config/load.ts'
import { formatFault } from '../../src/config/source.ts'

function faults(given: string | Buffer): readonly string[] {
  const result = parseConfig(given, 'c.yaml', {})
  return 'faults' in result ? result.faults.map(formatFault) : []
}

test('faults of form, of words, of files and of the whole are told in one run', t => {
  const text = [
    'limits:',
    '  agnets: 5',
    '  interfaces: 10',
    '  interfaces_per_agent: 20',
    'flows:',
    '  - name: a',
    '    keys: ipsorce,ipdestination,tcpsorceport',
    '    value: bites',
    '    n: 0',
    '  - keys: ipsource',
    '  - name: c',
    '    keys: ["ipsource", "group:ipsource:none"]',
    '    filter: ipsource=10.0.0.1&(',
    '  - name: c',
    'thresholds:',
    '  - {name: t, flow: none, value: 3}',
    '  - {name: u, flow: none, value: x}',
    'names: {file: none.yaml}',
    'topology: {links: {l: {node1: x, port1: 1, node2: y, port2: 2}, m: {node1: z, port1: 1, node2: y, port2: 2}}}',
    'notify: {controller: {url: "http://x", bearer_token: "${env:NONE}"}}',
    'controller: {policies: [{name: p, action: mark}, {name: p, action: mark, dscp: 64}]}',
    '',
  ].join('\n')
  const told = faults(text)
  t.deepEqual(
    told.map(line => /^c\.yaml:(\d+):\d+: (\S+):/.exec(line)?.slice(1).join(' ')),
    [
      '2 limits.agnets',
      '4 limits.interfaces_per_agent',
      '7 flows[0].keys',
      '7 flows[0].keys',
      '8 flows[0].value',
      '9 flows[0].n',
      '10 flows[1].name',
      '12 flows[2].keys[1]',
      '13 flows[2].filter',
      '14 flows[3].name',
      '16 thresholds[0].flow',
      '17 thresholds[1].value',
      '18 names.file',
      '19 topology.links.l.node1',
      '19 topology.links.m.node1',
      '20 notify.controller.bearer_token',
      '21 controller.policies[1].name',
      '21 controller.policies[1].dscp',
    ],
    told.join('\n'),
  )
})

test('each place of a comma text is told', t => {
  t.deepEqual(faults('flows:\n  - name: a\n    keys: ipsorce,ipdestination,tcpsorceport\n'), [
    'c.yaml:3:11: flows[0].keys: no key is called ipsorce; did you mean ipsource?',
    'c.yaml:3:33: flows[0].keys: no key is called tcpsorceport; did you mean tcpsourceport?',
  ])
})

test('a key that stands twice, a tag, a tab do not hide the other faults', t => {
  t.deepEqual(faults('limits:\n  agents: 5\n  agents: 6\n  agnets: 7\n'), [
    'c.yaml:3:3: this key stands twice',
    'c.yaml:4:3: limits.agnets: unknown key, did you mean agents?',
  ])
  t.deepEqual(faults('limits:\n\tagents: x\nlisten: !x {workers: 0}\n'), [
    'c.yaml:2:1: tabs are not allowed as indentation',
    'c.yaml:2:10: limits.agents: expected a number, found text',
    'c.yaml:3:9: unresolved tag: !x',
    'c.yaml:3:22: listen.workers: expected at least 1',
  ])
})

test('what a fault takes along is not told as a fault of its own', t => {
  const knockOn = [
    'groups: {a: [300.1.1.1/8]}',
    'maps: {m: [1]}',
    'lookups: {asn: none.mmdb}',
    'limits: {flows: many, interfaces: many, interfaces_per_agent: 200000}',
    'flows:',
    '  - {name: x, keys: ["group:ipsource:a", "map:ipsource:m", "asn:ipsource"], max: 20000}',
    '  - {name: y, keys: ipsorce}',
    'thresholds:',
    '  - {name: t, flow: y, value: 3}',
    '',
  ]
  t.deepEqual(faults(knockOn.join('\n')), [
    'c.yaml:1:14: groups.a[0]: expected an address range such as 10.0.0.0/8 or 2001:db8::/32',
    'c.yaml:2:11: maps.m: expected keys and values, found a list',
    'c.yaml:3:16: lookups.asn: cannot read none.mmdb (ENOENT)',
    'c.yaml:4:17: limits.flows: expected a number, found text',
    'c.yaml:4:35: limits.interfaces: expected a number, found text',
    'c.yaml:7:21: flows[1].keys: no key is called ipsorce; did you mean ipsource?',
  ])
})

test('an alias without an anchor is told where it stands', t => {
  t.deepEqual(faults('limits: &a {agents: 5}\nlisten: *b\n'), [
    'c.yaml:2:9: no anchor before this is called b',
  ])
})

test('bytes that are no UTF-8 are refused where they stand, not read as something else', t => {
  const latin1 = Buffer.from('maps:\n  # \ufffd é\n  m: {a: "Zürich"}\n', 'utf8')
  t.deepEqual(faults(latin1), [])
  t.deepEqual(faults(Buffer.from('maps:\n  m: {a: "Zürich"}\n', 'latin1')), [
    'c.yaml:2:12: the byte 0xfc here is no UTF-8',
  ])
  t.deepEqual(faults(Buffer.concat([latin1, Buffer.from([0x23, 0xff])])), [
    'c.yaml:4:2: the byte 0xff here is no UTF-8',
  ])
  t.deepEqual(faults(Buffer.from('\ufefflimits: {}\n', 'utf16le')), [
    'c.yaml:1:1: the file is UTF-16: save it as UTF-8',
  ])
})

test('a fault is one line, whatever the key is', t => {
  t.deepEqual(faults('"li\\nmits": 5\n'), [
    'c.yaml:1:1: ["li\\nmits"]: unknown key, did you mean limits?',
  ])
})
