/** `/agent` on a real Prometheus: found through `/sd`, one `up` an agent, queries of known dashboards. */

import { spawnSync } from 'node:child_process'
import test from 'ava'
import { capturePath } from '../support/engine.ts'
import { startBridge, startPrometheus, until } from '../support/processes.ts'

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname

/** What dashboards for snmp_exporter and node_exporter ask, less their variables. */
const QUERIES = [
  'ifHCInOctets{instance="10.77.0.1",ifName="vA"}',
  'ifHCOutOctets{instance="10.88.0.254"}',
  'ifHighSpeed{ifName="br0"}',
  'ifOperStatus == 1',
  'sum by (ifDescr) (ifInErrors + ifOutErrors)',
  'node_load1{instance="10.77.0.1"}',
  'node_memory_MemTotal_bytes - node_memory_MemFree_bytes - node_memory_Cached_bytes',
  'sum by (mode) (node_cpu_seconds_total{instance="10.77.0.1"})',
  'node_uname_info{nodename="vm"}',
  'node_network_receive_bytes_total',
  'node_filesystem_avail_bytes / node_filesystem_size_bytes',
]

test('each agent is a target of its own, under the names that known dashboards ask for', async t => {
  const bridge = await startBridge(t)
  for (const name of ['hsflowd-docker', 'ovs']) {
    const words = [
      MAIN,
      'replay',
      capturePath(name),
      `--to=127.0.0.1:${bridge.sflowPort}`,
      '--speed=max',
    ]
    t.is(spawnSync(process.execPath, words).status, 0)
  }
  await until(async () => (await bridge.page()).includes('ifname="br0"'))
  const { host } = new URL(bridge.url)
  const prometheus = await startPrometheus(
    t,
    `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: sflow-agents
    metrics_path: /agent
    http_sd_configs: [{ url: '${bridge.url}/sd', refresh_interval: 1s }]
    relabel_configs:
      - { source_labels: [__address__], target_label: __param_target }
      - { source_labels: [__param_target], target_label: instance }
      - { target_label: __address__, replacement: '${host}' }
`,
  )
  const up = await until(async () => {
    const found = await prometheus.query('up == 1')
    return found.length === 2 && found
  })
  t.deepEqual(up.map(({ metric }) => metric.instance).sort(), ['10.77.0.1', '10.88.0.254'])
  for (const query of QUERIES) t.true((await prometheus.query(query)).length > 0, query)
  t.is((await fetch(`${bridge.url}/agent?target=192.0.2.9`)).status, 404)
  t.is((await fetch(`${bridge.url}/agent`)).status, 400)
})
