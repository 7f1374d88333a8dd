/**
 * Wrapped counters over a kill and a restart of the bridge: a real Prometheus must never see more
 * than the truth. Run on real time; the agent's clock goes as the wall's does.
 */
import { createSocket } from 'node:dgram'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { portDatagram } from '../support/datagrams.ts'
import { startBridge, startPrometheus, temporaryFolder, until } from '../support/processes.ts'

const WRAP = 2 ** 32
const UNICAST = 'agent="10.0.0.1",ifindex="1",ifname="swp1",cast="unicast"'
const PACKETS = 'sflow_interface_receive_packets_total'

test('increase() over a wrap, a kill and a restart is at most the truth, and what survives is exact', async t => {
  const storage = join(temporaryFolder(t), 'data')
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  const started = Date.now()
  let sequence = 0
  const send = async (bridge: { sflowPort: number }, unicast: number) => {
    sequence += 1
    const bytes = portDatagram(
      { sequence, uptimeMs: 1_000_000 + Date.now() - started },
      { ifInUcastPkts: unicast % WRAP, ifInOctets: unicast * 64, ifSpeed: 100_000_000_000 },
    )
    await new Promise<void>(resolve =>
      socket.send(bytes, bridge.sflowPort, '127.0.0.1', () => resolve()),
    )
  }
  let bridge = await startBridge(t, [], { storage })
  const { sflowPort, url } = bridge
  const ports = { listen: `127.0.0.1:${sflowPort}`, web: new URL(url).host }
  const prometheus = await startPrometheus(
    t,
    `global: { scrape_interval: 250ms }
scrape_configs: [{ job_name: sflow, static_configs: [{ targets: ['${ports.web}'] }] }]
`,
  )
  const shown = (value: number) =>
    until(async () => {
      const query = `${PACKETS}{cast="unicast"}`
      const [reading] = await prometheus.query(query)
      return Number(reading?.value[1]) === value
    })
  const first = WRAP - 5_000
  await send(bridge, first)
  await shown(first)
  await send(bridge, WRAP + 1_000)
  await shown(WRAP + 1_000)
  await bridge.end('SIGKILL')
  // What a torn write leaves behind must not disturb.
  appendFileSync(join(storage, 'counter-epochs.log'), '10.0.0.1/0/0:1/0:1/-1/6 99')
  bridge = await startBridge(t, [], { storage, ...ports })
  await send(bridge, WRAP + 3_000)
  await shown(WRAP + 3_000)
  t.is((await bridge.family(PACKETS))[UNICAST], WRAP + 3_000)
  // A clean stop, and a wrap while the bridge is down.
  await bridge.end('SIGTERM')
  bridge = await startBridge(t, [], { storage, ...ports })
  await send(bridge, 2 * WRAP + 7)
  await shown(2 * WRAP + 7)
  const now = Date.now() / 1_000
  const points =
    (await prometheus.range(`${PACKETS}{cast="unicast"}`, now - 120, now, 0.25))[0]?.values ?? []
  const increase = points.reduce((sum, [, text], index) => {
    const value = Number(text)
    const before = index === 0 ? value : Number(points[index - 1]?.[1])
    return sum + (value >= before ? value - before : value)
  }, 0)
  const truth = 2 * WRAP + 7 - first
  t.true(increase <= truth, `${increase} of ${truth}`)
  t.is(increase, truth, 'with its epochs on disk nothing is missing either')
  t.regex(
    readFileSync(join(storage, 'counter-epochs.log'), 'utf8'),
    /^10\.0\.0\.1\/0\/0:1\/0:1\/-1\/6 /m,
  )
})

test('without a disk the bridge says so, goes on, and shows wrapped counters at once', async t => {
  const bridge = await startBridge(t, ['--storage.path=/proc/none'])
  await bridge.line(/storage cannot be written/)
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  for (const [index, unicast] of [WRAP - 10, 5].entries()) {
    const bytes = portDatagram(
      { sequence: index + 1, uptimeMs: index * 30_000 },
      { ifInUcastPkts: unicast },
    )
    socket.send(bytes, bridge.sflowPort, '127.0.0.1')
  }
  await until(async () => (await bridge.family(PACKETS))[UNICAST] === WRAP + 5)
  t.deepEqual(await bridge.family('sflow_bridge_storage_writable'), { '': 0 })
})
