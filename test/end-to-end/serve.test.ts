/** The bridge as users run it: real process, real sockets, real Prometheus. */

import { execFileSync, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { gunzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { portDatagram } from '../support/datagrams.ts'
import { capturePath } from '../support/engine.ts'
import { part } from '../support/parts.ts'
import { startBridge, startPrometheus, until } from '../support/processes.ts'

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname

function command(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

async function replay(name: string, port: number): Promise<void> {
  const { status, stderr } = command(
    'replay',
    capturePath(name),
    `--to=127.0.0.1:${port}`,
    '--speed=max',
  )
  if (status !== 0) throw new Error(stderr)
}

test('a replayed capture is on the page by name: host, containers, interfaces', async t => {
  const bridge = await startBridge(t)
  await replay('hsflowd-docker', bridge.sflowPort)
  const page = await until(async () => {
    const text = await bridge.page()
    return text.includes('sflow_bridge_datagrams_received_total 155\n') && text
  })
  t.regex(page, /sflow_host_load1\{agent="10\.77\.0\.1",host="vm"\} /)
  t.regex(
    page,
    /sflow_container_cpu_seconds_total\{agent="10\.77\.0\.1",host="vm",container="web",kind="container"\} /,
  )
  t.regex(
    page,
    /sflow_interface_receive_bytes_total\{agent="10\.77\.0\.1",ifindex="6",ifname="vA"\} 4654\n/,
  )
  const lint = spawnSync(part('promtool'), ['check', 'metrics'], { input: page, encoding: 'utf8' })
  t.is(lint.stdout + lint.stderr, '')
  t.is(lint.status, 0)
  const names = page
    .split('\n')
    .filter(line => line.startsWith('# TYPE'))
    .map(line => line.split(' ')[2])
  t.is(new Set(names).size, names.length, 'each header stands once')
})

test('the page is text for a browser, OpenMetrics for who asks, gzip for who takes it', async t => {
  const bridge = await startBridge(t)
  const ask = (headers: Record<string, string>) => fetch(`${bridge.url}/metrics`, { headers })
  const browser = await ask({ accept: 'text/html,*/*;q=0.8' })
  t.is(browser.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  const prometheus = await ask({
    accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
  })
  t.is(
    prometheus.headers.get('content-type'),
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
  )
  const text = await prometheus.text()
  t.true(text.endsWith('# EOF\n'))
  t.true(text.includes('# TYPE sflow_bridge_datagrams_received counter\n'))
  t.true(text.includes('\nsflow_bridge_datagrams_received_total 0\n'))
  const raw = execFileSync('curl', ['-sg', '-H', 'Accept-Encoding: gzip', `${bridge.url}/metrics`])
  t.true(gunzipSync(raw).toString().includes('sflow_bridge_datagrams_received_total'))
})

test('health, readiness, landing page, agents as JSON and as scrape targets', async t => {
  const bridge = await startBridge(t)
  await replay('ovs', bridge.sflowPort)
  await until(async () => (await bridge.page()).includes('sflow_agent_info{'))
  for (const [path, text] of [
    ['/-/healthy', 'healthy'],
    ['/-/ready', 'ready'],
    ['/', 'sflow-bridge'],
  ] as const) {
    const response = await fetch(bridge.url + path)
    t.is(response.status, 200)
    t.true((await response.text()).includes(text))
  }
  const agents = (await (await fetch(`${bridge.url}/api/v1/agents`)).json()) as { agent: string }[]
  t.deepEqual(
    agents.map(({ agent }) => agent),
    ['10.88.0.254'],
  )
  t.deepEqual(await (await fetch(`${bridge.url}/sd`)).json(), [
    { targets: ['10.88.0.254'], labels: { __meta_sflow_agent: '10.88.0.254' } },
  ])
})

for (const protocol of ['OpenMetricsText', 'PrometheusText'] as const) {
  test(`a real Prometheus scrapes it as ${protocol}`, async t => {
    const bridge = await startBridge(t)
    await replay('hsflowd-docker', bridge.sflowPort)
    // Prometheus 2.42 asks for OpenMetrics; a proxy that drops its Accept header gets text.
    const target = protocol === 'OpenMetricsText' ? bridge.url : await textOnly(t, bridge.url)
    const prometheus = await startPrometheus(
      t,
      `global: { scrape_interval: 1s }
scrape_configs:
  - job_name: sflow
    static_configs: [{ targets: ['${new URL(target).host}'] }]
`,
    )
    const [reading] = await until(async () => {
      const found = await prometheus.query('sflow_container_cpu_seconds_total{container="web"}')
      return found.length > 0 && found
    })
    t.is(reading?.metric.host, 'vm')
    const [up] = await prometheus.query('up')
    t.is(up?.value[1], '1')
    const kept = await prometheus.query(
      'scrape_samples_scraped - scrape_samples_post_metric_relabeling',
    )
    t.is(kept[0]?.value[1], '0')
  })
}

test('a port in use, a bad flag, a capture that is none: one clear line and status 2', async t => {
  const holder = createSocket('udp4')
  await new Promise<void>(resolve => holder.bind(0, '127.0.0.1', resolve))
  t.teardown(() => holder.close())
  const { port } = holder.address()
  const bridge = await startBridge(t)
  const web = new URL(bridge.url).port
  const storage = '--storage.path=/nonexistent/none'
  const cases = [
    {
      words: ['serve', `--sflow.listen-address=127.0.0.1:${port}`, storage],
      says: /127\.0\.0\.1:\d+: it is in use/,
    },
    {
      words: [
        'serve',
        '--sflow.listen-address=127.0.0.1:0',
        `--web.listen-address=127.0.0.1:${web}`,
        storage,
      ],
      says: /127\.0\.0\.1:\d+/,
    },
    {
      words: ['serve', '--web.listen-adress=:1'],
      says: /unknown flag --web\.listen-adress, did you mean --web\.listen-address\?/,
    },
    { words: ['serve', '--log.level=loud'], says: /one of debug, info, warn, error, silent/ },
    { words: ['serve', '--config.file=/nonexistent.yaml'], says: /there is no such file/ },
    { words: ['replay', MAIN, '--to=127.0.0.1:9'], says: /main\.ts/ },
    { words: ['replay', '/nonexistent.pcap', '--to=127.0.0.1:9'], says: /there is no such file/ },
    { words: ['serv'], says: /did you mean serve\?/ },
  ]
  for (const { words, says } of cases) {
    const { status, stderr } = command(...words)
    const lines = stderr
      .trim()
      .split('\n')
      .filter(line => !line.startsWith('{'))
    t.is(lines.length, 1, stderr)
    t.regex(lines[0] ?? '', says)
    t.is(status, 2, words.join(' '))
  }
})

test('--help tells every flag, --version the version', t => {
  t.regex(command('serve', '--help').stdout, /--sflow\.listen-address=\[ADDR\]:PORT/)
  t.regex(command('--help').stdout, /replay +\S/)
  t.regex(command('--version').stdout, /^sflow-bridge \d+\.\d+\.\d+ \(node 24\./)
  t.is(command('--help').status, 0)
})

// Before the others of this file, which start eight bridges at once.
test.serial('SIGTERM ends it with status 0, soon', async t => {
  const bridge = await startBridge(t)
  const before = performance.now()
  t.is(await bridge.end('SIGTERM'), 0)
  // An idle machine takes some 0.1 s of the 2 s promised; tests that run beside this one take more.
  const elapsedMs = performance.now() - before
  t.log(`${elapsedMs.toFixed(0)} ms`)
  t.true(elapsedMs < 10_000)
})

test('several listen addresses, IPv4 and IPv6, one agent from two ports', async t => {
  const bridge = await startBridge(t, [
    '--sflow.listen-address=127.0.0.1:0',
    '--sflow.listen-address=[::1]:0',
  ])
  const listening = await until(async () => {
    const lines = bridge.lines.filter(line => line.includes('"receiving sflow"'))
    return (
      lines.length === 2 && lines.map(line => (JSON.parse(line) as { listening: string }).listening)
    )
  })
  const ports = listening.map(address => Number(/:(\d+)$/.exec(address)?.[1]))
  const four = createSocket('udp4')
  const six = createSocket('udp6')
  t.teardown(() => {
    four.close()
    six.close()
  })
  for (let sequence = 1; sequence <= 10; sequence++) {
    const bytes = portDatagram({ sequence, uptimeMs: sequence * 1_000 })
    const [socket, port, host] =
      sequence % 2 ? [four, ports[0], '127.0.0.1'] : [six, ports[1], '::1']
    await new Promise<void>(resolve =>
      socket.send(bytes, port as number, host as string, () => resolve()),
    )
    await until(
      async () => (await bridge.family('sflow_bridge_datagrams_received_total'))[''] === sequence,
      5,
    )
  }
  const lost = await bridge.family('sflow_agent_datagrams_lost_total')
  t.deepEqual(lost, { 'agent="10.0.0.1",sub_agent="0"': 0 })
  t.is(Object.keys(await bridge.family('sflow_interface_receive_bytes_total')).length, 1)
})

/** A small proxy that asks for plain text, whatever the client asked for. */
async function textOnly(t: ExecutionContext, url: string): Promise<string> {
  const { createServer } = await import('node:http')
  const server = createServer(async (_, response) => {
    const answer = await fetch(`${url}/metrics`, {
      headers: { accept: 'text/plain;version=0.0.4' },
    })
    response.setHeader('content-type', answer.headers.get('content-type') ?? '')
    response.end(await answer.text())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}
