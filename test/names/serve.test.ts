/** The bridge asks by SNMP while sFlow arrives: names become labels, bad devices harm nobody. */
import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { portDatagram } from '../support/datagrams.ts'
import { type Bridge, startBridge, temporaryFolder, until } from '../support/processes.ts'
import {
  COMMUNITY,
  freePort,
  type MachineInterface,
  machineInterfaces,
  SYSTEM_NAME,
  startNonsenseDevice,
  startSlowDevice,
  startSnmpd,
  USER,
} from './snmpd.ts'

const BY_COMMUNITY = '127.0.0.1'
const BY_USER = '127.0.0.2'
const WRONG_PASSWORD = '127.0.0.3'
const DEAD = '127.0.0.4'
const SLOW = '127.0.0.5'
const NONSENSE = '127.0.0.6'
const ALL = [BY_COMMUNITY, BY_USER, WRONG_PASSWORD, DEAD, SLOW, NONSENSE]
const WRONG = 'not-the-right-secret'

test('names by SNMP are labels; dead, slow and wrong devices are counted, and nothing secret is told', async t => {
  t.timeout(120_000)
  const folder = temporaryFolder(t)
  const port = await startSnmpd(t, [BY_COMMUNITY, BY_USER, WRONG_PASSWORD])
  const slowPort = await startSlowDevice(t, SLOW, { address: BY_COMMUNITY, port }, 3_000)
  const nonsensePort = await startNonsenseDevice(t, NONSENSE, () => Buffer.alloc(64, 0xff))
  const file = join(folder, 'bridge.yaml')
  const secrets = { community: COMMUNITY, auth: USER.auth, privacy: USER.privacy, wrong: WRONG }
  for (const [name, text] of Object.entries(secrets)) writeFileSync(join(folder, name), `${text}\n`)
  const deadPort = await freePort()
  const configuration = (password: string) => `
limits: {first_exposure: 10s}
names:
  snmp:
    walk_timeout: 4s
    targets:
      - {agents: [${BY_COMMUNITY}], community: '\${file:community}', port: ${port}}
      - {agents: [${BY_USER}], port: ${port}, user: ${userText('auth')}}
      - {agents: [${WRONG_PASSWORD}], port: ${port}, user: ${userText(password)}}
      - {agents: [${DEAD}], community: '\${file:community}', port: ${deadPort}, timeout: 200ms}
      - {agents: [${SLOW}], community: '\${file:community}', port: ${slowPort}, timeout: 5s}
      - {agents: [${NONSENSE}], community: '\${file:community}', port: ${nonsensePort}, timeout: 200ms}
`
  writeFileSync(file, configuration('wrong'))
  const bridge = await startBridge(t, [`--config.file=${file}`, '--log.level=debug'])
  // Told once: other tests make interfaces and take them away.
  const interfaces = machineInterfaces()
  const stop = sendCounters(t, bridge, interfaces)
  const ifNames = await until(async () => {
    const found = await namesOnPage(bridge)
    return found.size === ALL.length * interfaces.length && found
  })
  for (const { name, ifIndex } of stillThere(interfaces)) {
    for (const agent of ALL) {
      const expected = agent === BY_COMMUNITY || agent === BY_USER ? name : ''
      t.is(ifNames.get(`${agent} ${ifIndex}`), expected, `${agent} ${name}`)
    }
  }
  await until(
    async () => (await bridge.family('sflow_bridge_snmp_agents'))['state="failing"'] === 4,
  )
  const failures = await bridge.family('sflow_bridge_snmp_walk_failures_total')
  for (const reason of ['refused', 'too_slow', 'timeout']) {
    t.true((failures[`reason="${reason}"`] ?? 0) >= 1, reason)
  }
  t.is((await bridge.family('sflow_bridge_snmp_agents'))['state="named"'], 2)
  t.is((await bridge.family('sflow_bridge_snmp_thread_deaths_total'))[''], 0)

  writeFileSync(file, configuration('auth'))
  t.is((await fetch(`${bridge.url}/-/reload`, { method: 'POST' })).status, 200)
  await until(async () => (await systemNames(bridge)).get(WRONG_PASSWORD) === SYSTEM_NAME)
  // Its labels were given: they stay.
  t.is((await namesOnPage(bridge)).get(`${WRONG_PASSWORD} 1`), '')

  writeFileSync(file, '')
  t.is((await fetch(`${bridge.url}/-/reload`, { method: 'POST' })).status, 200)
  t.deepEqual(await bridge.family('sflow_bridge_snmp_walks_total'), {})
  t.is((await namesOnPage(bridge)).get(`${BY_USER} 1`), 'lo')

  const datagrams = stop()
  await until(
    async () => (await bridge.family('sflow_bridge_datagrams_received_total'))[''] === datagrams,
  )
  const told = [bridge.lines.join('\n'), await bridge.page(), await apiText(bridge)].join('\n')
  for (const secret of Object.values(secrets)) t.false(told.includes(secret))
  t.is(await bridge.end(), 0)
})

function userText(password: string): string {
  const auth = `{protocol: sha256, password: '\${file:${password}}'}`
  return `{name: ${USER.name}, auth: ${auth}, privacy: {password: '\${file:privacy}'}}`
}

/** Counters of this machine's interfaces, without names, from each agent, twice a second. */
function sendCounters(
  t: ExecutionContext,
  bridge: Bridge,
  interfaces: readonly MachineInterface[],
): () => number {
  const socket = createSocket('udp4')
  let round = 0
  let sent = 0
  const send = () => {
    round += 1
    for (const agent of ALL) {
      interfaces.forEach(({ ifIndex }, subAgent) => {
        const datagram = { agent, subAgent, sequence: round, uptimeMs: round * 500 }
        socket.send(portDatagram(datagram, { ifIndex, name: '' }), bridge.sflowPort, '127.0.0.1')
        sent += 1
      })
    }
  }
  send()
  const timer = setInterval(send, 500)
  const stop = () => {
    clearInterval(timer)
    return sent
  }
  t.teardown(() => {
    stop()
    socket.close()
  })
  return stop
}

/** Those that are there all along have a name. */
function stillThere(interfaces: readonly MachineInterface[]): readonly MachineInterface[] {
  const now = machineInterfaces()
  return interfaces.filter(one => now.some(({ ifIndex }) => ifIndex === one.ifIndex))
}

/** `agent ifIndex` → ifname. */
async function namesOnPage(bridge: Bridge): Promise<ReadonlyMap<string, string>> {
  const series = Object.keys(await bridge.family('sflow_interface_receive_bytes_total'))
  return new Map(
    series.map(labels => {
      const [, agent = '', ifIndex = '', name = ''] =
        /^agent="(.*)",ifindex="(.*)",ifname="(.*)"$/.exec(labels) ?? []
      return [`${agent} ${ifIndex}`, name]
    }),
  )
}

async function systemNames(bridge: Bridge): Promise<ReadonlyMap<string, string>> {
  const agents = (await (await fetch(`${bridge.url}/api/v1/agents`)).json()) as readonly {
    readonly agent: string
    readonly systemName: string
  }[]
  return new Map(agents.map(({ agent, systemName }) => [agent, systemName]))
}

async function apiText(bridge: Bridge): Promise<string> {
  const pages = ['agents', 'interfaces', 'flows'].map(async what =>
    (await fetch(`${bridge.url}/api/v1/${what}`)).text(),
  )
  return (await Promise.all(pages)).join('\n')
}
