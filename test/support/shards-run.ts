/**
 * Three bridges, one of them with two workers, behind nginx; Prometheus scrapes them and writes to
 * VictoriaMetrics as well. One bridge is ended under load, another is made silent: the kernel drops what
 * comes for it, as for a host that is gone. Runs inside namespaces of its own, for network and processes,
 * and prints what was seen as one line of JSON; `shards.test.ts` starts it and judges.
 * `unshare --net --pid --fork --kill-child --mount-proc node test/support/shards-run.ts WINDOW_SECONDS`
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { nginxStreamModule, part } from './parts.ts'
import {
  type Bridge,
  start,
  startBridge,
  startPrometheus,
  temporaryFolder,
  until,
} from './processes.ts'
import { AGENT_BYTES_PER_SECOND, AGENTS, ShardAgents } from './shard-agents.ts'
import { expressions, shortened } from './shard-rules.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const WINDOW_SECONDS = Number(process.argv[2] ?? 10)
const BALANCER_PORT = 6343
const STORE_PORT = 18_428
const HEALTH_SECONDS = '0.5'
const lostOnes = new Set<number>()
const SHARDS = [
  { name: 'one', port: 17_001, workers: 1 },
  { name: 'two', port: 17_002, workers: 2 },
  { name: 'three', port: 17_003, workers: 1 },
] as const

/** Everything that was started ends with this program, in reverse. */
const endings: (() => unknown)[] = []
// Of a test's context the helpers use its teardown, and nothing else.
const context = {
  teardown: (end: () => unknown) => endings.push(end),
} as unknown as ExecutionContext

execFileSync(part('ip'), ['link', 'set', 'lo', 'up'])
const folder = temporaryFolder(context)
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const bridges = await startBridges()
await startBalancer()
await startStore()
const prometheus = await startPrometheusOver()
const agents = new ShardAgents(BALANCER_PORT)
await agents.start()

const expected = AGENTS * AGENT_BYTES_PER_SECOND
const seconds = () => Date.now() / 1_000
const pass = (count: number) => new Promise(resolve => setTimeout(resolve, count * 1_000))

// Until every agent is known and the window is full.
await until(async () => (await holders()).size === AGENTS, 250)
await pass(WINDOW_SECONDS)
await settledRates()
const before = { at: seconds(), lost: await lostDatagrams(bridges), forwarded: await forwarded() }
const shares = await sharesOf(bridges)

const ended = await lose(0, async bridge => {
  await bridge.end('SIGKILL')
})
const silent = await lose(2, async () => {
  const web = new URL((bridges[2] as Bridge).url).port
  const lines = [
    'table inet gone {',
    'chain input {',
    'type filter hook input priority 0',
    `udp dport ${SHARDS[2].port} drop`,
    `tcp dport ${web} drop`,
    `tcp sport ${web} drop`,
    '}',
    '}',
  ]
  writeFileSync(join(folder, 'gone.nft'), `${lines.join('\n')}\n`)
  execFileSync(part('nft'), ['-f', join(folder, 'gone.nft')])
})
await agents.end()
const end = seconds()
const record = 'fabric:sflow_interface_receive_bytes:rate5m'
const flowRecord = 'fabric:sflow_flow_talkers_bytes:rate5m'
const report = {
  windowSeconds: WINDOW_SECONDS,
  expected,
  shares,
  lostBefore: before.lost,
  forwardedBefore: before.forwarded,
  ended,
  silent,
  scraped: phases((await prometheus.range(record, before.at - 2, end, 1))[0]?.values),
  flows: phases((await prometheus.range(flowRecord, before.at - 2, end, 1))[0]?.values),
  written: phases(await storeRange(expressions(WINDOW_SECONDS).get(record) ?? '')),
  alerts: await alertsSeen(),
  missedScrapes: await missedScrapes(),
  top: (await prometheus.query('fabric:sflow_flow_talkers_bytes:top20')).length,
  double: await doubles(),
}
process.stdout.write(`${JSON.stringify(report)}\n`)
process.exit(0)

