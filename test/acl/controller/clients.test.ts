/** Both kinds of ACL agents over real sockets: what their answers mean. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { ownNamePattern } from '../../../src/acl/controller/candidate.ts'
import { decide } from '../../../src/acl/controller/decide.ts'
import { LegacyClient } from '../../../src/acl/controller/legacy-client.ts'
import type { Rule } from '../../../src/acl/controller/rule-state.ts'
import { RulesClient } from '../../../src/acl/controller/rules-client.ts'
import { Transport } from '../../../src/acl/controller/transport.ts'
import { narrowWebhook } from '../../../src/acl/controller/webhook.ts'
import { formatIntent } from '../../../src/acl/rule/format.ts'
import { controllerSchema } from '../../../src/config/controller.ts'
import { controllerSettings } from '../../../src/config/controller-settings.ts'
import { LegacyServer } from './support/legacy-server.ts'
import { attack, DROP_LINE, ONE_LEAF, webhook } from './support/rig.ts'

const ownName = ownNamePattern('sfb')

function ruleFor(destination: string): Rule {
  const narrowed = narrowWebhook(webhook(attack({ labels: { ipdestination: destination } })))
  if (!narrowed.ok) throw new Error(narrowed.reason)
  const [alert] = narrowed.value.alerts
  const settings = controllerSettings(controllerSchema.parse(ONE_LEAF))
  const policy = { ...settings, killSwitch: 'off' as const, stillHit: new Set<string>() }
  const entry = { alert: alert!, heardAtMs: 1, firstHeardAtMs: 1 }
  return decide([entry], policy, new Map(), 1).wanted[0]!
}

function transport(t: ExecutionContext, url: string, deadlineMs = 2_000): Transport {
  const made = new Transport({ url, connectionsMax: 4, deadlineMs, authorization: 'Bearer secret' })
  t.teardown(() => made.close())
  return made
}

function legacy(t: ExecutionContext, server: LegacyServer): LegacyClient {
  // Its commits are over before it answers, so nothing has to be waited for.
  const clock = {
    now: () => 0,
    after(_delayMs: number, task: () => void) {
      setImmediate(task)
      return () => {}
    },
  }
  return new LegacyClient({
    transport: transport(t, server.url),
    clock,
    ownName,
    settleMs: 1,
    linesOf: rule => formatIntent(rule.intent),
  })
}

async function serve(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

for (const replies of [201, 202] as const) {
  test(`a server that answers ${replies}: put, list, remove; others’ rules are not seen`, async t => {
    const server = await LegacyServer.start(t)
    server.replies = replies
    server.files.set('ddos1', ['[iptables]', DROP_LINE])
    const client = legacy(t, server)
    const rule = ruleFor('10.10.100.10')
    t.deepEqual(await client.put(rule), { outcome: 'committed' })
    t.deepEqual(
      server.inForce.get(rule.name)?.filter(line => !line.startsWith('#')),
      ['[iptables]', DROP_LINE],
    )
    const list = await client.list()
    t.true('rules' in list && list.rules.length === 1 && list.rules[0]?.matches(rule))
    t.deepEqual(await client.remove(rule.name), { outcome: 'committed' })
    t.deepEqual([...server.inForce.keys()], ['ddos1'])
    t.deepEqual(
      await client.remove(rule.name),
      { outcome: 'committed' },
      'twice is as good as once',
    )
  })
}

test('a rule that breaks the commit is taken back, and its neighbours of the same round land', async t => {
  const server = await LegacyServer.start(t)
  server.poison = '10.0.0.3'
  const client = legacy(t, server)
  const rules = [1, 2, 3, 4, 5].map(last => ruleFor(`10.0.0.${last}`))
  const outcomes = await Promise.all(rules.map(rule => client.put(rule)))
  t.deepEqual(
    outcomes.map(one => one.outcome),
    ['committed', 'committed', 'failed', 'committed', 'committed'],
  )
  t.is(server.inForce.size, 4)
  t.is(server.lastError, undefined, 'nothing of ours poisons the next commit')
})

for (const nothing of [{}, [], '', null] as const) {
  test(`a last error of ${JSON.stringify(nothing)} is none`, async t => {
    const server = await LegacyServer.start(t)
    server.noError = nothing
    const client = legacy(t, server)
    t.deepEqual(await client.put(ruleFor('10.0.0.1')), { outcome: 'committed' })
    t.is(server.inForce.size, 1)
  })
}

test('a commit that failed before we came is not held against our rule, nor called committed', async t => {
  const server = await LegacyServer.start(t)
  server.poison = 'foreign'
  server.files.set('operator', ['foreign'])
  server.lastError = { returncode: 1, lines: ['error'] }
  const client = legacy(t, server)
  const rule = ruleFor('10.0.0.1')
  t.like(await client.put(rule), { outcome: 'failed' })
  t.true(server.files.has(rule.name), 'it lands when the other is mended')
  const list = await client.list()
  t.truthy('rules' in list && list.rules[0]?.failed)
})

const ANSWERS: readonly [status: number, body: unknown, outcome: string][] = [
  [200, {}, 'committed'],
  [201, {}, 'committed'],
  [202, {}, 'pending'],
  [400, { error: { code: 'intent_shape', message: 'no' } }, 'refused'],
  [401, {}, 'unreachable'],
  [403, {}, 'unreachable'],
  [409, { error: { code: 'failed', message: 'the tool said no' } }, 'failed'],
  [422, { error: { code: 'protected_prefix', message: 'no' } }, 'refused'],
  [429, {}, 'unreachable'],
  [500, {}, 'unreachable'],
  [503, {}, 'unreachable'],
  [507, { error: { code: 'rule_limit', message: 'full' } }, 'refused'],
]

for (const [status, body, outcome] of ANSWERS) {
  test(`our agent answers ${status}: ${outcome}`, async t => {
    const seen: string[] = []
    const url = await serve(t, (request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`)
      response.writeHead(status).end(JSON.stringify(body))
    })
    const client = new RulesClient({ transport: transport(t, url), ownName, waitSeconds: 5 })
    const rule = ruleFor('10.0.0.1')
    t.is((await client.put(rule)).outcome, outcome as never)
    t.deepEqual(seen, [`PUT /api/v1/rules/${rule.name}?wait=5s Bearer secret`])
  })
}

test('an agent that hangs costs its deadline; one that breaks off or babbles is unreachable', async t => {
  const hanging = await serve(t, () => {})
  t.deepEqual(await transport(t, hanging, 50).request('GET', '/'), {
    unreachable: 'deadline exceeded',
  })
  const breaking = await serve(t, request => request.socket.destroy())
  t.true('unreachable' in (await transport(t, breaking).request('GET', '/')))
  const babbling = await serve(t, (_, response) => {
    const more = () => {
      while (response.write(Buffer.alloc(1_000_000, 'x')));
    }
    response.on('drain', more)
    more()
  })
  t.deepEqual(await transport(t, babbling, 5_000).request('GET', '/'), {
    unreachable: 'the answer is too long',
  })
  t.true('unreachable' in (await transport(t, 'http://127.0.0.1:9').request('GET', '/')))
})

test('one connection is kept open for all requests', async t => {
  const ports = new Set<number | undefined>()
  const url = await serve(t, (request, response) => {
    ports.add(request.socket.remotePort)
    response.end('{}')
  })
  const one = new Transport({ url, connectionsMax: 1, deadlineMs: 2_000 })
  t.teardown(() => one.close())
  for (let i = 0; i < 5; i++) await one.request('GET', '/')
  t.is(ports.size, 1)
})

test('a list that is none, or holds strangers and nonsense, gives what can be read', async t => {
  let body: unknown = { rules: 7 }
  const url = await serve(t, (_, response) => response.end(JSON.stringify(body)))
  const client = new RulesClient({ transport: transport(t, url), ownName, waitSeconds: 5 })
  t.true('unreachable' in (await client.list()))
  const rule = ruleFor('10.0.0.1')
  body = {
    rules: [
      7,
      { name: 'operator' },
      {
        name: rule.name,
        intent: { ...rule.intent, reason: 'another day' },
        hits: { packets: 1, bytes: 2 },
      },
      { name: `${rule.name.slice(0, -1)}${rule.name.endsWith('0') ? '1' : '0'}`, intent: 'x' },
    ],
  }
  const list = await client.list()
  if ('unreachable' in list) throw new Error('a list was expected')
  t.deepEqual(
    list.rules.map(one => one.matches(rule)),
    [true, false],
  )
  t.deepEqual(list.rules[0]?.hits, { packets: 1, bytes: 2 })
})

test('what our agents list as leaving, or do not know yet, is not gone', async t => {
  const rule = ruleFor('10.0.0.1')
  const { name } = rule
  let status = 200
  let body: unknown = {}
  const url = await serve(t, (_, response) => {
    response.statusCode = status
    response.end(JSON.stringify(body))
  })
  const client = new RulesClient({ transport: transport(t, url), ownName, waitSeconds: 5 })
  const isGone = async (): Promise<boolean> => {
    const list = await client.list()
    return 'rules' in list && list.isGone(name)
  }
  body = { rules: [], removing: [], settled: true }
  t.true(await isGone())
  body = { rules: [], removing: [name], settled: true }
  t.false(await isGone())
  body = { rules: [], removing: [], settled: false }
  t.false(await isGone())
  body = { rules: [{ name, intent: rule.intent }], removing: [], settled: true }
  t.false(await isGone())
  body = { error: { code: 'unsettled', message: 'no commit yet' } }
  status = 503
  t.deepEqual(await client.remove(name), { outcome: 'pending' })
  status = 404
  t.deepEqual(await client.remove(name), { outcome: 'committed' })
})

test('a file that is gone while the commit fails is a rule that may be in force', async t => {
  const server = await LegacyServer.start(t)
  const client = legacy(t, server)
  const rule = ruleFor('10.0.0.1')
  await client.put(rule)
  server.poison = 'foreign'
  server.files.set('operator', ['foreign'])
  for (const _ of ['first', 'again']) t.like(await client.remove(rule.name), { outcome: 'failed' })
  t.true(server.inForce.has(rule.name))
  const list = await client.list()
  t.false('rules' in list && list.isGone(rule.name))
})
