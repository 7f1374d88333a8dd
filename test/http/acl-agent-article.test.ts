/**
 * The REST interface of the 2014 article, to the letter: its five curl commands run by a shell, its
 * controller's logic, and what the interface does with names, bodies and a device that does not answer.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { commitGuard } from '../../src/acl/backends/commit-guard.ts'
import { cumulusBackend } from '../../src/acl/backends/cumulus.ts'
import { runProgram } from '../../src/acl/backends/run-program.ts'
import { FakeBackend } from '../acl/agent/support.ts'
import { standInSwitch } from '../acl/stand-in/switch.ts'
import { part } from '../support/parts.ts'
import { serveAgent } from './acl-agent-support.ts'

const run = promisify(execFile)

/** The article's commands, character for character; only the address is put in. */
const ARTICLE = [
  `curl -H "Content-Type:application/json" -X PUT --data \\
'["[iptables]",\\
"-A FORWARD --in-interface swp+ -d 10.10.100.10 -p udp --sport 53 -j DROP"]' \\
http://10.0.0.233:8080/acl/ddos1`,
  'curl http://10.0.0.233:8080/acl/ddos1',
  'curl http://10.0.0.233:8080/acl/',
  'curl -X DELETE http://10.0.0.233:8080/acl/ddos1',
  'curl -X DELETE http://10.0.0.233:8080/acl/',
]

test("the article's five commands do what it says, on a switch", async t => {
  part('curl')
  const device = standInSwitch(t)
  const backend = cumulusBackend({
    run: runProgram,
    guard: commitGuard(join(device.root, 'commit.pid')),
    policyDirectory: device.policyDirectory,
    ...{ prefixDrop: '40rest-', prefixMark: '60rest-', profile: 'cl5', timeoutMs: 10_000 },
    program: device.program,
    programDirectory: device.programDirectory,
  })
  const { url } = await serveAgent(t, backend)
  const shell = async (command: string) => {
    const text = command
      .replace('http://10.0.0.233:8080', url)
      .replace(/^curl/, 'curl -s -w "\\n%{http_code} %{content_type}"')
    const { stdout } = await run('/bin/sh', ['-c', text])
    const [, body, status] = /^([\s\S]*)\n(.*)$/.exec(stdout) ?? []
    return { body, status: status?.split(' ')[0] }
  }
  const [put, get, list, remove, removeAll] = ARTICLE as [string, string, string, string, string]

  t.deepEqual(await shell(put), { body: '', status: '201' })
  t.is(device.installed().length, 1)
  const answer = await shell(get)
  t.is(answer.status, '200')
  t.deepEqual(JSON.parse(answer.body ?? ''), [
    '[iptables]',
    '-A FORWARD --in-interface swp+ -d 10.10.100.10 -p udp --sport 53 -j DROP',
  ])
  t.deepEqual(await shell(list), { body: '["ddos1"]', status: '200' })
  t.deepEqual(await shell(remove), { body: '', status: '204' })
  t.is(device.installed().length, 0)
  t.is((await shell(get)).status, '404')
  t.deepEqual(await shell(list), { body: '[]', status: '200' })
  await shell(put)
  await shell(put.replace('ddos1', 'ddos_2').replace('10.10.100.10', '10.10.100.11'))
  t.is(device.installed().length, 2)
  t.deepEqual(await shell(removeAll), { body: '', status: '204' })
  t.is(device.installed().length, 0)
  t.deepEqual(device.files(), {})
})

test("the article's controller works: mark by name, comment and all, and delete", async t => {
  const { ask } = await serveAgent(t)
  const acl = [
    '[iptables]',
    '# mark Elephant',
    '-t mangle -A FORWARD --in-interface swp+ -s 10.100.10.151 -d 10.100.20.150 -p tcp --sport 39533 --dport 5001 -j SETQOS --set-dscp 10 --set-cos 5',
  ]
  for (const id of [0, 1, 2]) {
    t.is((await ask('PUT', `/acl/mark${id}`, acl)).status, 201)
    t.deepEqual((await ask('GET', `/acl/mark${id}`)).json, acl)
  }
  t.deepEqual((await ask('GET', '/acl/')).json, ['mark0', 'mark1', 'mark2'])
  for (const id of [0, 1, 2]) t.is((await ask('DELETE', `/acl/mark${id}`)).status, 204)
  t.deepEqual((await ask('GET', '/acl/')).json, [])
})

for (const type of [
  'application/x-www-form-urlencoded',
  'text/plain;charset=UTF-8',
  'application/octet-stream',
  'application/json; charset=utf-8',
]) {
  test(`a body of type ${type} is taken for JSON, as by the article's server`, async t => {
    const { ask } = await serveAgent(t)
    const lines = ['[iptables]', '-A FORWARD -d 10.0.0.1 -j DROP']
    t.is((await ask('PUT', '/acl/x', lines, { 'Content-Type': type })).status, 201)
    t.deepEqual((await ask('GET', '/acl/x')).json, lines)
  })
}

test("the article's body is taken from a file too, where curl leaves out the ends of lines", async t => {
  const { ask } = await serveAgent(t)
  const file = `["[iptables]",\\\n"-A FORWARD -d 10.0.0.1 -j DROP"]`
  t.is((await ask('PUT', '/acl/x', file)).status, 201)
  t.is((await ask('PUT', '/acl/x', file.replace('\n', ''))).status, 201)
  t.is((await ask('PUT', '/acl/x', file.replace('\n', ' \r\n'))).status, 201)
})

