/**
 * Counters of a real Open vSwitch, with traffic made in network namespaces: on the bridge's page
 * they are what the switch itself says, and a real Prometheus computes the rate that was sent.
 */
import test from 'ava'
import {
  type Bridge,
  type Prometheus,
  startBridge,
  startPrometheus,
  until,
} from '../support/processes.ts'
import { type Numbers, type SwitchNet, startSwitchNet } from '../support/switch-net.ts'
import { laterRounds, startIperf } from '../support/switch-traffic.ts'

/** The quantities of the switch's database that sFlow carries, and the metrics that must equal them. */
const METRICS = {
  rx_bytes: ['sflow_interface_receive_bytes_total', ''],
  rx_packets: ['sflow_interface_receive_packets_total', ',cast="unicast"'],
  rx_dropped: ['sflow_interface_receive_discards_total', ''],
  rx_errors: ['sflow_interface_receive_errors_total', ''],
  tx_bytes: ['sflow_interface_transmit_bytes_total', ''],
  tx_packets: ['sflow_interface_transmit_packets_total', ',cast="unicast"'],
  tx_dropped: ['sflow_interface_transmit_discards_total', ''],
  tx_errors: ['sflow_interface_transmit_errors_total', ''],
} as const

const DATABASE_REFRESH_MS = 5_000
const POLLING_S = 1

test('settled interface metrics equal the statistics of the switch exactly', async t => {
  const net = await startSwitchNet(t)
  const bridge = await startBridge(t, [], { listen: `${net.collector}:0` })
  await net.sendTo(bridge.sflowPort, { sampling: 100, polling: POLLING_S })
  const there = ['-t', '2', '-b', '8M']
  const back = ['-u', '-l', '300', '-n', '200K', '-b', '4M']
  const transfers = [
    await startIperf(t, net.left, net.right, { port: 5201, words: there }),
    await startIperf(t, net.right, net.left, { port: 5202, words: back }),
  ]
  await Promise.all(transfers.map(({ report }) => report))
  // The far end takes no long frames any more: they are dropped on the way out of the switch.
  await net.limitFrames(net.right, 1_000)
  const long = ['-u', '-l', '1200', '-n', '60K', '-b', '2M']
  await (await startIperf(t, net.left, net.right, { port: 5203, words: long })).report
  const settled = await settledStatistics(net)
  await laterRounds(bridge, net)
  for (const [port, statistics] of Object.entries(settled)) {
    const shown = await shownOf(bridge, net.agent, port)
    const expected = Object.fromEntries(
      Object.keys(METRICS).map(quantity => [quantity, statistics[quantity]]),
    )
    t.log(port, JSON.stringify(shown))
    t.deepEqual(shown, expected, port)
  }
  t.true((settled.toRight?.tx_bytes ?? 0) > 2_000_000, 'there was traffic one way')
  t.true((settled.toLeft?.tx_bytes ?? 0) > 200_000, 'and back')
  t.true((settled.toRight?.tx_dropped ?? 0) >= 50, 'and there were drops')
})

/** What the switch says of its ports, once its database holds what the kernel counts. */
function settledStatistics(net: SwitchNet): Promise<Record<string, Numbers>> {
  const ports = [net.left.port, net.right.port]
  return until(async () => {
    const found: Record<string, Numbers> = {}
    for (const port of ports) {
      const kernel = await net.kernelStatistics(port)
      const switched = await net.statistics(port)
      if (Object.keys(METRICS).some(quantity => kernel[quantity] !== switched[quantity])) return
      found[port] = switched
    }
    return found
  }, DATABASE_REFRESH_MS / 20)
}

async function shownOf(bridge: Bridge, agent: string, port: string): Promise<Numbers> {
  const shown: Record<string, number> = {}
  for (const [quantity, [family, cast]] of Object.entries(METRICS)) {
    for (const [labels, value] of Object.entries(await bridge.family(family))) {
      const isPort = labels.startsWith(`agent="${agent}",`) && labels.includes(`ifname="${port}"`)
      if (isPort && labels.endsWith(cast || `ifname="${port}"`)) shown[quantity] = value
    }
  }
  return shown
}

/** Ethernet, IPv4 and UDP headers of a datagram. An interface counts no frame check sequence. */
const HEADER_BYTES = 42
const DATAGRAM_BYTES = 1_000
/** A counter on the page is up to one poll old, 1 s: at worst 3.6 % of this window. */
const WINDOW_S = 28
const TRAFFIC_S = 34
const TOLERANCE = 0.05

test('a real Prometheus gives a rate within 5 % of what was sent', async t => {
  const net = await startSwitchNet(t)
  const bridge = await startBridge(t, [], { listen: `${net.collector}:0` })
  await net.sendTo(bridge.sflowPort, { sampling: 100, polling: POLLING_S })
  const prometheus = await startPrometheus(
    t,
    `global: { scrape_interval: 1s }
scrape_configs: [{ job_name: sflow, static_configs: [{ targets: ['${new URL(bridge.url).host}'] }] }]
`,
  )
  const received = 'sflow_interface_receive_bytes_total{ifname="toLeft"}'
  const transmitted = 'sflow_interface_transmit_bytes_total{ifname="toRight"}'
  const before = await until(() => currentValue(prometheus, received))
  const words = ['-u', '-b', '4M', '-l', String(DATAGRAM_BYTES), '-t', String(TRAFFIC_S)]
  const transfer = await startIperf(t, net.left, net.right, { port: 5201, words })
  const { sum } = (await transfer.report).end
  const endedMs = Date.now()
  const sent = sum.bytes + sum.packets * HEADER_BYTES
  const settled = (await net.kernelStatistics('toLeft')).rx_bytes ?? 0
  const after = await until(async () => {
    const value = await currentValue(prometheus, received)
    return value === settled && value
  })
  t.true(after - before >= sent, 'nothing is missing')
  t.true(after - before <= sent * (1 + TOLERANCE), `${after - before} for ${sent} sent`)
  // The whole window lies in the traffic: its end is before the last datagram, its start after the first.
  for (const expression of [received, transmitted]) {
    const rate = Number(
      (await prometheus.query(`rate(${expression}[${WINDOW_S}s])`, endedMs / 1_000 - 2))[0]
        ?.value[1],
    )
    const ratio = rate / (sent / sum.seconds)
    t.log(`${expression}: ${rate.toFixed(0)} bytes/s, ${ratio.toFixed(4)} of what was sent`)
    t.true(Math.abs(ratio - 1) < TOLERANCE, `${expression}: ${ratio} of what was sent`)
  }
})

async function currentValue(
  prometheus: Prometheus,
  expression: string,
): Promise<number | undefined> {
  const [reading] = await prometheus.query(expression)
  return reading && Number(reading.value[1])
}
