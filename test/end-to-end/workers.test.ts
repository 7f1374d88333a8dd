/**
 * Two workers on one port, as users run them: an agent that comes by many source ports, which the
 * kernel gives to both; flows over all agents that come and go; a worker that dies; an end in order.
 */
import { spawnSync } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { portDatagram } from '../support/datagrams.ts'
import { part } from '../support/parts.ts'
import { type Bridge, startBridge, temporaryFolder, until } from '../support/processes.ts'
import { LENGTH, SAMPLING_RATE, udpFlow } from '../support/udp-flow.ts'

const AGENT = '10.0.0.1'
const SUB_AGENTS = 4
const PORTS = 64
const SAMPLE_BYTES = LENGTH * SAMPLING_RATE

const CONFIGURATION = `
limits: { flow_hold: 1s, flow_linger: 1s }
flows:
  - { name: everywhere, keys: [ipsource], by: all, t: 0.2, n: 3, max: 12 }
  - { name: named, keys: ['concat:-:ipsource:[null:[ifname:inputifindex]:none]'], labels: [what], by: all, t: 0.2, n: 3, max: 12 }
thresholds:
  - { name: agents, flow: talkers, value: 1 }
  - { name: all, flow: everywhere, value: 1 }
`

/** So many sockets, each on a port of its own. */
async function openSockets(t: ExecutionContext, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'))
  t.teardown(() => {
    for (const socket of sockets) socket.close()
  })
  for (const socket of sockets) {
    await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', () => resolve()))
  }
  return sockets
}

/** Sends as one agent with several sub-agents, each datagram from the next port; waits for each to be out. */
class ManyPorts {
  readonly sent = new Array<number>(SUB_AGENTS).fill(0)
  flowSamples = 0
  readonly #sockets: readonly Socket[]
  readonly #port: number
  #next = 0

  constructor(sockets: readonly Socket[], port: number) {
    this.#sockets = sockets
    this.#port = port
  }

  get total(): number {
    return this.sent.reduce((sum, count) => sum + count, 0)
  }

  async packet(subAgent: number, source: string): Promise<void> {
    this.flowSamples += 1
    await this.#send(udpFlow({ agent: AGENT, source, ...this.#numbers(subAgent) }))
  }

  /** Counters of port 7, which all sub-agents claim. */
  async counters(subAgent: number): Promise<void> {
    const values = { ifIndex: 7, ifInOctets: this.total, name: 'swp7' }
    await this.#send(portDatagram({ agent: AGENT, ...this.#numbers(subAgent) }, values))
  }

  #numbers(subAgent: number) {
    const sequence = (this.sent[subAgent] as number) + 1
    this.sent[subAgent] = sequence
    return { subAgent, sequence, uptimeMs: sequence * 10 }
  }

  #send(bytes: Uint8Array): Promise<void> {
    const socket = this.#sockets[this.#next++ % this.#sockets.length] as Socket
    return new Promise(resolve => socket.send(bytes, this.#port, '127.0.0.1', () => resolve()))
  }
}

/** All scrapes of a run: no series twice, no total falls, flows begin at 0. */
class Scrapes {
  readonly last = new Map<string, number>()
  readonly faults: string[] = []
  count = 0
  page = ''

  take(page: string): void {
    const seen = new Set<string>()
    for (const line of page.split('\n')) {
      if (line === '' || line.startsWith('#')) continue
      const at = line.lastIndexOf(' ')
      this.#take(line.slice(0, at), Number(line.slice(at + 1)), seen)
    }
    this.count += 1
    this.page = page
  }

  /** Of the series of these families, as last seen: some have left the page. */
  sum(pattern: RegExp): number {
    let sum = 0
    for (const [series, value] of this.last) if (pattern.test(series)) sum += value
    return sum
  }

  #take(series: string, value: number, seen: Set<string>): void {
    if (seen.has(series)) this.faults.push(`${series} stands twice`)
    seen.add(series)
    if (!/_total(\{|$)/.test(series)) return
    const before = this.last.get(series)
    if (before !== undefined && value < before) {
      this.faults.push(`${series} fell from ${before} to ${value}`)
    }
    if (before === undefined && value !== 0 && /^sflow_flow_/.test(series)) {
      this.faults.push(`${series} began at ${value}`)
    }
    this.last.set(series, value)
  }
}

