/**
 * Keys that look things up, in a running bridge: countries and makers from files, names from a name
 * server, links from a topology file; and all of it replaced by a reload while flows go on counting.
 */
import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { addressDatabase, bits4 } from '../flows/functions-kit.ts'
import { portDatagram } from '../support/datagrams.ts'
import { flowDatagram, frameDatagram } from '../support/flow-datagrams.ts'
import { startNameServer } from '../support/name-server.ts'
import { startBridge, temporaryFolder, until } from '../support/processes.ts'

const CONFIG = (dnsPort: number) => `
lookups:
  country: country.mmdb
  asn: asn.mmdb
  oui: oui.txt
  dns: { servers: ['127.0.0.1:${dnsPort}'] }
topology:
  file: topology.json
flows:
  - { name: places, keys: "country:ipsource:both,asn:ipdestination:both", by: all }
  - { name: makers, keys: "oui:macsource:name", by: all }
  - { name: names, keys: "or:[dns:ipsource]:ipsource", by: all }
  - { name: links, keys: "link:inputifindex,node:inputifindex", by: all }
  - { name: edge, keys: ipsource, ports: edge, by: all }
`

const country = (name: string) =>
  addressDatabase(
    [[bits4('10.9.0.0', 24), { country: { iso_code: 'XX', names: { en: name } } }]],
    28,
  )

const ASN = addressDatabase(
  [
    [
      bits4('10.9.0.0', 16),
      { autonomous_system_number: 65001, autonomous_system_organization: 'Example' },
    ],
  ],
  24,
)

const topology = (link: string) =>
  JSON.stringify({
    nodes: { leaf: { agent: '10.0.0.1' } },
    links: { [link]: { node1: 'leaf', port1: 'swp1', node2: '10.0.0.2', port2: 9 } },
  })

for (const workers of [1, 2]) {
  test(`files, name server and topology give keys their values, also after a reload, ${workers} workers`, t =>
    lookUp(t, workers))
}

async function lookUp(t: ExecutionContext, workers: number): Promise<void> {
  const folder = temporaryFolder(t)
  const put = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content)
  const server = await startNameServer(t)
  server.names.set('1.0.9.10.in-addr.arpa', 'client.example')
  put('country.mmdb', country('Atlantis'))
  put('asn.mmdb', ASN)
  put('oui.txt', '52-54-00   (hex)\t\tAcme\n')
  put('topology.json', topology('first'))
  put('bridge.yaml', CONFIG(server.port))
  const bridge = await startBridge(t, [
    `--config.file=${join(folder, 'bridge.yaml')}`,
    `--ingest.workers=${workers}`,
  ])
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  let sequence = 0
  const send = () => {
    for (const datagram of [
      portDatagram({ sequence: ++sequence, uptimeMs: sequence * 1_000 }),
      flowDatagram({ sequence: ++sequence, uptimeMs: sequence * 1_000, input: 1 }),
      frameDatagram({ sequence: ++sequence, uptimeMs: sequence * 1_000, source: '525400000001' }),
    ]) {
      socket.send(datagram, bridge.sflowPort, '127.0.0.1')
    }
  }
  const keys = async (name: string): Promise<string[]> => {
    const answer = await fetch(`${bridge.url}/api/v1/activeflows/${name}`)
    const flows = (await answer.json()) as readonly { readonly key: string }[]
    return flows.map(({ key }) => key)
  }
  /** Sends until the flow is there. */
  const untilKey = (name: string, key: string) =>
    until(async () => {
      send()
      return (await keys(name)).includes(key)
    })

  await untilKey('places', 'XX Atlantis,65001 Example')
  await untilKey('makers', 'Acme')
  await untilKey('names', 'client.example')
  await untilKey('links', 'first,leaf')
  t.deepEqual(await keys('edge'), [], 'its only port has a link')
  t.true(server.asked.length < 5, 'an address is asked for once')
  const page = await bridge.page()
  t.regex(
    page,
    /sflow_link_end_info\{link="first",end="a",agent="10.0.0.1",ifindex="1",ifname="swp1"\} 1/,
  )
  t.regex(page, /sflow_bridge_dns_lookups_total\{outcome="named"\} 1/)

  put('country.mmdb', country('Lemuria'))
  put('oui.txt', '52-54-00   (hex)\t\tNadir\n')
  put('topology.json', topology('second'))
  bridge.child.kill('SIGHUP')
  await bridge.line(/configuration reloaded/)
  await untilKey('places', 'XX Lemuria,65001 Example')
  await untilKey('makers', 'Nadir')
  await untilKey('links', 'second,leaf')
  t.true((await keys('places')).includes('XX Atlantis,65001 Example'), 'the table goes on')

  put('country.mmdb', 'no database')
  bridge.child.kill('SIGHUP')
  const line = await bridge.line(/reload failed/)
  t.regex(line, /lookups\.country: country\.mmdb: is no database in the MaxMind format/)
  await untilKey('places', 'XX Lemuria,65001 Example')
  t.is(await bridge.end(), 0)
}
