/**
 * A real Open vSwitch between two hosts, each in a network namespace of its own; user-space
 * switching, no kernel module. A veth pair joins the switch to where the test runs, so that sFlow
 * reaches a bridge there. Names carry the test's process id. All ends with the test; what a killed
 * test left behind, the next one ends. The hosts know each other, so only tests make traffic.
 *
 *     left 192.0.2.1 --- toLeft [ switch ] toRight --- right 192.0.2.2
 *                             agent 198.18.x.y+1
 *                    the test: collector 198.18.x.y
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

/** /30 networks in 198.18.0.0/15, which RFC 2544 keeps for tests of network devices. */
const SUBNETS = 32_768
const NETS_PER_THREAD = 16
const NAMESPACES = '/run/netns'

export interface SwitchHost {
  readonly namespace: string
  readonly device: string
  readonly address: string
  /** The port of the switch that it hangs on: its name, and its ifIndex in sFlow. */
  readonly port: string
  readonly ifIndex: number
}

export type Numbers = Readonly<Record<string, number>>

export interface SwitchNet {
  readonly left: SwitchHost
  readonly right: SwitchHost
  /** Address of the switch in sFlow. */
  readonly agent: string
  /** Address of the test's end, where a bridge is to listen. */
  readonly collector: string
  /** Lets the switch send samples, 1 in `sampling`, and counters, each `polling` seconds. */
  sendTo(
    port: number,
    settings: { readonly sampling: number; readonly polling: number },
  ): Promise<void>
  /** What the switch's database says of a port; it is renewed each 5 s. */
  statistics(port: string): Promise<Numbers>
  /** Bytes, packets, errors and drops of a port as the kernel has them now, under the same names. */
  kernelStatistics(port: string): Promise<Numbers>
  /** Sets a host's MTU: what is longer, the switch drops on the way out. */
  limitFrames(host: SwitchHost, bytes: number): Promise<void>
}

let made = 0

export async function startSwitchNet(t: ExecutionContext): Promise<SwitchNet> {
  await endLeftovers()
  // Test files are threads of one process, and a thread may make several.
  const id = `ovs${process.pid}-${threadId}-${made}`
  const network = (process.pid * 1_009 + threadId * NETS_PER_THREAD + made) % SUBNETS
  const outside = `ovs-net${network}`
  const subnet = network * 4
  made += 1
  const addresses = [1, 2].map(
    host => `198.${18 + (subnet >> 16)}.${(subnet >> 8) & 255}.${(subnet & 255) + host}`,
  )
  const [collector = '', agent = ''] = addresses
  const middle = `${id}s`
  await addNamespace(t, middle)
  const left = await addHost(t, `${id}l`, middle, 'left', 1)
  const right = await addHost(t, `${id}r`, middle, 'right', 2)
  const pair = ['link', 'add', 'name', 'agent', 'type', 'veth', 'peer', 'name', outside]
  await ip('-n', middle, ...pair, 'netns', String(process.pid))
  await ip('-n', middle, 'addr', 'add', `${agent}/30`, 'dev', 'agent')
  await ip('-n', middle, 'link', 'set', 'agent', 'up')
  await ip('addr', 'add', `${collector}/30`, 'dev', outside)
  await ip('link', 'set', outside, 'up')
  const configure = await startSwitch(t, middle, [left.port, right.port])
  return {
    left,
    right,
    agent,
    collector,
    async sendTo(port, { sampling, polling }) {
      const target = `targets="${collector}:${port}"`
      const rest = ['agent=agent', 'header=128', `sampling=${sampling}`, `polling=${polling}`]
      const use = ['set', 'bridge', 'br0', 'sflow=@sflow']
      await configure('--id=@sflow', 'create', 'sFlow', target, ...rest, '--', ...use)
    },
    async statistics(port) {
      const text = await configure('get', 'interface', port, 'statistics')
      const pairs = [...text.matchAll(/(\w+)=(\d+)/g)]
      return Object.fromEntries(pairs.map(([, name, value]) => [name, Number(value)]))
    },
    kernelStatistics: async port => (await device(middle, port)).statistics,
    async limitFrames(host, bytes) {
      await ip('-n', host.namespace, 'link', 'set', host.device, 'mtu', String(bytes))
    },
  }
}

