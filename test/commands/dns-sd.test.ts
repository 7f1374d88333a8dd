import { execFile, spawn } from 'node:child_process'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { parseFlags } from '../../src/commands/command.ts'
import { command } from '../../src/commands/dns-sd.ts'
import { planSampling } from '../../src/config/sampling-plan.ts'
import { UsageError } from '../../src/usage-error.ts'
import { part } from '../support/parts.ts'
import { runCommand } from './run-command.ts'

const run = promisify(execFile)

const HEAD = [
  '$ORIGIN example.net.',
  '$TTL 300',
  '@ IN SOA ns hostmaster 1 3600 600 86400 300',
  '@ IN NS ns',
  'ns IN A 127.0.0.1',
  '',
].join('\n')

/** A zone file of the printed lines, in a folder of its own. */
function zoneFile(printed: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'zone-')), 'example.net.zone')
  writeFileSync(file, HEAD + printed)
  return file
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

/** NSD serving the zone until the test ends; a resolver that asks it. */
async function serve(t: ExecutionContext, file: string): Promise<Resolver> {
  const folder = mkdtempSync(join(tmpdir(), 'nsd-'))
  const port = await freePort()
  const server = [
    'ip-address: 127.0.0.1',
    `port: ${port}`,
    'username: ""',
    'chroot: ""',
    'database: ""',
    ...['pidfile: nsd.pid', 'xfrdfile: xfrd.state', 'zonelistfile: zone.list'].map(line =>
      line.replace(/: (.+)/, (_, name) => `: "${join(folder, name)}"`),
    ),
    `zonesdir: "${folder}"`,
    `xfrdir: "${folder}"`,
    'server-count: 1',
    'verbosity: 2',
  ]
  const config = join(folder, 'nsd.conf')
  const zone = ['zone:', '  name: example.net', `  zonefile: "${file}"`]
  const control = ['remote-control:', '  control-enable: no']
  writeFileSync(
    config,
    ['server:', ...server.map(line => `  ${line}`), ...zone, ...control, ''].join('\n'),
  )
  const nsd = spawn(part('nsd'), ['-d', '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(nsd, 'exit')
  t.teardown(async () => {
    nsd.kill('SIGTERM')
    await ended
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    nsd.stderr.on('data', chunk => {
      said += chunk
      if (said.includes('nsd started')) resolve()
    })
    nsd.once('exit', () => reject(new Error(`nsd ended: ${said}`)))
  })
  const resolver = new Resolver({ timeout: 2_000, tries: 3 })
  resolver.setServers([`127.0.0.1:${port}`])
  return resolver
}

test('a real name server serves the printed records, and they are read back', async t => {
  const { stdout } = await runCommand([
    'dns-sd',
    '--target=collector',
    '--target=standby.example.org',
    '--address=192.0.2.10',
    '--address=2001:db8::10',
    '--links=1G,10G,100G',
  ])
  const file = zoneFile(stdout)
  await t.notThrowsAsync(run(part('nsd-checkzone'), ['example.net', file]))
  const resolver = await serve(t, file)
  const srv = await resolver.resolveSrv('_sflow._udp.example.net')
  t.deepEqual(
    srv
      .map(({ name, port, priority, weight }) => ({ name, port, priority, weight }))
      .sort((a, b) => a.name.localeCompare(b.name)),
    [
      { name: 'collector.example.net', port: 6343, priority: 0, weight: 0 },
      { name: 'standby.example.org', port: 6343, priority: 0, weight: 0 },
    ],
  )
  const [txt] = await resolver.resolveTxt('_sflow._udp.example.net')
  t.deepEqual(txt, [
    'txtvers=1',
    'polling=20',
    'sampling.1G=600',
    'sampling.10G=6000',
    'sampling.100G=60000',
  ])
  t.deepEqual(await resolver.resolve4('collector.example.net', { ttl: true }), [
    { address: '192.0.2.10', ttl: 300 },
  ])
  t.deepEqual(await resolver.resolve6('collector.example.net'), ['2001:db8::10'])
})

test('the same settings are printed for hsflowd.conf', async t => {
  const { stdout } = await runCommand([
    'dns-sd',
    '--target=collector.example.net',
    '--links=1G,2500M',
    '--polling=30s',
    '--format=hsflowd',
  ])
  t.deepEqual(
    stdout.split('\n').filter(line => !line.startsWith('#')),
    [
      'sflow {',
      '  polling = 30',
      '  sampling.1G = 600',
      '  sampling.2500M = 1500',
      '  collector { ip=collector.example.net udpport=6343 }',
      '  pcap { speed=1G-400G }',
      '  tcp { }',
      '}',
      '',
    ],
  )
})

test('the port is that of the configuration file', async t => {
  const file = join(mkdtempSync(join(tmpdir(), 'dns-sd-')), 'c.yaml')
  writeFileSync(file, 'listen: {sflow: ["192.0.2.1:16343"]}\n')
  const { stdout } = await runCommand([
    'dns-sd',
    `--config.file=${file}`,
    '--domain=example.net.',
    '--target=c',
  ])
  t.regex(stdout, /^_sflow\._udp\.example\.net\. 300 IN SRV 0 0 16343 c\.example\.net\.$/m)
})

test('with no arguments, the records name this machine', async t => {
  const { status, stdout } = await runCommand(['dns-sd'])
  t.is(status, 0)
  t.regex(stdout, /^_sflow\._udp 300 IN SRV 0 0 6343 [a-zA-Z0-9-]+$/m)
})

const REFUSED = {
  '--target=10.0.0.1': /a host name is needed \(RFC 2782\)/,
  '--target=a_b': /a host name is needed/,
  '--address=10.0.0': /an IPv4 or IPv6 address is needed/,
  '--links=10X': /no SPEED\[:COUNT\]/,
  '--error=0': /a number from 0\.001 to 1 is needed/,
  '--ttl=1s': /at least 10s is needed/,
  [`--links=${Array.from({ length: 40 }, (_, i) => `${i + 1}G`).join(',')}`]: /hsflowd reads 512/,
}

for (const [flag, message] of Object.entries(REFUSED)) {
  test(`${flag.slice(0, 30)} is refused in one line`, async t => {
    const asked = async () => command.run(parseFlags(command, [flag]))
    const error = await t.throwsAsync(asked, { instanceOf: UsageError, message })
    t.false(error?.message.includes('\n'))
  })
}

const FABRIC = {
  error: 0.2,
  share: 0.1,
  windowMs: 5_000,
  frameBytes: 1_000,
  utilization: 0.3,
  pollingMs: 20_000,
}
const LINKS = [
  { speed: 1e9, count: 2_000 },
  { speed: 100e9, count: 64 },
]

test('without a budget, every link reaches the wanted error', t => {
  const { links } = planSampling({ ...FABRIC, links: LINKS, datagramsMax: 0 })
  for (const { error, rate } of links) {
    t.true(error <= 0.2 && error > 0.1, `1 in ${rate}: ${error}`)
  }
})

test('a datagram budget is kept at the cost of the error', t => {
  const free = planSampling({ ...FABRIC, links: LINKS, datagramsMax: 0 })
  const bound = planSampling({ ...FABRIC, links: LINKS, datagramsMax: 1_000 })
  t.true(free.datagramsPerSecond > 1_000)
  t.true(bound.datagramsPerSecond <= 1_000 && bound.withinBudget)
  t.true((bound.links[0]?.error ?? 0) > 0.2)
})

test('a budget that the counters alone break is said to be broken', t => {
  const plan = planSampling({ ...FABRIC, links: LINKS, datagramsMax: 1 })
  t.false(plan.withinBudget)
})
