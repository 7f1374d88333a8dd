/** `/agent` on a real Prometheus: found through `/sd`, one `up` an agent, queries of known dashboards. */

import { execFile, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import test, { type ExecutionContext } from 'ava'
import { NOT_CARRIED } from '../../src/metrics/compat-host.ts'
import { portDatagram } from '../support/datagrams.ts'
import { capturePath } from '../support/engine.ts'
import { part } from '../support/parts.ts'
import { type Bridge, startBridge, startPrometheus, until } from '../support/processes.ts'
import { type DashboardQuery, NODE_EXPORTER_FULL, SNMP_INTERFACES } from './dashboard-queries.ts'

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname
const HOST = '10.77.0.1'
const OPEN_VSWITCH = '10.88.0.254'
/** Fills every field of if_counters, as hardware does; hsflowd and Open vSwitch leave some unknown. */
const SWITCH = '10.0.0.1'

test('each agent is a target of its own, and what known dashboards ask has answers', async t => {
  const bridge = await startBridge(t)
  for (const name of ['hsflowd-host', 'hsflowd-docker', 'ovs']) replay(t, bridge, name)
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  const counters = portDatagram({ agent: SWITCH, sequence: 1, uptimeMs: 60_000 })
  socket.send(counters, bridge.sflowPort, '127.0.0.1')
  await until(async () => {
    const page = await bridge.page()
    return page.includes('ifname="br0"') && page.includes('ifname="swp1"')
  })
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
    const found = await prometheus.query('sum by (instance) (sum_over_time(up[1m])) >= 3')
    return found.length === 3 && found
  })
  t.deepEqual(up.map(({ metric }) => metric.instance).sort(), [SWITCH, HOST, OPEN_VSWITCH])

  const ask = async (queries: readonly DashboardQuery[], node: string, port: string) => {
    for (const { panel, query, lacks } of queries) {
      const filled = query
        .replaceAll('$nodename', 'vm')
        .replaceAll('$node', node)
        .replaceAll('$job', 'sflow-agents')
        .replaceAll('$interface', port)
        .replaceAll('$__rate_interval', '1m')
      const found = await prometheus.query(filled)
      if (lacks === undefined) t.true(found.length > 0, `${panel}: ${filled}`)
      else {
        t.is(found.length, 0, `${panel} has an answer by now: ${filled}`)
        t.true(lacks in NOT_CARRIED, `${lacks} is in no documentation`)
      }
    }
  }
  await ask(NODE_EXPORTER_FULL, HOST, '')
  await ask(SNMP_INTERFACES, SWITCH, 'swp1')

  // The sum over all cores is shown as so many equal ones: means over them are what they are called.
  const [cores] = await prometheus.query(
    `count(node_cpu_seconds_total{mode="idle",instance="${HOST}"})`,
  )
  const cpus = Object.values(await bridge.family('sflow_host_cpus'))[0]
  t.is(Number(cores?.value[1]), cpus ?? 0)
  const [ours] = Object.values(
    await bridge
      .family('sflow_host_cpu_seconds_total')
      .then(modes =>
        Object.fromEntries(
          Object.entries(modes).filter(([labels]) => labels.includes('mode="idle"')),
        ),
      ),
  )
  const [theirs] = await prometheus.query(
    `sum(node_cpu_seconds_total{mode="idle",instance="${HOST}"})`,
  )
  t.true(Math.abs(Number(theirs?.value[1]) - (ours ?? 0)) < 0.01)
})

test('the page is well formed, and an agent that is not known is none', async t => {
  const bridge = await startBridge(t)
  replay(t, bridge, 'hsflowd-host')
  const page = await until(async () => {
    const answer = await fetch(`${bridge.url}/agent?target=${HOST}`)
    const text = await answer.text()
    return answer.status === 200 && text.includes('node_uname_info') && text
  })
  const series = page.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  t.is(new Set(series.map(line => line.replace(/ \S+$/, ''))).size, series.length)
  const said = await lint(page)
  // The names are those of other exporters, which follow older rules than promtool's.
  const faults = said.filter(line => !/should (not )?|camelCase|abbreviated/.test(line))
  t.deepEqual(faults, [])
  t.is((await fetch(`${bridge.url}/agent?target=192.0.2.9`)).status, 404)
  t.is((await fetch(`${bridge.url}/agent`)).status, 400)
})

function replay(t: ExecutionContext, bridge: Bridge, name: string): void {
  const to = `--to=127.0.0.1:${bridge.sflowPort}`
  const words = [MAIN, 'replay', capturePath(name), to, '--speed=max']
  t.is(spawnSync(process.execPath, words).status, 0)
}

/** What promtool says of a page. */
function lint(page: string): Promise<readonly string[]> {
  return new Promise(resolve => {
    const child = execFile(part('promtool'), ['check', 'metrics'], (_, stdout, stderr) =>
      resolve(`${stdout}${stderr}`.split('\n').filter(Boolean)),
    )
    child.stdin?.end(page)
  })
}
