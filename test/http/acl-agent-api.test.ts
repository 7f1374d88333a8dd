/** `/api/v1` of the ACL agent: operations, conditions, lives, dry run, counters, scopes. */
import test from 'ava'
import { FakeBackend, TIMING } from '../acl/agent/support.ts'
import { DROP, serveAgent } from './acl-agent-support.ts'

test('a PUT is 202 with an operation, which ends committed', async t => {
  const { ask } = await serveAgent(t)
  const put = await ask('PUT', '/api/v1/rules/r1', DROP)
  t.is(put.status, 202)
  t.is(put.json.operation.state, 'pending')
  const path = String(put.headers.get('content-location'))
  t.is((await ask('GET', `${path}?wait=10s`)).json.state, 'committed')
})

test('with ?wait= a PUT is 201 once it is on the device, 200 if it was there already', async t => {
  const { ask } = await serveAgent(t)
  const first = await ask('PUT', '/api/v1/rules/r1?wait=10s', DROP)
  t.is(first.status, 201)
  t.is(first.json.rule.state, 'committed')
  const again = await ask('PUT', '/api/v1/rules/r1?wait=10', { ...DROP, reason: 'still' })
  t.is(again.status, 200)
  t.false(again.json.changed)
  t.is(again.headers.get('etag'), first.headers.get('etag'))
})

test('with ?wait= a PUT that the device refuses is 409 with its reason', async t => {
  const backend = new FakeBackend()
  backend.bad.add('r1')
  const { ask } = await serveAgent(t, backend)
  const put = await ask('PUT', '/api/v1/rules/r1?wait=10s', DROP)
  t.is(put.status, 409)
  t.is(put.json.error.operation.state, 'failed')
})

test('a rule shows intent, lines, life and counters', async t => {
  const { ask } = await serveAgent(t)
  await ask('PUT', '/api/v1/rules/r1?wait=10s', { ...DROP, ttlSeconds: 60, cause: 'f00' })
  const { status, json, headers } = await ask('GET', '/api/v1/rules/r1')
  t.is(status, 200)
  t.is(headers.get('etag'), json.etag)
  t.like(json, {
    ...{ name: 'r1', state: 'committed', owner: 'controller', policy: 'ddos', cause: 'f00' },
    ...{ ttlSeconds: 60, hits: { packets: 1, bytes: 100 } },
  })
  t.deepEqual(json.lines, [
    '[iptables]',
    '# ddos: flood',
    '-A FORWARD -d 10.0.0.1 -p udp --sport 53 -j DROP',
  ])
  t.true(json.expiresInSeconds > 50 && json.expiresInSeconds <= 60)
  t.deepEqual(json.intent.match, DROP.match)
})

test('the list holds every rule, or those of an owner or policy', async t => {
  const { ask } = await serveAgent(t)
  await ask('PUT', '/api/v1/rules/r1', DROP)
  await ask('PUT', '/acl/r2?wait=10s', ['[iptables]', '-A FORWARD -d 10.0.0.2 -j DROP'])
  const names = async (query: string) =>
    (await ask('GET', `/api/v1/rules${query}`)).json.rules.map(
      (rule: { name: string }) => rule.name,
    )
  t.deepEqual(await names(''), ['r1', 'r2'])
  t.deepEqual(await names('?owner=controller'), ['r1'])
  t.deepEqual(await names('?policy=other'), [])
})

test('a POST names the rule by what it says, so that asking twice is one rule', async t => {
  const { ask } = await serveAgent(t)
  const first = await ask('POST', '/api/v1/rules?wait=10s', DROP)
  t.is(first.status, 201)
  const again = await ask('POST', '/api/v1/rules?wait=10s', { ...DROP, reason: 'other' })
  t.is(again.status, 200)
  t.is(first.headers.get('location'), again.headers.get('location'))
  t.is((await ask('GET', '/api/v1/rules')).json.rules.length, 1)
})

test('lines with a life of their own come in an object', async t => {
  const { ask } = await serveAgent(t)
  const lines = ['[iptables]', '-A FORWARD -d 10.0.0.2 -j DROP']
  const put = await ask('PUT', '/api/v1/rules/r1', { lines, ttlSeconds: 30, policy: 'p' })
  t.like(put.json.rule, { ttlSeconds: 30, policy: 'p', owner: 'loopback' })
  t.deepEqual((await ask('GET', '/acl/r1')).json, lines)
  t.is((await ask('PUT', '/api/v1/rules/r1', { lines, other: 1 })).status, 400)
})

