/**
 * Overload: a burst far beyond what the bridge can take, a scraper that does not read, a flood of new
 * keys, reloads. Each is over by itself, what was live stays, and every datagram is accounted for.
 */
import { createSocket, type Socket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Load } from '../../src/simulate/load.ts'
import { portDatagram } from '../support/datagrams.ts'
import { type Bridge, startBridge, temporaryFolder, until } from '../support/processes.ts'

const LIVE_AGENT = '10.99.0.1'
/** Sent at once while nobody reads: hundreds of times what the buffer holds. */
const BURST = 5_000
const AGENTS = 4
const PORTS = 12
/** Half of what the buffer holds. */
const GROUP = 80
const FLOOD = 2_000
/** Four agents rank ten sources each: there are more than `few` has room for, however fast the flood is. */
const CONFIGURATION = `listen:
  receive_buffer: 212992
limits:
  first_exposure: 0s
flows:
  - { name: few, keys: [ipsource], n: 10, max: 20, budget: 20 }
`

/** Sends, and knows what the bridge must have counted. */
class Traffic {
  readonly bridge: Bridge
  readonly #socket: Socket
  sent = 0
  #live = 0

  constructor(bridge: Bridge, socket: Socket) {
    this.bridge = bridge
    this.#socket = socket
  }

  send(bytes: Uint8Array): Promise<void> {
    this.sent += 1
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const done = (error: Error | null) => (error ? reject(error) : resolve())
    this.#socket.send(Buffer.from(bytes), this.bridge.sflowPort, '127.0.0.1', done)
    return promise
  }

  /** In groups, each awaited: what is no overload loses nothing. Returns the kernel's drops meanwhile. */
  async sendCalmly(load: Load, count: number): Promise<number> {
    const before = (await this.accounts()).drops
    for (let made = 0; made < count; made++) {
      await this.send(load.next(1_000 + made))
      if (made % GROUP !== 0) continue
      await this.sendLive()
      await this.accounts()
    }
    return (await this.accounts()).drops - before
  }

  /** The agent that must not suffer: its counter is the number of its datagrams. */
  async sendLive(): Promise<void> {
    this.#live += 1
    const sent = { agent: LIVE_AGENT, sequence: this.#live, uptimeMs: this.#live * 100 }
    await this.send(portDatagram(sent, { ifInOctets: this.#live }))
  }

  /** When all that was sent has arrived or was dropped by the kernel: nothing is ever missing. */
  accounts(): Promise<{ readonly received: number; readonly drops: number }> {
    return until(async () => {
      const page = await this.bridge.page()
      const received = reading(page, 'sflow_bridge_datagrams_received_total')
      const drops = reading(page, 'sflow_bridge_kernel_drops_total')
      return received + drops === this.sent && { received, drops }
    }, 50)
  }

  async sum(family: string): Promise<number> {
    const readings = Object.values(await this.bridge.family(family))
    return readings.reduce((total, one) => total + one, 0)
  }

  /** The live agent's counter arrives, after whatever was. */
  async liveArrives(): Promise<void> {
    await until(async () => {
      await this.sendLive()
      const rows = await this.bridge.family('sflow_interface_receive_bytes_total')
      const own = Object.entries(rows).find(([labels]) => labels.includes(`"${LIVE_AGENT}"`))
      return own?.[1] === this.#live
    })
  }
}

/** Of a family with one series. */
function reading(page: string, family: string): number {
  const at = page.indexOf(`\n${family} `)
  return at < 0 ? 0 : Number.parseFloat(page.slice(at + family.length + 2))
}

async function startTraffic(t: ExecutionContext): Promise<Traffic> {
  t.timeout(300_000)
  const file = join(temporaryFolder(t), 'bridge.yaml')
  writeFileSync(file, CONFIGURATION)
  const bridge = await startBridge(t, [`--config.file=${file}`])
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  return new Traffic(bridge, socket)
}

const newLoad = (spoofed = false) => new Load({ agents: AGENTS, portsPerAgent: PORTS, spoofed })

test.serial(
  'overload: a burst is over when it is over, and is counted to the datagram',
  async t => {
    const traffic = await startTraffic(t)
    await traffic.liveArrives()
    const load = newLoad()
    // For as long as nothing reads, any rate is more than ten times what can be sustained.
    traffic.bridge.child.kill('SIGSTOP')
    for (let made = 0; made < BURST; made++) await traffic.send(load.next(1_000 + made))
    traffic.bridge.child.kill('SIGCONT')
    const { drops } = await traffic.accounts()
    t.true(drops > BURST / 2, 'it was an overload')
    await traffic.liveArrives()
    t.is(await traffic.sum('sflow_agent_restarts_total'), 0)
    const refused = await traffic.sum('sflow_bridge_datagrams_refused_total')
    const processed = await traffic.sum('sflow_agent_datagrams_total')
    const { received } = await traffic.accounts()
    t.is(processed + refused, received, 'received = processed + refused')
  },
)

test.serial('overload: a scraper that does not read holds up nobody', async t => {
  const traffic = await startTraffic(t)
  await traffic.sendCalmly(newLoad(), 2 * AGENTS * PORTS)
  const { port } = new URL(traffic.bridge.url)
  const stalled = Array.from({ length: 20 }, () => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    t.teardown(() => socket.destroy())
    socket.pause()
    socket.write('GET /metrics HTTP/1.1\r\nHost: bridge\r\n\r\n')
    return socket
  })
  t.is(stalled.length, 20)
  await traffic.sendCalmly(newLoad(), 400)
  const page = await traffic.bridge.page()
  t.true(page.split('\n').length > AGENTS * PORTS * 20, 'others get the whole page')
  await traffic.liveArrives()
})

test.serial(
  'overload: a flood of new keys fills tables, says so, and evicts nothing that lives',
  async t => {
    const traffic = await startTraffic(t)
    await traffic.sendCalmly(newLoad(), 2 * AGENTS * PORTS)
    await traffic.liveArrives()
    const before = await traffic.bridge.family('sflow_interface_receive_bytes_total')
    await traffic.sendCalmly(newLoad(true), FLOOD)
    const after = await traffic.bridge.family('sflow_interface_receive_bytes_total')
    for (const labels of Object.keys(before)) t.true(labels in after, `${labels} is gone`)
    const series = await traffic.bridge.family('sflow_bridge_series')
    const limits = await traffic.bridge.family('sflow_bridge_series_limit')
    for (const [table, count] of Object.entries(series))
      t.true(count <= (limits[table] ?? 0), table)
    const refused = async () => (await traffic.sum('sflow_bridge_series_refused_total')) > 0
    t.true(await until(refused), 'what was left out is told')
    await traffic.liveArrives()
  },
)

test.serial('overload: reloads while datagrams come lose none', async t => {
  const traffic = await startTraffic(t)
  await traffic.liveArrives()
  const reload = async () =>
    (await fetch(`${traffic.bridge.url}/-/reload`, { method: 'POST' })).status
  const load = newLoad()
  for (let round = 0; round < 5; round++) {
    const reloading = reload()
    t.is(await traffic.sendCalmly(load, 200), 0, 'no drop')
    t.is(await reloading, 200)
  }
  await traffic.liveArrives()
  t.is(await traffic.sum('sflow_agent_datagrams_lost_total'), 0)
})
