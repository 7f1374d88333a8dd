/**
 * The network of the closed loop, in five network namespaces that the test makes; its addresses are
 * those of deploy/examples/closed-loop.yaml. Open vSwitch (user space, the sFlow agent) stands before
 * the router, or behind it. Nothing listens outside the namespaces, so ports are the usual ones.
 *
 *     before: attacker 198.51.100.x ── switch ── router .1   203.0.113.1 ── victim 203.0.113.2
 *     behind: attacker 198.51.100.x ── router .1   203.0.113.1 ── switch ── victim 203.0.113.2
 *     management: 192.0.2.1 ── 192.0.2.2 switch      192.0.2.5 ── 192.0.2.6 router
 */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { threadId } from 'node:worker_threads'
import type { ExecutionContext } from 'ava'
import { openvswitchEnvironment, openvswitchSchema, part } from './parts.ts'
import { start, temporaryFolder } from './processes.ts'

const run = promisify(execFile)

export const VICTIM = '203.0.113.2'
export const CLIENT = '198.51.100.10'
/** More sources than the rule UdpReflection asks for. */
export const FLOOD_SOURCES = Array.from({ length: 32 }, (_, i) => `198.51.100.${64 + i}`)
const COLLECTOR = '192.0.2.1:6343'
/** TCP ports at the victim: a mouse and an elephant, told apart by its counters. */
export const MOUSE_PORT = 5201
export const ELEPHANT_PORT = 5202

const ROLES = ['attacker', 'switch', 'router', 'victim', 'management'] as const
type Role = (typeof ROLES)[number]

export interface LoopNet {
  readonly namespaces: Readonly<Record<Role, string>>
  /** For the ACL agent's backend: the switch's management socket. */
  readonly switchSocket: string
  readonly switchEnvironment: NodeJS.ProcessEnv
  /** Runs a program in a namespace and resolves with what it wrote. */
  exec(role: Role, program: string, ...words: readonly string[]): Promise<string>
  /** What has reached the victim, by counter: see COUNTERS. */
  received(): Promise<Readonly<Record<CounterName, Count>>>
}

export interface Count {
  readonly packets: number
  readonly bytes: number
}

/** The victim's counters: what nft has to match for each. */
const COUNTERS = {
  flood: 'udp sport 53',
  mouse: `tcp dport ${MOUSE_PORT}`,
  mouse_marked: `tcp dport ${MOUSE_PORT} ip dscp 10`,
  elephant_marked: `tcp dport ${ELEPHANT_PORT} ip dscp 10`,
  elephant_unmarked: `tcp dport ${ELEPHANT_PORT} ip dscp != 10`,
} as const
export type CounterName = keyof typeof COUNTERS

let made = 0

export async function startLoopNet(
  t: ExecutionContext,
  { sampler, sampling }: { readonly sampler: 'before' | 'behind'; readonly sampling: number },
): Promise<LoopNet> {
  await endLeftovers()
  // Test files are threads of one process.
  const id = `loop${process.pid}-${threadId}-${made}`
  made += 1
  const namespaces = Object.fromEntries(ROLES.map(role => [role, `${id}-${role}`])) as Record<
    Role,
    string
  >
  for (const role of ROLES) await addNamespace(t, namespaces[role])
  const net = { namespaces, pair: pairIn(namespaces), ip: ipIn(namespaces) }
  await connect(net, sampler)
  await address(net)
  const folder = temporaryFolder(t)
  await startSwitch(t, namespaces.switch, folder, sampling)
  await execIn(namespaces.router, 'sysctl', ['-qw', 'net.ipv4.ip_forward=1'])
  const exec: LoopNet['exec'] = (role, program, ...words) =>
    execIn(namespaces[role], program, words)
  await exec('victim', part('nft'), countersText())
  await exec('attacker', part('ping'), '-q', '-c', '2', '-i', '0.2', '-W', '5', VICTIM)
  return {
    namespaces,
    switchSocket: `unix:${join(folder, 'br0.mgmt')}`,
    switchEnvironment: openvswitchEnvironment(folder),
    exec,
    async received() {
      return readCounters(await exec('victim', part('nft'), '-j', 'list', 'counters'))
    },
  }
}

interface Wiring {
  readonly pair: (a: Role, aDevice: string, b: Role, bDevice: string) => Promise<void>
  readonly ip: (role: Role, ...words: readonly string[]) => Promise<void>
}

async function connect({ pair }: Wiring, sampler: 'before' | 'behind'): Promise<void> {
  if (sampler === 'before') {
    await pair('attacker', 'eth0', 'switch', 'left')
    await pair('switch', 'right', 'router', 'outside')
    await pair('router', 'inside', 'victim', 'eth0')
  } else {
    await pair('attacker', 'eth0', 'router', 'outside')
    await pair('router', 'inside', 'switch', 'left')
    await pair('switch', 'right', 'victim', 'eth0')
  }
  await pair('management', 'toSwitch', 'switch', 'agent')
  await pair('management', 'toRouter', 'router', 'agent')
}

