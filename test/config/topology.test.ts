/** The section `topology`: what it takes, what it refuses and where it says so, and its own file. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { flowSettings } from '../../src/config/flow-check.ts'
import { parseConfig } from '../../src/config/load.ts'
import { formatFault } from '../../src/config/source.ts'
import { parseTopology } from '../../src/config/topology.ts'

/** As sFlow-RT's own file looks, with what we leave aside. */
const FILE = {
  version: 0,
  nodes: {
    leaf1: {
      agent: '10.0.0.11',
      tags: { rack: '1' },
      ports: { swp49: { ifindex: '52', ofport: 3 } },
    },
    spine1: { agent: '10.0.0.1', dpid: '0000000000000001' },
  },
  links: {
    'leaf1-spine1': {
      node1: 'leaf1',
      port1: 'swp49',
      node2: 'spine1',
      port2: 'swp1',
      linkspeed: '1',
    },
  },
}

function loaded(lines: readonly string[], folder = '.') {
  const result = parseConfig(`${lines.join('\n')}\n`, join(folder, 'c.yaml'), {})
  return 'faults' in result
    ? { faults: result.faults.map(fault => formatFault(fault).replace(`${folder}/`, '')) }
    : { topology: flowSettings(result.config).topology, faults: [] }
}

function folderWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'topology-'))
  writeFileSync(join(folder, 't.json'), text)
  return folder
}

test('a topology of sFlow-RT is read as it is, from a file or over the API', t => {
  const folder = folderWith(JSON.stringify(FILE))
  const { topology, faults } = loaded(['topology: {file: t.json}'], folder)
  t.deepEqual(faults, [])
  t.is(topology?.nodes?.leaf1?.ports?.swp49?.ifindex, '52')
  t.deepEqual(topology?.links, {
    'leaf1-spine1': { node1: 'leaf1', port1: 'swp49', node2: 'spine1', port2: 'swp1' },
  })
  t.deepEqual(parseTopology(FILE), { topology })
})

test('entries of the file win over those beside it, and links may join both', t => {
  const folder = folderWith('nodes: {a: {agent: 10.0.0.1}}')
  const { topology, faults } = loaded(
    [
      'topology:',
      '  file: t.json',
      '  nodes: {a: {agent: 10.9.9.9}}',
      '  links: {x: {node1: a, port1: swp1, node2: 10.0.0.2, port2: 4}}',
    ],
    folder,
  )
  t.deepEqual(faults, [])
  t.is(topology?.nodes?.a?.agent, '10.0.0.1')
})

const LINK = '{node1: 10.0.0.1, port1: swp1, node2: 10.0.0.2, port2: 4}'

const FAULTS: Readonly<Record<string, readonly [readonly string[], string]>> = {
  'a node that is none': [
    ['topology:', '  links: {x: {node1: a, port1: 1, node2: 10.0.0.2, port2: 4}}'],
    'c.yaml:2:22: topology.links.x.node1: there is no node a, and it is no agent address',
  ],
  'a port of two links': [
    ['topology:', '  links:', `    x: ${LINK}`, `    y: ${LINK.replace('swp1', 'swp2')}`],
    'c.yaml:4:63: topology.links.y.port2: port 4 is an end of link x, too',
  ],
  'an agent of two nodes': [
    ['topology:', '  nodes:', '    a: {agent: 10.0.0.1}', '    b: {agent: 10.0.0.1}'],
    'c.yaml:4:16: topology.nodes.b.agent: 10.0.0.1 is the agent of a',
  ],
  'an agent that is no address': [
    ['topology:', '  nodes: {a: {agent: leaf1}}'],
    'c.yaml:2:22: topology.nodes.a.agent: expected an IPv4 or IPv6 address',
  ],
  'a link without its other end': [
    ['topology:', '  links: {x: {node1: 10.0.0.1, port1: swp1, port2: 4}}'],
    'c.yaml:2:14: topology.links.x.node2: is missing',
  ],
  'a section that is misspelt': [
    ['topology: {lnks: {}}'],
    'c.yaml:1:12: topology.lnks: unknown key, did you mean links?',
  ],
  'a file that is not there': [
    ['topology: {file: none.json}'],
    'c.yaml:1:18: topology.file: cannot read none.json (ENOENT)',
  ],
}

for (const [what, [lines, fault]] of Object.entries(FAULTS)) {
  test(`${what} is one fault with its line`, t => {
    t.deepEqual(loaded(lines).faults, [fault])
  })
}

test('a fault of the file stands where the file has it', t => {
  const folder = folderWith('links:\n  x: {node1: a, port1: 1, node2: 10.0.0.2, port2: 4}\n')
  t.deepEqual(loaded(['topology: {file: t.json}'], folder).faults, [
    't.json:2:14: links.x.node1: there is no node a, and it is no agent address',
  ])
})

test('over the API a fault names the link', t => {
  const body = { links: { x: { node1: 'a', port1: 1, node2: '10.0.0.2', port2: 4 } } }
  t.deepEqual(parseTopology(body), {
    fault: 'links.x.node1: there is no node a, and it is no agent address',
  })
})
