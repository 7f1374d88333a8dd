/**
 * Three switches in a row, for what happens on the links between them, in network namespaces that the test makes:
 *
 *     host1 ── leaf1 ══ spine ══ leaf2 ── host2
 *
 * The switches are bridges of one Open vSwitch in user space, each an sFlow agent of its own that tells its
 * counters each second. The link of leaf1 and spine goes through one more bridge, which is no agent: the wire.
 * A policer there drops what is beyond a rate, and nobody who looks at leaf1 or spine sees why.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { threadId } from 'node:worker_threads'
import type { ExecutionContext } from 'ava'
import { addNamespace, endLeftovers, execIn } from './loop-net.ts'
import { openvswitchEnvironment, openvswitchSchema, part } from './parts.ts'
import { start, temporaryFolder } from './processes.ts'

const run = promisify(execFile)

const HOSTS = { host1: '198.51.100.1', host2: '198.51.100.2' } as const
export const SWITCHES = { leaf1: '10.0.0.11', spine: '10.0.0.1', leaf2: '10.0.0.12' } as const
export type SwitchName = keyof typeof SWITCHES

/** Pairs of devices: where they are, and the bridges that have them as ports. */
const PAIRS = [
  ['host1', 'eth0', 'fabric', 'leaf1host'],
  ['fabric', 'leaf1up', 'fabric', 'wire1'],
  ['fabric', 'wire2', 'fabric', 'spine1'],
  ['fabric', 'spine2', 'fabric', 'leaf2up'],
  ['fabric', 'leaf2host', 'host2', 'eth0'],
  ['fabric', 'leaf1', 'fabric', 'leaf1mgmt'],
  ['fabric', 'spine', 'fabric', 'spinemgmt'],
  ['fabric', 'leaf2', 'fabric', 'leaf2mgmt'],
] as const
const BRIDGES = {
  br_leaf1: ['leaf1host', 'leaf1up'],
  br_wire: ['wire1', 'wire2'],
  br_spine: ['spine1', 'spine2'],
  br_leaf2: ['leaf2up', 'leaf2host'],
} as const

type Role = 'host1' | 'host2' | 'fabric'

export interface LinkNet {
  readonly namespaces: Readonly<Record<Role, string>>
  /** Of each port that is an end of a link. */
  readonly ifindexes: Readonly<Record<'leaf1up' | 'spine1' | 'spine2' | 'leaf2up', number>>
  exec(role: Role, program: string, ...words: readonly string[]): Promise<string>
  /** From now on the wire takes so many packets a second from leaf1 to spine, and drops the rest. */
  police(packetsPerSecond: number): Promise<void>
}

let made = 0

