import { execFileSync } from 'node:child_process'
import test, { type ExecutionContext } from 'ava'
import { Registry } from 'prom-client'
import { controllerRoutes } from '../../src/http/controller-app.ts'
import type { HttpServerOptions } from '../../src/http/server.ts'
import { ControllerMetrics } from '../../src/metrics/controller-metrics.ts'
import { renderRegistry } from '../../src/metrics/process-page.ts'
import {
  attack,
  DROP_LINE,
  makeRig,
  ONE_LEAF,
  type Rig,
  webhook,
} from '../acl/controller/support/rig.ts'
import { part } from '../support/parts.ts'
import { start } from './support.ts'

interface Said {
  readonly status: number
  // Answers are read as whatever the test expects of them.
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what is tested
  readonly body: any
}

async function app(
  t: ExecutionContext,
  section: unknown = ONE_LEAF,
  more: Partial<HttpServerOptions> = {},
) {
  const rig = await makeRig(section)
  rig.start()
  const server = await start(t, more, controllerRoutes(rig.controller()))
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    token?: string,
  ): Promise<Said> => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json() }
  }
  return { rig, ask }
}

async function advance(rig: Rig): Promise<void> {
  await rig.clock.advance(600)
}

test('alerts are taken, and the action tells what, why, where and when', async t => {
  const { rig, ask } = await app(t)
  const said = await ask('POST', '/api/v1/alerts', webhook(attack({ fingerprint: 'a' })))
  t.deepEqual(said, { status: 200, body: { alerts: { opened: 1 }, refused: [] } })
  await advance(rig)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
  const { body } = await ask('GET', '/api/v1/actions')
  t.is(body.actions.length, 1)
  t.like(body.actions[0], {
    policy: 'drop',
    where: 'leaf1',
    phase: 'active',
    device: 'committed',
    what: { action: { type: 'drop' }, match: { destination: '10.10.100.10', sourcePort: 53 } },
    why: { alert: 'UdpReflection', fingerprint: 'a', value: 2_000_000 },
  })
  t.deepEqual(Object.keys(body.actions[0].times), [
    'detected',
    'received',
    'decided',
    'activated',
    'committed',
  ])
  const one = await ask('GET', `/api/v1/actions/${encodeURIComponent(body.actions[0].id)}`)
  t.is(one.body.id, body.actions[0].id)
})

const NO_WEBHOOKS: readonly [what: string, body: string, status: number, code: string][] = [
  ['no JSON', '{', 400, 'bad_json'],
  ['no object', '[]', 400, 'not_an_object'],
  ['an unknown version', '{"version":"5","alerts":[]}', 400, 'wrong_version'],
  ['too deep', `${'['.repeat(100)}${']'.repeat(100)}`, 400, 'bad_json'],
  ['nothing', '', 400, 'bad_json'],
  ['too large', `{"version":"4","alerts":[],"x":"${'x'.repeat(1_000)}"}`, 413, 'body_too_large'],
]

for (const [what, body, status, code] of NO_WEBHOOKS) {
  test(`a webhook that is ${what} gets ${status} ${code}, an audit line, and is counted`, async t => {
    const { rig, ask } = await app(t, ONE_LEAF, { bodyBytesMax: 500 })
    const said = await ask('POST', '/api/v1/alerts', body)
    t.is(said.status, status)
    t.like(rig.audit.at(-1), { event: 'webhook_refused', reason: code })
    t.is(rig.counted.get(`webhook ${code}`), 1)
    t.is(said.body.error.code, code)
    t.is(rig.controller().rules.size, 0)
  })
}

test('a group of 2,500 alerts is taken, and every alert of it', async t => {
  const { ask } = await app(t, ONE_LEAF, { bodyBytesMax: 8 * 1024 * 1024 })
  const group = Array.from({ length: 2_500 }, () => attack())
  const said = await ask('POST', '/api/v1/alerts', webhook(...group))
  t.deepEqual(said, { status: 200, body: { alerts: { opened: 2_500 }, refused: [] } })
})

test('a webhook that cannot be read has its senders asked in its place', async t => {
  const { rig, ask } = await app(t, ONE_LEAF, { bodyBytesMax: 500 })
  await ask('POST', '/api/v1/alerts', webhook(attack(), attack()))
  t.true(rig.syncs.wanted > 0)
})

test('what cannot be written is 503, so that Alertmanager tries again; the retry is taken', async t => {
  const { rig, ask } = await app(t)
  rig.files().roomBytes = 0
  const body = webhook(attack({ fingerprint: 'a' }))
  const said = await ask('POST', '/api/v1/alerts', body)
  t.deepEqual([said.status, said.body.error.code], [503, 'not_durable'])
  rig.files().roomBytes = undefined
  t.is((await ask('POST', '/api/v1/alerts', body)).status, 200)
})

test('no room for more alerts is 503 too', async t => {
  const { ask } = await app(t, { ...ONE_LEAF, alerts: { max: 1 } })
  t.is((await ask('POST', '/api/v1/alerts', webhook(attack()))).status, 200)
  const said = await ask('POST', '/api/v1/alerts', webhook(attack()))
  t.deepEqual([said.status, said.body.error.code], [503, 'full'])
})