/** A host that hangs on port `toSIDE` of the switch; it knows the other host's hardware address. */
async function addHost(
  t: ExecutionContext,
  namespace: string,
  middle: string,
  side: 'left' | 'right',
  number: 1 | 2,
): Promise<SwitchHost> {
  const port = side === 'left' ? 'toLeft' : 'toRight'
  const hardware = (host: number) => ['02:00:00:00:00:0', host].join('')
  await addNamespace(t, namespace)
  const inHost = (...words: readonly string[]) => ip('-n', namespace, ...words)
  await inHost('link', 'add', 'name', side, 'type', 'veth', 'peer', 'name', port, 'netns', middle)
  await inHost('link', 'set', side, 'address', hardware(number), 'up')
  await ip('-n', middle, 'link', 'set', port, 'up')
  // A user-space switch takes frames as they are: with their checksums, and no larger than the MTU.
  const offloads = ['tx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off']
  await inNamespace(namespace, part('ethtool'), '-K', side, ...offloads)
  await inNamespace(middle, part('ethtool'), '-K', port, ...offloads)
  await inHost('addr', 'add', `192.0.2.${number}/24`, 'dev', side)
  const other = [`192.0.2.${3 - number}`, 'lladdr', hardware(3 - number)]
  await inHost('neigh', 'add', ...other, 'dev', side, 'nud', 'permanent')
  const { ifIndex } = await device(middle, port)
  return { namespace, device: side, address: `192.0.2.${number}`, port, ifIndex }
}

/** Starts the two daemons with a bridge of these ports; returns `ovs-vsctl` of it. */
async function startSwitch(
  t: ExecutionContext,
  namespace: string,
  ports: readonly string[],
): Promise<(...words: readonly string[]) => Promise<string>> {
  const folder = temporaryFolder(t)
  const env = openvswitchEnvironment(folder)
  const socket = join(folder, 'db.sock')
  const database = join(folder, 'conf.db')
  await run(part('ovsdb-tool'), ['create', database, openvswitchSchema()], { env })
  const control = (daemon: string) => `--unixctl=${join(folder, `${daemon}.ctl`)}`
  const options = { namespace, env }
  start(
    t,
    part('ovsdb-server'),
    [database, `--remote=punix:${socket}`, control('ovsdb-server')],
    options,
  )
  const client = [`--db=unix:${socket}`, '--retry', '--timeout=20']
  const configure = async (...words: readonly string[]) =>
    (await run(part('ovs-vsctl'), [...client, ...words], { env })).stdout
  await configure('--no-wait', 'init')
  start(
    t,
    part('ovs-vswitchd'),
    [`unix:${socket}`, '--disable-system', control('ovs-vswitchd')],
    options,
  )
  const adding = ports.flatMap(port => ['--', 'add-port', 'br0', port])
  const bridge = ['add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev']
  await configure(...bridge, ...adding)
  return configure
}

async function addNamespace(t: ExecutionContext, namespace: string): Promise<void> {
  await ip('netns', 'add', namespace)
  t.teardown(() => ip('netns', 'del', namespace))
  // Without IPv6 nothing speaks unasked.
  const silence =
    'for name in all default; do echo 1 > /proc/sys/net/ipv6/conf/$name/disable_ipv6; done'
  await inNamespace(namespace, 'sh', '-c', silence)
  await ip('-n', namespace, 'link', 'set', 'lo', 'up')
}

interface Link {
  readonly ifindex: number
  readonly stats64: { readonly rx: Numbers; readonly tx: Numbers }
}

async function device(namespace: string, name: string) {
  const text = await ip('-n', namespace, '-s', '-j', 'link', 'show', 'dev', name)
  // The form of iproute2's JSON output.
  const [link] = JSON.parse(text) as readonly Link[]
  if (link === undefined) throw new Error(`no device ${name}`)
  const statistics: Record<string, number> = {}
  for (const [direction, numbers] of Object.entries(link.stats64)) {
    for (const [quantity, value] of Object.entries(numbers)) {
      statistics[`${direction}_${quantity}`] = value
    }
  }
  return { ifIndex: link.ifindex, statistics }
}

/** Ends what tests left behind whose process is gone: their daemons, by id, and their namespaces. */
async function endLeftovers(): Promise<void> {
  if (!existsSync(NAMESPACES)) return
  for (const namespace of readdirSync(NAMESPACES)) {
    const owner = /^ovs(\d+)-\d+-\d+[slr]$/.exec(namespace)?.[1]
    if (owner === undefined || existsSync(`/proc/${owner}`)) continue
    // Another test may be at it too: what is gone already is no fault.
    await endNamespace(namespace).catch(() => {})
  }
}

async function endNamespace(namespace: string): Promise<void> {
  const pids = (await ip('netns', 'pids', namespace)).split('\n').filter(Boolean).map(Number)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  await ip('netns', 'del', namespace)
}

async function ip(...words: readonly string[]): Promise<string> {
  return (await run(part('ip'), [...words])).stdout
}

async function inNamespace(namespace: string, ...words: readonly string[]): Promise<void> {
  await ip('netns', 'exec', namespace, ...words)
}