export async function startLinkNet(t: ExecutionContext): Promise<LinkNet> {
  await endLeftovers()
  made += 1
  const space = (role: Role) => `loop${process.pid}-${threadId}-link${made}-${role}`
  const namespaces = { host1: space('host1'), host2: space('host2'), fabric: space('fabric') }
  for (const name of Object.values(namespaces)) await addNamespace(t, name)
  const ip = (role: Role, ...words: readonly string[]) =>
    run(part('ip'), ['-n', namespaces[role], ...words])
  for (const [a, aDevice, b, bDevice] of PAIRS) {
    const peer = ['type', 'veth', 'peer', 'name', bDevice, 'netns', namespaces[b]]
    await ip(a, 'link', 'add', 'name', aDevice, ...peer)
    for (const [role, device] of [
      [a, aDevice],
      [b, bDevice],
    ] as const) {
      await ip(role, 'link', 'set', device, 'up')
      // A switch in user space passes checksums on as they are: they must be whole.
      await execIn(namespaces[role], part('ethtool'), ['-K', device, 'tx', 'off'])
    }
  }
  for (const [host, address] of Object.entries(HOSTS)) {
    await ip(host as keyof typeof HOSTS, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
  }
  for (const [name, address] of Object.entries(SWITCHES)) {
    await ip('fabric', 'addr', 'add', `${address}/32`, 'dev', name)
  }
  const folder = temporaryFolder(t)
  await startSwitches(t, namespaces.fabric, folder)
  const exec: LinkNet['exec'] = (role, program, ...words) =>
    execIn(namespaces[role], program, words)
  const links = JSON.parse(await exec('fabric', part('ip'), '-j', 'link', 'show')) as readonly {
    readonly ifname: string
    readonly ifindex: number
  }[]
  const ifindexes = Object.fromEntries(links.map(({ ifname, ifindex }) => [ifname, ifindex]))
  await exec('host1', part('ping'), '-q', '-c', '2', '-i', '0.2', '-W', '5', HOSTS.host2)
  return {
    namespaces,
    ifindexes: ifindexes as LinkNet['ifindexes'],
    exec,
    async police(packetsPerSecond) {
      const ofctl = (verb: string, text: string) => {
        const words = ['-O', 'OpenFlow14', verb, `unix:${join(folder, 'br_wire.mgmt')}`, text]
        return run(part('ovs-ofctl'), words, { env: openvswitchEnvironment(folder) })
      }
      // A sender on a busy machine is late and then in a hurry: only what is too much in the mean is dropped.
      const band = `type=drop,rate=${packetsPerSecond},burst_size=200`
      await ofctl('add-meter', `meter=1,pktps,burst,band=${band}`)
      await ofctl('add-flow', 'priority=10,in_port=wire1,actions=meter:1,output:wire2')
    },
  }
}

/** Host 1 sends so many datagrams a second to host 2, until the test is over. */
export async function sendThroughLinks(
  t: ExecutionContext,
  { namespaces }: LinkNet,
  packetsPerSecond: number,
): Promise<void> {
  const listening = start(t, part('iperf3'), ['--server', '--forceflush'], {
    namespace: namespaces.host2,
  })
  await listening.line(/Server listening/)
  const bytes = 1_000
  const rate = ['--udp', '--length', `${bytes}`, '--bitrate', `${packetsPerSecond * bytes * 8}`]
  const words = ['--client', HOSTS.host2, ...rate, '--time', '3600', '--forceflush']
  start(t, part('iperf3'), words, { namespace: namespaces.host1 })
}

async function startSwitches(t: ExecutionContext, namespace: string, folder: string) {
  const env = openvswitchEnvironment(folder)
  const options = { namespace, env }
  const [database, socket] = [join(folder, 'conf.db'), join(folder, 'db.sock')]
  await run(part('ovsdb-tool'), ['create', database, openvswitchSchema()], { env })
  const remote = [database, `--remote=punix:${socket}`, '--unixctl=db.ctl']
  start(t, part('ovsdb-server'), remote, options)
  const vsctl = (...words: readonly string[]) =>
    run(part('ovs-vsctl'), [`--db=unix:${socket}`, '--timeout=30', '--retry', ...words], { env })
  await vsctl('--no-wait', 'init')
  const control = [`unix:${socket}`, '--disable-system', '--unixctl=switch.ctl']
  start(t, part('ovs-vswitchd'), control, options)
  for (const [bridge, ports] of Object.entries(BRIDGES)) {
    const kind = ['--', 'set', 'bridge', bridge, 'datapath_type=netdev']
    await vsctl(
      'add-br',
      bridge,
      ...kind,
      ...ports.flatMap(port => ['--', 'add-port', bridge, port]),
    )
  }
  for (const name of Object.keys(SWITCHES)) {
    const settings = [`agent=${name}`, 'targets="127.0.0.1:6343"', 'sampling=1000', 'polling=1']
    const link = ['--', 'set', 'bridge', `br_${name}`, 'sflow=@s']
    await vsctl('--', '--id=@s', 'create', 'sFlow', ...settings, ...link)
  }
}
