/** `acl-agent` as people run it: a process, its flags and file, signals, metrics, certificates. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { Authority } from '../http/certificates.ts'
import { part } from '../support/parts.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const LINES = ['[iptables]', '-A FORWARD -d 10.0.0.1 -p udp --sport 53 -j DROP']

interface Running {
  readonly process: ChildProcess
  readonly url: string
  readonly logged: () => string
  ask(method: string, path: string, body?: unknown): Promise<Response>
}

async function run(
  t: ExecutionContext,
  folder: string,
  ...flags: readonly string[]
): Promise<Running> {
  const words = ['acl-agent', `--storage.path=${folder}`, ...flags]
  if (!flags.some(flag => flag.startsWith('--web.listen-address'))) {
    words.push('--web.listen-address=127.0.0.1:0')
  }
  const child = spawn(process.execPath, [MAIN, ...words])
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr.setEncoding('utf8')
  for await (const text of child.stderr.iterator({ destroyOnReturn: false })) {
    said += text
    const url = /"url":"([^"]+)"/.exec(said)?.[1]
    if (url === undefined) continue
    child.stderr.on('data', more => {
      said += more
    })
    return {
      process: child,
      url,
      logged: () => said,
      ask: (method, path, body) =>
        fetch(url + path, {
          method,
          headers: { 'Content-Type': 'application/json' },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
    }
  }
  throw new Error(`it did not start: ${said}`)
}

function folderFor(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'acl-agent-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('rules survive a restart, SIGTERM ends it with 0 in time, metrics pass promtool', async t => {
  const folder = folderFor(t)
  const first = await run(t, folder)
  t.is((await first.ask('PUT', '/acl/ddos1', LINES)).status, 201)
  t.is((await first.ask('PUT', '/acl/ddos2', ['[iptables]', '-A FORWARD -j DROP'])).status, 422)
  const page = await (await first.ask('GET', '/metrics')).text()
  t.regex(page, /^sflow_bridge_http_requests_total\{/m)
  t.regex(page, /^sflow_acl_agent_rules\{state="committed"\} 1$/m)
  t.regex(page, /^sflow_acl_agent_refused_total\{reason="destination_missing"\} 1$/m)
  execFileSync(part('promtool'), ['check', 'metrics'], { input: page })
  const startMs = performance.now()
  first.process.kill('SIGTERM')
  t.deepEqual(await once(first.process, 'exit'), [0, null])
  t.true(performance.now() - startMs < 2_000)
  const second = await run(t, folder)
  t.deepEqual(await (await second.ask('GET', '/acl/ddos1')).json(), LINES)
  const audit = readFileSync(join(folder, 'acl-agent', 'audit.jsonl'), 'utf8')
    .trim()
    .split('\n')
  const events = audit.map(line => JSON.parse(line).event)
  t.deepEqual(events.slice(0, 5), ['start', 'put', 'committed', 'refused', 'stop'])
})

test('a rules file that cannot be read is set aside, and the agent starts', async t => {
  const folder = folderFor(t)
  const first = await run(t, folder)
  first.process.kill('SIGTERM')
  await once(first.process, 'exit')
  writeFileSync(join(folder, 'acl-agent', 'rules.json'), '{"version":1,"slots":[{"wan')
  const second = await run(t, folder)
  t.deepEqual(await (await second.ask('GET', '/acl/')).json(), [])
  t.regex(second.logged(), /no rules are restored/)
  t.notThrows(() => readFileSync(join(folder, 'acl-agent', 'rules.json.unreadable')))
  t.regex(readFileSync(join(folder, 'acl-agent', 'audit.jsonl'), 'utf8'), /"event":"unreadable"/)
  const metrics = await (await second.ask('GET', '/metrics')).text()
  t.regex(metrics, /^sflow_acl_agent_store_unreadable_total 1$/m)
})

test('a reload takes new limits and protected prefixes; a bad file changes nothing', async t => {
  const folder = folderFor(t)
  const config = join(folder, 'agent.yaml')
  writeFileSync(config, 'acl_agent: {ttl_max: 30m}\n')
  const { ask } = await run(t, folder, `--config.file=${config}`)
  t.is((await ask('PUT', '/acl/a', LINES)).status, 201)
  writeFileSync(config, 'acl_agent: {protected: [10.0.0.0/24]}\n')
  t.is((await ask('POST', '/-/reload')).status, 200)
  t.is((await ask('PUT', '/acl/b', LINES)).status, 422)
  writeFileSync(config, 'acl_agent: {protected: [10.0.0.0/33]}\n')
  t.is((await ask('POST', '/-/reload')).status, 500)
  t.is((await ask('PUT', '/acl/b', LINES)).status, 422)
  const page = await (await ask('GET', '/metrics')).text()
  t.regex(page, /^sflow_acl_agent_config_last_reload_successful 0$/m)
  t.regex(page, /^sflow_bridge_config_last_reload_successful 0$/m)
})

test('a client certificate writes, from wherever; without one nothing is answered', async t => {
  const folder = folderFor(t)
  const authority = new Authority()
  const server = authority.sign('agent', { altNames: 'IP:127.0.0.1' })
  const client = authority.sign('controller')
  const web = join(folder, 'web.yaml')
  const tls = [
    `cert_file: ${server.certFile}`,
    `key_file: ${server.keyFile}`,
    'client_auth_type: RequireAndVerifyClientCert',
    `client_ca_file: ${authority.caFile}`,
  ]
  writeFileSync(web, ['tls_server_config:', ...tls.map(line => `  ${line}`), ''].join('\n'))
  const { url } = await run(t, folder, `--web.config.file=${web}`, '--web.listen-address=0.0.0.0:0')
  const address = url.replace('0.0.0.0', '127.0.0.1')
  const words = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--cacert', authority.caFile]
  const put = ['-X', 'PUT', '-H', 'Content-Type: application/json', '--data', JSON.stringify(LINES)]
  const curl = promisify(execFile)
  const certificate = ['--cert', client.certFile, '--key', client.keyFile]
  const { stdout } = await curl(part('curl'), [
    ...words,
    ...certificate,
    ...put,
    `${address}/acl/a`,
  ])
  t.is(stdout, '201')
  await t.throwsAsync(curl(part('curl'), [...words, ...put, `${address}/acl/a`]))
})

for (const [what, flags, says] of [
  ['an unknown backend', ['--backend=cisco'], /one of cumulus, iptables/],
  [
    'a policy folder that is not there',
    ['--backend=cumulus', '--policy.dir=/nowhere'],
    /cannot start.*\/nowhere/,
  ],
  ['an unknown flag', ['--policy.dirs=x'], /did you mean --policy\.dir/],
] as const) {
  test(`${what} is one line and exit status 2`, t => {
    const words = [MAIN, 'acl-agent', `--storage.path=${folderFor(t)}`, ...flags]
    const error = t.throws(() => execFileSync(process.execPath, words, { stdio: 'pipe' }))
    const { status, stderr } = error as unknown as { status: number; stderr: Buffer }
    t.is(status, 2)
    t.regex(String(stderr), says)
    t.is(String(stderr).trim().split('\n').length, 1)
  })
}

test('a thousand rules at once, each on a connection of its own: taken, or refused with a reason', async t => {
  const { ask } = await run(t, folderFor(t))
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, async (_, i) => {
      const lines = ['[iptables]', `-A FORWARD -d 10.9.${i >> 8}.${i & 255} -j DROP`]
      const answer = await ask('PUT', `/acl/r${i}`, lines)
      return `${answer.status} ${answer.status === 201 ? '' : (await answer.json()).error.code}`
    }),
  )
  const count = (text: string) => answers.filter(answer => answer === text).length
  t.deepEqual([count('201 '), count('507 rule_limit')], [900, 100])
  t.is((await (await ask('GET', '/acl/')).json()).length, 900)
})