test('the request does not wait for a device that hangs', async t => {
  const { rig, ask } = await app(t)
  rig.box('leaf1').fault = 'hang'
  t.is((await ask('POST', '/api/v1/alerts', webhook(attack()))).status, 200)
  rig.box('leaf1').expireDeadlines()
})

test('approvals: listed, approved by name, and decided afterwards', async t => {
  const policies = [{ name: 'drop', action: 'drop', mode: 'manual' }]
  const { rig, ask } = await app(t, { ...ONE_LEAF, policies })
  await ask('POST', '/api/v1/alerts', webhook(attack()))
  const { body } = await ask('GET', '/api/v1/approvals')
  const [waiting] = body.approvals
  t.is(waiting.phase, 'pending')
  const approval = { id: waiting.name, decision: 'approve' }
  t.deepEqual(await ask('POST', '/api/v1/approvals', approval), {
    status: 200,
    body: { ...approval, who: 'loopback', actions: [{ id: waiting.id, phase: 'active' }] },
  })
  await advance(rig)
  t.deepEqual(rig.box('leaf1').lines, [DROP_LINE])
  const again = await ask('POST', '/api/v1/approvals', approval)
  t.deepEqual([again.status, again.body.error.code], [409, 'not_waiting'])
  t.is((await ask('POST', '/api/v1/approvals', { ...approval, id: 'none' })).status, 404)
  t.is((await ask('POST', '/api/v1/approvals', { id: 1 })).status, 400)
  t.is((await ask('POST', '/api/v1/approvals', [])).status, 400)
})

test('the kill switch: read, engaged, refused in other words', async t => {
  const { rig, ask } = await app(t)
  await ask('POST', '/api/v1/alerts', webhook(attack()))
  await advance(rig)
  t.is((await ask('PUT', '/api/v1/kill-switch', { engaged: true })).status, 200)
  await advance(rig)
  t.deepEqual(rig.box('leaf1').lines, [])
  t.deepEqual((await ask('GET', '/api/v1/kill-switch')).body, {
    position: 'withdraw',
    engaged: true,
  })
  t.is((await ask('PUT', '/api/v1/kill-switch', { position: 'freeze' })).status, 200)
  t.is((await ask('PUT', '/api/v1/kill-switch', { engaged: 'yes' })).status, 400)
  t.is((await ask('PUT', '/api/v1/kill-switch', { engaged: false })).body.position, 'off')
})

test('a token that sends alerts may neither approve nor touch the kill switch', async t => {
  const bearerTokens = [
    { name: 'alertmanager', token: 'a'.repeat(16), scopes: ['read', 'write'] },
    { name: 'people', token: 'p'.repeat(16), scopes: ['read', 'write', 'operate'] },
  ]
  const { ask } = await app(t, ONE_LEAF, { bearerTokens })
  const [alertmanager, people] = bearerTokens.map(one => one.token)
  t.is((await ask('POST', '/api/v1/alerts', webhook(attack()))).status, 401)
  t.is((await ask('POST', '/api/v1/alerts', webhook(attack()), alertmanager)).status, 200)
  t.is((await ask('PUT', '/api/v1/kill-switch', { engaged: true }, alertmanager)).status, 403)
  const approval = { id: 'x', decision: 'approve' }
  t.is((await ask('POST', '/api/v1/approvals', approval, alertmanager)).status, 403)
  t.is((await ask('PUT', '/api/v1/kill-switch', { engaged: true }, people)).status, 200)
})

test('actions can be asked for by phase, policy and agent', async t => {
  const { ask } = await app(t)
  await ask('POST', '/api/v1/alerts', webhook(attack()))
  const count = async (query: string) =>
    (await ask('GET', `/api/v1/actions?${query}`)).body.actions.length
  t.is(await count('phase=active&policy=drop&acl_agent=leaf1'), 1)
  t.is(await count('phase=ended'), 0)
  t.is(await count('policy=mark'), 0)
  t.is((await ask('GET', '/api/v1/actions?phase=dead')).status, 400)
})

test('the metrics page passes promtool, with every family of the controller on it', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.clock.advance(100)
  const registry = new Registry()
  const metrics = new ControllerMetrics({ registry, snapshot: () => rig.controller().snapshot() })
  const rule = { policy: 'drop' }
  metrics.webhook('taken')
  metrics.alert('bridge', 'opened')
  metrics.alertRefused('bad_time')
  metrics.refusal('drop', 'protected')
  metrics.phase(rule, 'active')
  metrics.ended(rule, 'resolved')
  for (const stage of ['detect', 'decide', 'commit', 'effect'] as const)
    metrics.stage(stage, rule, 0.1)
  metrics.agentRequest('leaf1', 'put', 'committed', 0.1)
  metrics.drift('leaf1', 'missing')
  metrics.alertSync('ok')
  const { body } = await renderRegistry(registry, 'text/plain')
  const families = body.match(/^# TYPE sflow_acl_controller_\S+/gm) ?? []
  t.is(families.length, 36)
  t.notThrows(() => execFileSync(part('promtool'), ['check', 'metrics'], { input: body }))
})