test('If-Match and If-None-Match keep two writers apart', async t => {
  const { ask } = await serveAgent(t)
  const path = '/api/v1/rules/r1'
  const other = { ...DROP, match: { ...DROP.match, sourcePort: 123 } }
  const first = await ask('PUT', path, DROP, { 'If-None-Match': '*' })
  t.is(first.status, 202)
  t.is((await ask('PUT', path, other, { 'If-None-Match': '*' })).status, 412)
  t.is((await ask('PUT', path, other, { 'If-Match': '"0"' })).status, 412)
  t.is((await ask('DELETE', path, undefined, { 'If-Match': '"0"' })).status, 412)
  const etag = String(first.headers.get('etag'))
  t.is((await ask('PUT', path, other, { 'If-Match': etag })).status, 202)
  t.is((await ask('DELETE', path, undefined, { 'If-Match': etag })).status, 412)
})

test('a renewal gives a new life, to one or to many; what is missing is named', async t => {
  const { ask } = await serveAgent(t)
  await ask('PUT', '/api/v1/rules/r1', { ...DROP, ttlSeconds: 5 })
  t.is(
    (await ask('POST', '/api/v1/rules/r1/renew', { ttlSeconds: 100 })).json.expiresInSeconds,
    100,
  )
  t.is((await ask('POST', '/api/v1/rules/r2/renew', {})).status, 404)
  t.is((await ask('POST', '/api/v1/rules/r1/renew', { ttlSeconds: 99_999 })).status, 422)
  const many = await ask('POST', '/api/v1/renewals', { names: ['r1', 'r2'], ttlSeconds: 50 })
  t.deepEqual(many.json, { renewed: 1, missing: ['r2'] })
  t.is((await ask('GET', '/api/v1/rules/r1')).json.ttlSeconds, 50)
})

test('a dry run checks, tells cost and text, and changes nothing', async t => {
  const backend = new FakeBackend()
  const { ask } = await serveAgent(t, backend)
  const { status, json } = await ask('PUT', '/api/v1/rules/r1?dryRun=true', DROP)
  t.is(status, 200)
  t.like(json, { dryRun: true, cost: 1 })
  t.deepEqual(json.rules, ['[iptables] -A FORWARD -d 10.0.0.1 -p udp --sport 53 -j DROP'])
  const wide = { ...DROP, match: { family: 'ipv4', destination: '10.0.0.0/8' } }
  t.is((await ask('PUT', '/api/v1/rules/r1?dryRun=true', wide)).json.error.code, 'prefix_too_wide')
  t.deepEqual((await ask('GET', '/api/v1/rules')).json.rules, [])
  t.deepEqual(backend.installed, [])
})

test('deleting all takes a header; one owner can be named', async t => {
  const { ask } = await serveAgent(t)
  await ask('PUT', '/api/v1/rules/r1', DROP)
  await ask('PUT', '/api/v1/rules/r2', { ...DROP, owner: 'other' })
  t.is((await ask('DELETE', '/api/v1/rules')).status, 428)
  const confirm = { Confirm: 'delete-all' }
  const some = await ask('DELETE', '/api/v1/rules?owner=other&wait=10s', undefined, confirm)
  t.is(some.status, 200)
  t.deepEqual(
    some.json.operations.map((one: { name: string }) => one.name),
    ['r2'],
  )
  t.is(
    (await ask('DELETE', '/api/v1/rules?wait=10s', undefined, confirm)).json.operations.length,
    1,
  )
})

test('what is refused says why, by a word for programs', async t => {
  const { ask } = await serveAgent(t)
  const code = async (intent: object) => {
    const { status, json } = await ask('PUT', '/api/v1/rules/r1', { ...DROP, ...intent })
    return [status, json.error.code]
  }
  t.deepEqual(await code({ match: { family: 'ipv4' } }), [422, 'destination_missing'])
  t.deepEqual(await code({ match: { family: 'ipv4', destination: '127.0.0.1' } }), [
    422,
    'protected_prefix',
  ])
  t.deepEqual(await code({ action: { type: 'redirect' } }), [400, 'intent_shape'])
  t.deepEqual(await code({ ttlSeconds: 4_000 }), [422, 'ttl'])
  t.deepEqual(await code({ name: 'r2' }), [400, 'name'])
  t.is((await ask('PUT', '/api/v1/rules/R1', DROP)).json.error.code, 'name')
})

test('tokens: reading, writing and deleting all are three scopes', async t => {
  const bearerTokens = [
    { name: 'watcher', token: 'r'.repeat(20), scopes: ['read'] },
    { name: 'controller', token: 'w'.repeat(20), scopes: ['read', 'write'] },
    { name: 'operator', token: 'd'.repeat(20), scopes: ['read', 'write', 'delete-all'] },
  ]
  const { ask, audit } = await serveAgent(t, new FakeBackend(), { bearerTokens })
  const as = (letter: string) => ({ Authorization: `Bearer ${letter.repeat(20)}` })
  const lines = ['[iptables]', '-A FORWARD -d 10.0.0.2 -j DROP']
  t.is((await ask('GET', '/acl/')).status, 401)
  t.is((await ask('GET', '/acl/', undefined, as('x'))).status, 401)
  t.is((await ask('GET', '/acl/', undefined, as('r'))).status, 200)
  t.is((await ask('PUT', '/acl/a', lines, as('r'))).status, 403)
  t.is((await ask('PUT', '/acl/a', lines, as('w'))).status, 201)
  t.is((await ask('DELETE', '/acl/', undefined, as('w'))).status, 403)
  t.is((await ask('DELETE', '/acl/a', undefined, as('w'))).status, 204)
  t.is((await ask('DELETE', '/acl/', undefined, as('d'))).status, 204)
  t.is(audit.find(line => line.event === 'put')?.who, 'controller')
})