async function startBridges(): Promise<Bridge[]> {
  const file = join(folder, 'bridge.yaml')
  writeFileSync(file, 'limits:\n  flow_hold: 2s\n  first_exposure: 1s\n')
  return Promise.all(
    SHARDS.map(({ port, workers }) =>
      startBridge(context, [`--config.file=${file}`, `--ingest.workers=${workers}`], {
        listen: `127.0.0.1:${port}`,
      }),
    ),
  )
}

/** nginx with the shipped configuration, and the shipped script that watches the bridges. */
async function startBalancer() {
  const shards = join(folder, 'sflow-shards.conf')
  const shipped = readFileSync(join(ROOT, 'deploy/balancer/nginx-stream.conf'), 'utf8')
  const stream = shipped
    .replace('/etc/nginx/sflow-shards.conf', shards)
    .replace('listen 6343 udp', `listen 127.0.0.1:${BALANCER_PORT} udp`)
    // Ports change often, so that workers see each agent from many.
    .replace('proxy_requests 1000', 'proxy_requests 5')
  const file = join(folder, 'nginx.conf')
  const pid = join(folder, 'nginx.pid')
  const head = [
    `load_module ${nginxStreamModule()};`,
    'daemon off; worker_processes 1; user root;',
    `pid ${pid};`,
    'events { worker_connections 4096; }',
  ]
  writeFileSync(file, `${head.join('\n')}\n${stream}`)
  const pairs = SHARDS.map(({ port }, at) => `127.0.0.1:${port}=${bridges[at]?.url}`)
  const health = start(context, join(ROOT, 'deploy/balancer/shards.sh'), [
    shards,
    pid,
    HEALTH_SECONDS,
    ...pairs,
  ])
  await health.line(/17003/)
  return start(context, part('nginx'), ['-c', file, '-p', folder, '-e', join(folder, 'error.log')])
}

async function startStore() {
  const words = [
    `-storageDataPath=${join(folder, 'store')}`,
    `-httpListenAddr=127.0.0.1:${STORE_PORT}`,
    '-search.latencyOffset=1ms',
    '-memory.allowedBytes=128MB',
  ]
  const running = start(context, part('victoria-metrics'), words)
  await running.line(/started VictoriaMetrics|started server|starting http server/)
  return running
}

async function startPrometheusOver() {
  const files = ['prometheus/optional/shards.yml', 'prometheus/rules/bridge.yml'].map(
    (file, at) => {
      const own = join(folder, `rules-${at}.yml`)
      writeFileSync(own, shortened(file, WINDOW_SECONDS))
      return own
    },
  )
  const targets = SHARDS.map(({ name }, at) => {
    const { host } = new URL((bridges[at] as Bridge).url)
    return `      - { targets: ['${host}'], labels: { shard: '${name}' } }`
  })
  return startPrometheus(
    context,
    [
      'global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }',
      `rule_files: [${files.join(', ')}]`,
      `remote_write: [{ url: 'http://127.0.0.1:${STORE_PORT}/api/v1/write', queue_config: { batch_send_deadline: 500ms } }]`,
      'scrape_configs:',
      '  - job_name: sflow-bridge',
      '    static_configs:',
      ...targets,
    ].join('\n'),
  )
}

/** Makes a bridge disappear, and waits until all its agents are heard elsewhere and the window is past. */
async function lose(index: number, how: (bridge: Bridge) => Promise<void>) {
  const gone = bridges[index] as Bridge
  const own = (await sharesOf([gone]))[0] ?? 0
  const survivors = bridges.filter(
    (bridge, at) => at !== index && !lostOnes.has(at) && bridge !== gone,
  )
  lostOnes.add(index)
  const known = await holdersAmong(survivors)
  const at = seconds()
  await how(gone)
  await until(async () => (await holdersAmong(survivors)).size >= known.size + own, 100)
  const movedSeconds = seconds() - at
  await pass(WINDOW_SECONDS)
  await settledRates()
  return { agents: own, at, until: seconds(), movedSeconds, settledSeconds: seconds() - at }
}