async function startTwo(t: ExecutionContext, driver: string): Promise<Bridge> {
  const file = join(temporaryFolder(t), 'bridge.yaml')
  writeFileSync(file, CONFIGURATION)
  return startBridge(t, [
    `--config.file=${file}`,
    '--ingest.workers=2',
    `--ingest.driver=${driver}`,
  ])
}

/** Three sources at a time, others each second: with n = 3 flows come, go and come back. */
async function sendFor(seconds: number, sender: ManyPorts, bridge: Bridge): Promise<Scrapes> {
  const scrapes = new Scrapes()
  scrapes.take(await bridge.page())
  const beganMs = Date.now()
  for (let round = 0; Date.now() - beganMs < seconds * 1_000; round++) {
    const phase = Math.floor((Date.now() - beganMs) / 1_000) % 4
    for (let index = 0; index < 40; index++) {
      const subAgent = (round + index) % SUB_AGENTS
      if (index < 39) await sender.packet(subAgent, `10.9.${phase}.${index % 3}`)
      else await sender.counters(subAgent)
    }
    scrapes.take(await bridge.page())
  }
  return scrapes
}

for (const driver of ['dgram', 'drain']) {
  test.serial(
    `${driver}: an agent that comes by ${PORTS} ports is one agent, and flows over all agents are one set`,
    async t => {
      const bridge = await startTwo(t, driver)
      const sender = new ManyPorts(await openSockets(t, PORTS), bridge.sflowPort)
      const scrapes = await sendFor(12, sender, bridge)
      // Until all has arrived and every total has been shown.
      await until(async () => {
        scrapes.take(await bridge.page())
        return scrapes.last.get('sflow_bridge_datagrams_received_total') === sender.total
      })
      const all = sender.flowSamples * SAMPLE_BYTES
      for (const name of ['everywhere', 'named']) {
        await until(async () => {
          scrapes.take(await bridge.page())
          return scrapes.sum(new RegExp(`^sflow_flow_${name}_(other_)?bytes_total`)) === all
        })
      }
      t.deepEqual(scrapes.faults, [])
      for (const [subAgent, sent] of sender.sent.entries()) {
        const labels = `{agent="${AGENT}",sub_agent="${subAgent}"}`
        t.is(scrapes.last.get(`sflow_agent_datagrams_total${labels}`), sent)
        t.is(scrapes.last.get(`sflow_agent_datagrams_lost_total${labels}`), 0)
        t.is(scrapes.last.get(`sflow_agent_datagrams_duplicated_total${labels}`), 0)
        t.is(scrapes.last.get(`sflow_agent_restarts_total${labels}`), 0)
        t.is(scrapes.last.get(`sflow_agent_identity_conflicts_total${labels}`), 0)
      }
      t.is(scrapes.sum(/^sflow_bridge_datagrams_refused_total/), 0)
      const forwarded = scrapes.last.get('sflow_bridge_datagrams_forwarded_total') as number
      t.true(forwarded > sender.total / 10, 'both workers received')
      t.is(scrapes.last.get('sflow_bridge_sources_shadowed_total'), SUB_AGENTS - 1)
      const created = scrapes.last.get('sflow_bridge_series_created_total{table="flow_everywhere"}')
      const left = scrapes.last.get('sflow_bridge_series_evicted_total{table="flow_everywhere"}')
      t.true((left as number) >= 6, 'flows have come and gone')
      t.true((created as number) <= 12, 'and came back as the series that they were')
      const keys = /^sflow_bridge_flow_keys\{flow="everywhere"\} (.+)$/m.exec(scrapes.page)?.[1]
      const keysCreated = 'sflow_bridge_flow_keys_created_total{flow="everywhere"}'
      t.is(scrapes.last.get(keysCreated), Number(keys), 'counted in one place, and none had to go')
      t.true(Number(keys) > 0)
      const lint = spawnSync(part('promtool'), ['check', 'metrics'], {
        input: scrapes.page,
        encoding: 'utf8',
      })
      t.is(lint.stdout + lint.stderr, '')
      t.is(lint.status, 0)
      t.log(
        `${sender.total} datagrams, ${forwarded} forwarded, ${scrapes.count} scrapes, ${left} flows left`,
      )
    },
  )
}