test('beyond loopback, writes without credentials are 403, reads are not', async t => {
  const { url, ask } = await serveAgent(t, new FakeBackend(), { listenAddress: '0.0.0.0:0' })
  t.true(url.includes('0.0.0.0'))
  t.is((await ask('GET', '/acl/')).status, 200)
  t.is((await ask('PUT', '/acl/a', ['[iptables]'])).status, 403)
  t.is((await ask('DELETE', '/acl/')).status, 403)
})

test('many rules at once are a few commits', async t => {
  const backend = new FakeBackend()
  const timing = { ...TIMING, coalesceMs: 20, pauseMs: 200, changesMax: 128 }
  const { ask } = await serveAgent(t, backend, {}, { timing })
  const puts = Array.from({ length: 200 }, (_, n) =>
    ask('PUT', `/api/v1/rules/r${n}?wait=30s`, {
      ...DROP,
      match: { family: 'ipv4', destination: `10.0.1.${n}` },
    }),
  )
  t.true((await Promise.all(puts)).every(put => put.status === 201))
  t.is(backend.installed.length, 200)
  t.true(backend.applied.length < 100, `${backend.applied.length} applies`)
})

test('wait may be a number, a duration, or left to the agent; what cannot be read changes nothing', async t => {
  const { ask } = await serveAgent(t)
  for (const [index, wait] of [
    'wait=5',
    'wait=5s',
    'wait=5000ms',
    'wait=',
    'wait',
    'wait=true',
  ].entries()) {
    const { status } = await ask('PUT', `/api/v1/rules/r${index}?${wait}`, DROP)
    t.is(status, 201, wait)
  }
  t.is((await ask('PUT', '/api/v1/rules/r9?wait=soon', DROP)).status, 400)
  t.is((await ask('GET', '/api/v1/rules/r9')).status, 404)
})

test('a dry run is one however yes is said, and nothing else is taken for no', async t => {
  const { ask } = await serveAgent(t)
  for (const yes of ['dryRun=true', 'dryRun=1', 'dryRun=', 'dryRun']) {
    const answer = await ask('PUT', `/api/v1/rules/r?${yes}`, DROP)
    t.is(answer.json.dryRun, true, yes)
  }
  for (const odd of ['dryRun=yes', 'dryRun=TRUE', 'dryrun=true', 'dry_run=1']) {
    t.is((await ask('PUT', `/api/v1/rules/r?${odd}`, DROP)).status, 400, odd)
  }
  t.is((await ask('GET', '/api/v1/rules/r')).status, 404)
})

test('lines are posted with a name of their own', async t => {
  const { ask } = await serveAgent(t)
  const lines = ['[iptables]', '-A FORWARD -d 10.0.0.1 -j DROP']
  const answer = await ask('POST', '/api/v1/rules?wait=5', { name: 'mine', lines, ttlSeconds: 60 })
  t.is(answer.status, 201)
  t.is(answer.headers.get('location'), '/api/v1/rules/mine')
  t.deepEqual((await ask('GET', '/acl/mine')).json, lines)
})

test('renewals are written down: who, how many, and those refused', async t => {
  const { ask, audit } = await serveAgent(t)
  await ask('PUT', '/api/v1/rules/a', DROP)
  await ask('PUT', '/api/v1/rules/a', DROP)
  await ask('POST', '/api/v1/rules/a/renew', { ttlSeconds: 60 })
  await ask('POST', '/api/v1/renewals', { names: ['a', 'b'], ttlSeconds: 30 })
  t.is((await ask('POST', '/api/v1/renewals', { names: ['a'], ttlSeconds: 99_999 })).status, 422)
  const told = audit.filter(line => line.event === 'renew')
  t.deepEqual(
    told.map(({ name, who, ttlSeconds }) => [name, who, ttlSeconds]),
    [
      ['a', 'loopback', 3_600],
      ['a', 'loopback', 60],
      [undefined, 'loopback', 30],
    ],
  )
  t.deepEqual([told[2]?.renewed, told[2]?.missing], [1, 1])
  t.is(audit.filter(line => line.event === 'refused').at(-1)?.reason, 'ttl')
})