/** Resolves when the recorded rate is that of the agents again, within two parts in a hundred. */
async function settledRates(): Promise<void> {
  await until(async () => {
    const [reading] = await prometheus.query('fabric:sflow_interface_receive_bytes:rate5m')
    return Math.abs(Number(reading?.value[1]) / expected - 1) < 0.02
  }, 250)
  await pass(2)
}

async function holders(): Promise<ReadonlySet<string>> {
  return holdersAmong(bridges)
}

/** Agents that any of these bridges has heard in the last three seconds. */
async function holdersAmong(some: readonly Bridge[]): Promise<ReadonlySet<string>> {
  const pages = await Promise.all(
    some.map(bridge => bridge.family('sflow_agent_last_datagram_timestamp_seconds')),
  )
  const recent = pages.flatMap(page => Object.entries(page).filter(([, at]) => seconds() - at < 3))
  return new Set(recent.map(([labels]) => /agent="([^"]*)"/.exec(labels)?.[1] ?? ''))
}

async function sharesOf(some: readonly Bridge[]): Promise<number[]> {
  return Promise.all(some.map(async bridge => (await holdersAmong([bridge])).size))
}

async function sumOf(bridge: Bridge, family: string): Promise<number> {
  return Object.values(await bridge.family(family)).reduce((sum, one) => sum + one, 0)
}

async function lostDatagrams(some: readonly Bridge[]): Promise<number> {
  const each = await Promise.all(some.map(one => sumOf(one, 'sflow_agent_datagrams_lost_total')))
  return each.reduce((sum, one) => sum + one, 0)
}

function forwarded(): Promise<number> {
  return sumOf(bridges[1] as Bridge, 'sflow_bridge_datagrams_forwarded_total')
}

type Points = readonly (readonly [number, string])[] | undefined

/** Least and greatest rate, relative to the truth, before, during and after each loss. */
function phases(points: Points) {
  const between = (from: number, to: number) => {
    const values = (points ?? []).filter(([at]) => at >= from && at <= to)
    const ratios = values.map(([, value]) => Number(value) / expected)
    return { points: ratios.length, least: Math.min(...ratios), greatest: Math.max(...ratios) }
  }
  return {
    before: between(before.at - 2, ended.at),
    ended: between(ended.at, ended.until),
    between: between(ended.until - 1, silent.at),
    silent: between(silent.at, silent.until),
    after: between(silent.until - 1, end),
  }
}

async function storeRange(expression: string): Promise<Points> {
  const query = new URLSearchParams({
    query: expression,
    start: String(before.at - 2),
    end: String(end),
    step: '1s',
    nocache: '1',
  })
  const response = await fetch(`http://127.0.0.1:${STORE_PORT}/api/v1/query_range?${query}`)
  const body = (await response.json()) as { data?: { result: readonly { values: Points }[] } }
  return body.data?.result[0]?.values
}

async function alertsSeen(): Promise<string[]> {
  const seen = await prometheus.range('ALERTS{alertstate="firing"}', before.at, end, 1)
  return [...new Set(seen.map(({ metric }) => `${metric.alertname} ${metric.shard ?? ''}`))].sort()
}

/** Scrapes of the bridge that stays that failed, as they do on a machine that is busy. */
async function missedScrapes(): Promise<number> {
  const [up] = await prometheus.range(`up{shard="${SHARDS[1].name}"}`, before.at, end, 1)
  return (up?.values ?? []).filter(([, value]) => value === '0').length
}

/** Series that are on the page of the bridge with two workers more than once. */
async function doubles(): Promise<number> {
  const lines = (await (bridges[1] as Bridge).page())
    .split('\n')
    .filter(line => /^sflow_/.test(line))
  const names = lines.map(line => line.slice(0, line.lastIndexOf(' ')))
  return names.length - new Set(names).size
}