test.serial('a threshold over all agents sees what both workers received', async t => {
  const file = join(temporaryFolder(t), 'bridge.yaml')
  // Each datagram is 1 kB/s over 100 s: 64 of them are enough, those of one worker are not.
  writeFileSync(
    file,
    `flows: [{ name: everywhere, keys: [ipdestination], by: all, t: 100, n: 3 }]
thresholds: [{ name: much, flow: everywhere, value: 58000 }]
`,
  )
  const bridge = await startBridge(t, [`--config.file=${file}`, '--ingest.workers=2'])
  const ask = async <T>(path: string) => (await (await fetch(bridge.url + path)).json()) as T
  const sockets = await openSockets(t, PORTS)
  const send = async (from: number, to: number) => {
    for (const [index, socket] of sockets.slice(from, to).entries()) {
      // An agent for each socket: whichever worker the kernel takes for it owns it.
      const bytes = udpFlow({ agent: `10.0.1.${from + index}`, sequence: 1, uptimeMs: 1 })
      await new Promise<void>(resolve =>
        socket.send(bytes, bridge.sflowPort, '127.0.0.1', () => resolve()),
      )
    }
  }
  await send(0, 56)
  await until(async () => {
    const [flow] = await ask<{ value: number }[]>('/api/v1/activeflows/everywhere')
    return flow !== undefined && flow.value > 40_000
  })
  t.deepEqual(await ask('/api/v1/events?timeout=0'), [])
  await send(56, 64)
  const sentMs = Date.now()
  const events = await ask<{ timestamp: number; agent: string; thresholdID: string }[]>(
    '/api/v1/events?timeout=30',
  )
  t.like(events, [{ thresholdID: 'much', status: 'firing', agent: '' }])
  t.is(events.length, 1)
  t.log(`the event is ${Date.now() - sentMs} ms behind the last datagram`)
})

/** Throws in whatever ingest worker runs when the file is there: a fault of ours, in the flesh. */
const FAULT = `
import { existsSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
if (!isMainThread) {
  setInterval(() => {
    if (existsSync(process.env.TEST_FAULT_FILE)) throw new Error('a fault of the test')
  }, 20).unref()
}
`

for (const workers of [1, 2]) {
  test.serial(
    `of ${workers}, a worker that dies ends the bridge, with one line and status 1`,
    async t => {
      const folder = temporaryFolder(t)
      const preload = join(folder, 'fault.mjs')
      const trigger = join(folder, 'now')
      writeFileSync(preload, FAULT)
      const env = { ...process.env, NODE_OPTIONS: `--import=${preload}`, TEST_FAULT_FILE: trigger }
      const bridge = await startBridge(t, [`--ingest.workers=${workers}`], { env })
      const sender = new ManyPorts(await openSockets(t, 4), bridge.sflowPort)
      for (let index = 0; index < 100; index++) await sender.packet(0, '10.9.0.1')
      const ended = new Promise<number | null>(resolve => bridge.child.on('close', resolve))
      writeFileSync(trigger, '')
      const line = await bridge.line(/an ingest worker ended/)
      t.like(JSON.parse(line), { level: 'error', reason: 'a fault of the test' })
      t.is(await ended, 1)
    },
  )
}

test.serial('SIGTERM while both workers receive: the end is in order, and soon', async t => {
  const bridge = await startTwo(t, 'dgram')
  const sender = new ManyPorts(await openSockets(t, PORTS), bridge.sflowPort)
  let sending = true
  const sent = (async () => {
    while (sending) {
      await sender.packet(0, '10.9.0.1')
      // A send that succeeds at once does not let the event loop turn.
      await new Promise(resolve => setImmediate(resolve))
    }
  })()
  await until(
    async () =>
      (await bridge.family('sflow_agent_datagrams_total'))[`agent="${AGENT}",sub_agent="0"`],
  )
  const beganMs = Date.now()
  t.is(await bridge.end(), 0)
  sending = false
  await sent
  t.true(Date.now() - beganMs < 5_000)
  t.false(bridge.lines.some(line => /"level":"(error|fatal)"/.test(line)))
})