test('a DELETE of what is not there is 204, a GET 404', async t => {
  const { ask } = await serveAgent(t)
  t.is((await ask('DELETE', '/acl/nothing')).status, 204)
  t.is((await ask('GET', '/acl/nothing')).status, 404)
})

test('conditions hold under /acl/ too: it tells the ETag that they are about', async t => {
  const { ask } = await serveAgent(t)
  const lines = (address: string) => ['[iptables]', `-A FORWARD -d ${address} -j DROP`]
  const first = await ask('PUT', '/acl/x', lines('10.0.0.1'), { 'If-None-Match': '*' })
  t.is(first.status, 201)
  const etag = first.headers.get('etag') ?? ''
  t.is((await ask('PUT', '/acl/x', lines('10.0.0.2'), { 'If-None-Match': '*' })).status, 412)
  t.is((await ask('PUT', '/acl/x', lines('10.0.0.2'), { 'If-Match': '"other"' })).status, 412)
  t.is((await ask('DELETE', '/acl/x', undefined, { 'If-Match': '"other"' })).status, 412)
  for (const path of ['/acl/x', '/api/v1/rules/x']) {
    const known = await ask('GET', path, undefined, { 'If-None-Match': etag, 'Cache-Control': '' })
    t.is(known.status, 304, path)
    t.is(known.text, '')
    t.is((await ask('GET', path, undefined, { 'If-None-Match': '"other"' })).status, 200)
  }
  t.is((await ask('PUT', '/acl/x', lines('10.0.0.2'), { 'If-Match': etag })).status, 201)
  t.is((await ask('DELETE', '/acl/x', undefined, { 'If-Match': '*' })).status, 204)
})

for (const name of [
  'UPPER',
  'a-b',
  'a.b',
  '..%2f..%2fetc',
  'a%20b',
  'a%00b',
  'ü',
  'x'.repeat(65),
  'a/b',
]) {
  test(`${name} is no name: 404 for every method`, async t => {
    const { ask } = await serveAgent(t)
    for (const method of ['GET', 'DELETE']) t.is((await ask(method, `/acl/${name}`)).status, 404)
    t.is((await ask('PUT', `/acl/${name}`, ['[iptables]'])).status, 404)
  })
}

for (const [what, body, status] of [
  ['no JSON', '["[iptables]",', 400],
  ['no array', '{"lines": 7}', 400],
  ['an array of other things', '[1, 2]', 400],
  ['an empty array', '[]', 400],
  ['a thousand lines', JSON.stringify(Array(1_000).fill('# x')), 422],
  ['a backslash inside a line', '["[iptables]", "-A FORWARD \\\n-j DROP"]', 400],
  ['more than a megabyte', JSON.stringify(['x'.repeat(1_100_000)]), 413],
] as const) {
  test(`a body that is ${what} is ${status}`, async t => {
    const { ask } = await serveAgent(t)
    t.is((await ask('PUT', '/acl/x', body)).status, status)
    t.deepEqual((await ask('GET', '/acl/')).json, [])
  })
}

test('a rule that the device refuses is 409, with what it said', async t => {
  const backend = new FakeBackend()
  backend.bad.add('x')
  const { ask } = await serveAgent(t, backend)
  const answer = await ask('PUT', '/acl/x', ['[iptables]', '-A FORWARD -d 10.0.0.1 -j DROP'])
  t.is(answer.status, 409)
  t.is(answer.json.error.message, 'x is not supported')
  t.is((await ask('GET', '/acl/x')).status, 404)
})

test('a device that does not answer is 503 after 5 s; GET shows what is wanted at once', async t => {
  const backend = new FakeBackend()
  const { ask } = await serveAgent(t, backend)
  const hangs = Promise.withResolvers<{ readonly ok: true }>()
  backend.apply = () => hangs.promise
  const lines = ['[iptables]', '-A FORWARD -d 10.0.0.1 -j DROP']
  const startMs = performance.now()
  const put = ask('PUT', '/acl/x', lines)
  while ((await ask('GET', '/acl/x')).status !== 200);
  const answer = await put
  t.is(answer.status, 503)
  t.is(answer.headers.get('retry-after'), '5')
  const tookMs = performance.now() - startMs
  t.true(tookMs > 4_900 && tookMs < 8_000, `${tookMs}`)
  hangs.resolve({ ok: true })
  const { operation } = answer.json.error
  t.is((await ask('GET', `/api/v1/operations/${operation}?wait=10s`)).json.state, 'committed')
})

const corpus = (name: string) =>
  readFileSync(new URL(`../acl/corpus/${name}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')

test('the injection corpus over HTTP: every line is refused, none is stored', async t => {
  const { ask, audit } = await serveAgent(t)
  for (const text of corpus('injection.txt')) {
    const { status } = await ask('PUT', '/acl/evil', ['[iptables]', JSON.parse(text)])
    t.true(status === 400 || status === 422, `${status}: ${text}`)
  }
  t.deepEqual((await ask('GET', '/acl/')).json, [])
  t.true(audit.filter(line => line.event === 'refused').length >= 300)
})

test('the legitimate corpus over HTTP: every line is taken and given back unchanged', async t => {
  const { ask } = await serveAgent(t)
  let section = ''
  for (const line of corpus('legitimate.txt')) {
    if (line.startsWith('[')) section = line
    t.is((await ask('PUT', '/acl/fair', [section, line])).status, 201, line)
    t.deepEqual((await ask('GET', '/acl/fair')).json, [section, line])
  }
})