async function address({ ip }: Wiring): Promise<void> {
  const addresses = [
    ['attacker', 'eth0', CLIENT, 24],
    ...FLOOD_SOURCES.map(source => ['attacker', 'eth0', source, 24] as const),
    ['router', 'outside', '198.51.100.1', 24],
    ['router', 'inside', '203.0.113.1', 24],
    ['victim', 'eth0', VICTIM, 24],
    ['management', 'toSwitch', '192.0.2.1', 30],
    ['switch', 'agent', '192.0.2.2', 30],
    ['management', 'toRouter', '192.0.2.5', 30],
    ['router', 'agent', '192.0.2.6', 30],
  ] as const
  for (const [role, device, host, bits] of addresses) {
    await ip(role, 'addr', 'add', `${host}/${bits}`, 'dev', device)
  }
  await ip('attacker', 'route', 'add', 'default', 'via', '198.51.100.1')
  await ip('victim', 'route', 'add', 'default', 'via', '203.0.113.1')
}

export async function addNamespace(t: ExecutionContext, namespace: string): Promise<void> {
  await run(part('ip'), ['netns', 'add', namespace])
  t.teardown(() => endNamespace(namespace))
  await run(part('ip'), ['-n', namespace, 'link', 'set', 'lo', 'up'])
}

/** A veth pair, both ends up, without offloads: a switch in user space passes checksums on as they are. */
function pairIn(namespaces: Readonly<Record<Role, string>>): Wiring['pair'] {
  return async (a, aDevice, b, bDevice) => {
    const [here, there] = [namespaces[a], namespaces[b]]
    const ends = [
      [here, aDevice],
      [there, bDevice],
    ] as const
    const peer = ['type', 'veth', 'peer', 'name', bDevice, 'netns', there]
    await run(part('ip'), ['-n', here, 'link', 'add', 'name', aDevice, ...peer])
    for (const [namespace, device] of ends) {
      await run(part('ip'), ['-n', namespace, 'link', 'set', device, 'up'])
      await execIn(namespace, part('ethtool'), ['-K', device, 'tx', 'off'])
    }
  }
}

function ipIn(namespaces: Readonly<Record<Role, string>>): Wiring['ip'] {
  return async (role, ...words) => {
    await run(part('ip'), ['-n', namespaces[role], ...words])
  }
}

export async function execIn(
  namespace: string,
  program: string,
  words: readonly string[],
): Promise<string> {
  const { stdout } = await run(part('ip'), ['netns', 'exec', namespace, program, ...words])
  return stdout
}

async function startSwitch(
  t: ExecutionContext,
  namespace: string,
  folder: string,
  sampling: number,
) {
  const env = openvswitchEnvironment(folder)
  const options = { namespace, env }
  const [database, socket] = [join(folder, 'conf.db'), join(folder, 'db.sock')]
  await run(part('ovsdb-tool'), ['create', database, openvswitchSchema()], { env })
  start(
    t,
    part('ovsdb-server'),
    [database, `--remote=punix:${socket}`, '--unixctl=db.ctl'],
    options,
  )
  const vsctl = (...words: readonly string[]) =>
    run(part('ovs-vsctl'), [`--db=unix:${socket}`, '--timeout=30', '--retry', ...words], { env })
  await vsctl('--no-wait', 'init')
  start(
    t,
    part('ovs-vswitchd'),
    [`unix:${socket}`, '--disable-system', '--unixctl=switch.ctl'],
    options,
  )
  const ports = ['left', 'right'].flatMap(port => ['--', 'add-port', 'br0', port])
  await vsctl('add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev', ...ports)
  const settings = [
    'agent=agent',
    `targets="${COLLECTOR}"`,
    'header=128',
    `sampling=${sampling}`,
    'polling=2',
  ]
  await vsctl(
    '--',
    '--id=@s',
    'create',
    'sFlow',
    ...settings,
    '--',
    'set',
    'bridge',
    'br0',
    'sflow=@s',
  )
}

function countersText(): string {
  const names = Object.keys(COUNTERS).map(name => `counter ${name} { }`)
  const rules = Object.entries(COUNTERS).map(([name, match]) => `${match} counter name ${name}`)
  const chain = ['type filter hook prerouting priority -300;', ...rules].join('\n')
  return `table ip seen {\n${names.join('\n')}\nchain arriving {\n${chain}\n}\n}`
}

function readCounters(text: string): Readonly<Record<CounterName, Count>> {
  const { nftables } = JSON.parse(text) as { nftables: { counter?: Count & { name: string } }[] }
  const found = nftables.flatMap(({ counter }) =>
    counter ? [[counter.name, { packets: counter.packets, bytes: counter.bytes }] as const] : [],
  )
  return Object.fromEntries(found) as Record<CounterName, Count>
}

/** Ends what runs in the namespace, which only a test can have started, and removes it. */
async function endNamespace(namespace: string): Promise<void> {
  const { stdout } = await run(part('ip'), ['netns', 'pids', namespace])
  for (const pid of stdout.split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It was gone already.
    }
  }
  await run(part('ip'), ['netns', 'del', namespace])
}

/** Namespaces of tests that were killed: their names say which process made them. */
export async function endLeftovers(): Promise<void> {
  const folder = '/run/netns'
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const pid = /^loop(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await endNamespace(name)
  }
}
