/** The page of one agent: what must hold whatever the agent says. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { agentPage } from '../../src/metrics/agent-page.ts'
import { agentPageReferenceText } from '../../src/metrics/agent-page-reference.ts'
import { metricCatalogue } from '../../src/metrics/catalogue.ts'
import { DEVICE_COMPAT } from '../../src/metrics/compat-device.ts'
import { HOST_COMPAT } from '../../src/metrics/compat-host.ts'
import { INTERFACE_COMPAT } from '../../src/metrics/compat-interface.ts'

test('docs/reference/agent-page.md is what the program says (npm run docs)', t => {
  const page = new URL('../../docs/reference/agent-page.md', import.meta.url)
  t.true(readFileSync(page, 'utf8') === agentPageReferenceText(), 'it is stale')
})

test('each number of the page is one of ours', t => {
  const ours = new Set(metricCatalogue().map(({ name }) => name))
  for (const { from, plus = [] } of [...INTERFACE_COMPAT, ...HOST_COMPAT, ...DEVICE_COMPAT]) {
    for (const one of [from, ...plus]) t.true(ours.has(one.replace(/\{.*/, '')), one)
  }
})

const host = (name: string, readings: Readonly<Record<string, number>>) => {
  return { name, host: name, lastSeenMs: 100_000, readings }
}

test('two hosts behind one address are told apart, one alone bears no label', t => {
  const one = agentPage([], [host('a', { sflow_host_load1: 1 })], 0)
  t.regex(one, /^node_load1 1$/m)
  const two = agentPage(
    [],
    [host('a', { sflow_host_load1: 1 }), host('b', { sflow_host_load1: 2 })],
    0,
  )
  t.regex(two, /^node_load1\{nodename="a"\} 1\nnode_load1\{nodename="b"\} 2$/m)
})

for (const [cpus, lines] of [
  [4, 4],
  [1, 1],
  [0, 1],
  [2 ** 32 - 2, 1],
] as const) {
  test(`a host that says it has ${cpus} cores shows ${lines}`, t => {
    const idle = 'sflow_host_cpu_seconds_total{mode="idle"}'
    const page = agentPage([], [host('a', { sflow_host_cpus: cpus, [idle]: 100 })], 0)
    const found = Array.from(page.matchAll(/^node_cpu_seconds_total\{.*mode="idle"\} (.*)$/gm))
    t.is(found.length, lines)
    t.is(
      found.reduce((sum, [, value]) => sum + Number(value), 0),
      100,
    )
  })
}

test('the time of boot is reckoned from when the host was last heard of', t => {
  const page = agentPage([], [host('a', { sflow_host_uptime_seconds: 40 })], 0)
  t.regex(page, /^node_time_seconds 100\n/m)
  t.regex(page, /^node_boot_time_seconds 60\n/m)
})

test('network devices are told one by one where the agent counts them, else as one', t => {
  const sums = { sflow_host_network_receive_bytes_total: 7 }
  t.regex(
    agentPage([], [host('a', sums)], 0),
    /^node_network_receive_bytes_total\{device="all"\} 7$/m,
  )
  const eth0 = {
    name: 'eth0',
    ifIndex: 2,
    alias: 'uplink',
    lastSeenMs: 0,
    readings: {
      sflow_interface_receive_bytes_total: 5,
      'sflow_interface_receive_packets_total{cast="unicast"}': 3,
      'sflow_interface_receive_packets_total{cast="multicast"}': 1,
      sflow_interface_oper_up: 1,
      sflow_interface_admin_up: 1,
      sflow_interface_speed_bytes: 125_000_000,
    },
  }
  const page = agentPage([eth0], [host('a', sums)], 0)
  const lines = page.split('\n').filter(line => line.startsWith('node_network_'))
  t.deepEqual(lines, [
    'node_network_receive_bytes_total{device="eth0"} 5',
    'node_network_receive_packets_total{device="eth0"} 4',
    'node_network_receive_multicast_total{device="eth0"} 1',
    'node_network_up{device="eth0"} 1',
    'node_network_speed_bytes{device="eth0"} 125000000',
    'node_network_info{device="eth0",operstate="up",adminstate="up",ifalias="uplink"} 1',
  ])
  t.notRegex(agentPage([eth0], [], 0), /node_/, 'a switch without a host is no host')
})

test('what node_exporter gives no type has none here', t => {
  const readings = { sflow_host_tcp_connections: 1, sflow_host_ip_forwarding: 0 }
  const page = agentPage([], [host('a', readings)], 0)
  t.regex(page, /^# TYPE node_netstat_Tcp_CurrEstab untyped\nnode_netstat_Tcp_CurrEstab 1$/m)
  t.regex(page, /^node_netstat_Ip_Forwarding 2$/m)
})
