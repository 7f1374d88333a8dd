import { hash } from '@node-rs/bcrypt'
import test from 'ava'
import { type RequestInit, request, fetch as undiciFetch } from 'undici'
import { identityOf, requireScope } from '../../src/http/auth.ts'
import { findToken, PasswordChecker } from '../../src/http/credentials.ts'
import { HttpError } from '../../src/http/errors.ts'
import { fileWith, start } from './support.ts'

const ALICE = await hash('right', 4)
const USERS = fileWith(`basic_auth_users:\n  alice: ${ALICE.replace('$2b', '$2y')}\n`)
const TOKENS = [
  { name: 'reader', token: 'reader-token', scopes: ['read'] },
  { name: 'writer', token: 'writer-token', scopes: ['read', 'write'] },
]

function basic(user: string, password: string) {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

async function status(url: string, init?: RequestInit): Promise<number> {
  return (await undiciFetch(url, init)).status
}

test('with users, all but health needs a right password', async t => {
  const { url } = await start(t, { webConfigFile: USERS, reload: async () => {} })
  const refused = await fetch(`${url}/metrics`)
  t.is(refused.status, 401)
  t.regex(refused.headers.get('www-authenticate') ?? '', /^Basic realm=/)
  t.is(await status(`${url}/metrics`, { headers: basic('alice', 'right') }), 200)
  t.is(await status(`${url}/metrics`, { headers: basic('alice', 'right') }), 200)
  for (const headers of [
    basic('alice', 'wrong'),
    basic('alice', ''),
    basic('bob', 'right'),
    basic('', ''),
    { authorization: 'Basic !!!' },
    { authorization: `Basic ${'x'.repeat(5_000)}` },
    { authorization: 'Bearer right' },
  ]) {
    t.is(await status(`${url}/metrics`, { headers }), 401)
  }
  t.is(await status(`${url}/-/healthy`), 200)
  t.is(await status(`${url}/-/ready`), 200)
  t.is(await status(`${url}/-/ready`, { headers: basic('alice', 'wrong') }), 401)
  t.is(await status(`${url}/-/reload`, { method: 'POST' }), 401)
  t.is(await status(`${url}/-/reload`, { method: 'POST', headers: basic('alice', 'right') }), 200)
})

test('users changed in the file count from the next request on', async t => {
  const { writeFileSync } = await import('node:fs')
  const file = fileWith(`basic_auth_users: {alice: ${ALICE}}\n`)
  const server = await start(t, { webConfigFile: file })
  const ask = (password: string) => status(server.url, { headers: basic('alice', password) })
  t.is(await ask('right'), 404)
  writeFileSync(file, `basic_auth_users: {alice: ${await hash('other', 4)}}\n# changed\n`)
  t.is(await ask('right'), 401)
  t.is(await ask('other'), 404)
  writeFileSync(file, 'basic_auth_users: {alice: plain text}\n')
  t.is(await ask('other'), 404, 'a bad change leaves the last good one in force')
  t.is(server.logged.filter(line => line.level === 'error').length, 1)
})

test('tokens carry scopes; metrics stay open to read when there are tokens alone', async t => {
  const { url } = await start(t, { bearerTokens: TOKENS }, router => {
    router.all('/thing', ctx => {
      ctx.body = identityOf(ctx).name
    })
    router.delete('/all', ctx => {
      requireScope(ctx, 'delete-all')
    })
  })
  const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  t.is(await status(`${url}/thing`), 401)
  t.is(await status(`${url}/thing`, as('other-token')), 401)
  t.is(await status(`${url}/metrics`), 200)
  t.is(await status(`${url}/metrics`, as('other-token')), 401)
  t.is(await (await fetch(`${url}/thing`, as('reader-token'))).text(), 'reader')
  t.is(await status(`${url}/thing`, { method: 'PUT', ...as('reader-token') }), 403)
  t.is(await status(`${url}/thing`, { method: 'PUT', ...as('writer-token') }), 200)
  t.is(await status(`${url}/all`, { method: 'DELETE', ...as('writer-token') }), 403)
})

test('without credentials, writes are taken on a loopback listener only', async t => {
  const options = { reload: async () => {} }
  const loopback = await start(t, options)
  t.is(await status(`${loopback.url}/-/reload`, { method: 'POST' }), 200)
  const everywhere = await start(t, { ...options, listenAddress: ':0' })
  const url = `http://127.0.0.1:${everywhere.port}`
  t.is(await status(`${url}/metrics`), 200)
  const refused = await fetch(`${url}/-/reload`, { method: 'POST' })
  t.is(refused.status, 403)
  t.is(
    ((await refused.json()) as { error: { code: string } }).error.code,
    'authentication_required',
  )
})

test('with credentials, writes are taken on every listener', async t => {
  const options = { reload: async () => {}, listenAddress: '0.0.0.0:0', bearerTokens: TOKENS }
  const { port } = await start(t, options)
  const url = `http://127.0.0.1:${port}/-/reload`
  t.is(await status(url, { method: 'POST' }), 401)
  t.is(
    await status(url, { method: 'POST', headers: { authorization: 'Bearer writer-token' } }),
    200,
  )
})

test('a write from a page of another site is refused, even where the listener is trusted', async t => {
  const { port, url } = await start(t, { reload: async () => {} })
  const reload = async (origin: string, host: string) =>
    (await request(`${url}/-/reload`, { method: 'POST', headers: { origin, host } })).statusCode
  const own = `127.0.0.1:${port}`
  t.is(await reload(`http://${own}`, own), 200)
  t.is(await reload(`http://localhost:${port}`, `localhost:${port}`), 200)
  t.is(await reload('http://evil.example', own), 403)
  t.is(await reload('null', own), 403)
  t.is(await reload(`http://evil.example:${port}`, `evil.example:${port}`), 403, 'DNS rebinding')
})

test('of many wrong passwords at once only some are checked', async t => {
  const { url } = await start(t, {
    webConfigFile: fileWith(`basic_auth_users: {a: ${await hash('x', 10)}}`),
  })
  const attempts = Array.from({ length: 40 }, (_, i) =>
    status(url, { headers: basic('a', `guess${i}`) }),
  )
  const outcomes = new Set(await Promise.all(attempts))
  t.deepEqual([...outcomes].sort(), [401, 429])
})

test('a right password is remembered for an hour, of a hundred users at most', async t => {
  let time = 0
  const checker = new PasswordChecker(() => time)
  const encode = (text: string) => Buffer.from(text).toString('base64')
  const users = new Map([['alice', ALICE]])
  t.is(await checker.check(encode('alice:right'), users), 'alice')
  t.is(await checker.check(encode('alice:right'), users), 'alice')
  time = 3_600_001
  t.is(await checker.check(encode('alice:right'), users), 'alice')
  t.is(await checker.check(encode('alice:wrong'), users), undefined)
  t.is(await checker.check(encode('alice'), users), undefined)
  t.is(
    await checker.check(encode('alice:right'), new Map([['alice', await hash('new', 4)]])),
    undefined,
  )
})

test('a token is found whatever its place, and only whole', t => {
  t.is(findToken('writer-token', TOKENS)?.name, 'writer')
  t.is(findToken('writer-toke', TOKENS), undefined)
  t.is(findToken('', TOKENS), undefined)
})

test('the rate limit of the web configuration file holds', async t => {
  const { url } = await start(t, {
    webConfigFile: fileWith('rate_limit: {interval: 1h, burst: 3}\n'),
  })
  const outcomes = []
  for (let i = 0; i < 5; i++) outcomes.push(await status(`${url}/metrics`))
  t.deepEqual(outcomes, [200, 200, 200, 429, 429])
})

test('an HttpError says its status, code and words', t => {
  const error = new HttpError(403, 'scope_missing', 'no')
  t.deepEqual([error.status, error.code, error.message], [403, 'scope_missing', 'no'])
})
