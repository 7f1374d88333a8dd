/** The OpenAPI file says what is served, and its examples are what the code takes and gives. */
import { readFileSync } from 'node:fs'
import Router from '@koa/router'
import { Ajv2020 } from 'ajv/dist/2020.js'
import test from 'ava'
import { parse } from 'yaml'
import { EFFECT_VERDICTS, END_REASONS, PHASES } from '../../src/acl/controller/rule-state.ts'
import { narrowWebhook } from '../../src/acl/controller/webhook.ts'
import { actionView } from '../../src/http/action-view.ts'
import { controllerRoutes } from '../../src/http/controller-app.ts'
import { attack, makeRig, ONE_LEAF, webhook } from '../acl/controller/support/rig.ts'
import { start } from './support.ts'

// The document is read as the test expects it to be.
// biome-ignore lint/suspicious/noExplicitAny: the shape is what is tested
const document: any = parse(
  readFileSync(new URL('../../docs/openapi/controller.yaml', import.meta.url), 'utf8'),
)

test('the paths and methods are those that are served', async t => {
  const router = new Router()
  controllerRoutes((await makeRig()).controller())(router)
  const served = router.stack.flatMap(layer =>
    layer.methods
      .filter(method => method !== 'HEAD')
      .map(method => `${method.toLowerCase()} ${String(layer.path).replace(/:(\w+)/g, '{$1}')}`),
  )
  const told = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(method => `${method} ${path}`),
  )
  t.deepEqual(told.sort(), served.sort())
})

test('the example of a webhook is taken, with all its alerts', t => {
  const { example } = document.paths['/api/v1/alerts'].post.requestBody.content['application/json']
  const result = narrowWebhook(example)
  t.true(result.ok && result.value.alerts.length === 1 && result.value.refused.length === 0)
})

test('an action has the properties that are declared, and the required ones always', async t => {
  const rig = await makeRig()
  rig.start()
  await rig.controller().takeWebhook(webhook(attack()))
  const [rule] = [...rig.controller().rules.values()]
  const view = actionView(rule!, { hits: undefined, unreachable: undefined })
  const { properties, required } = document.components.schemas.Action
  t.deepEqual(Object.keys(view).sort(), Object.keys(properties).sort())
  const sent = JSON.parse(JSON.stringify(view))
  for (const name of required) t.true(name in sent, name)
})

test('closed lists are the same in the document and in the code', t => {
  const { Action, Phase } = document.components.schemas
  t.deepEqual(Phase.enum, [...PHASES])
  t.deepEqual(Action.properties.endReason.enum, [...END_REASONS])
  t.deepEqual(Action.properties.effect.enum, [...EFFECT_VERDICTS])
})

const ajv = new Ajv2020({ strict: false, formats: { 'date-time': /^\d{4}-\d\d-\d\dT.*Z$/ } })
ajv.addSchema(document, 'openapi')

/** What the document says of a path that was asked, with the parameters in their places. */
function pathOf(path: string): string {
  const plain = path.split('?', 1)[0] as string
  return plain.startsWith('/api/v1/actions/') ? '/api/v1/actions/{id}' : plain
}

/** Is this a schema of the document, and does the value fit? */
function faultsOf(pointer: readonly string[], value: unknown): string {
  const parts = pointer.map(part =>
    encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
  )
  const validate = ajv.getSchema(`openapi#/${parts.join('/')}`)
  if (validate === undefined) return 'no such schema'
  return validate(value) ? '' : ajv.errorsText(validate.errors)
}

test('every answer has the status and the shape that the document tells', async t => {
  const policies = [
    ...ONE_LEAF.policies.slice(0, 1),
    { name: 'drop', action: 'drop', mode: 'manual' },
  ]
  const rig = await makeRig({ ...ONE_LEAF, policies })
  rig.start()
  const secret = (name: string) => name.repeat(16)
  const bearerTokens = [
    { name: 'a', token: secret('a'), scopes: ['write'] },
    { name: 'o', token: secret('o'), scopes: ['read', 'write', 'operate'] },
  ]
  const server = await start(
    t,
    { bearerTokens, bodyBytesMax: 4_000 },
    controllerRoutes(rig.controller()),
  )
  const seen = new Set<string>()
  const ask = async (
    status: number,
    who: string,
    method: string,
    path: string,
    body?: unknown,
    type = 'application/json',
  ) => {
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${secret(who)}`, 'content-type': type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer: unknown = await response.json()
    t.is(response.status, status, `${method} ${path}: ${JSON.stringify(answer)}`)
    const [plain, verb] = [pathOf(path), method.toLowerCase()]
    const told = document.paths[plain][verb].responses[status]
    const shared = (told?.$ref as string | undefined)?.split('/').slice(1)
    const place = shared ?? ['paths', plain, verb, 'responses', `${status}`]
    t.is(
      faultsOf([...place, 'content', 'application/json', 'schema'], answer),
      '',
      `${plain} ${status}`,
    )
    seen.add(`${verb} ${plain} ${status}`)
    // Read as whatever the test expects of it.
    // biome-ignore lint/suspicious/noExplicitAny: the shape has just been checked
    return answer as any
  }
  const alerts = '/api/v1/alerts'
  await ask(200, 'a', 'POST', alerts, webhook(attack(), attack({ status: 'resolved' }), { odd: 1 }))
  await ask(200, 'a', 'POST', alerts, webhook(attack({ labels: { ipdestination: '127.0.0.1' } })))
  await ask(400, 'a', 'POST', alerts, {})
  await ask(401, 'x', 'POST', alerts, {})
  await ask(413, 'a', 'POST', alerts, 'x'.repeat(5_000))
  await ask(415, 'a', 'POST', alerts, {}, 'text/plain')
  rig.files().roomBytes = 0
  await ask(503, 'a', 'POST', alerts, webhook(attack()))
  rig.files().roomBytes = undefined
  const { approvals } = await ask(200, 'o', 'GET', '/api/v1/approvals')
  const approval = { id: approvals[0].name, decision: 'approve' }
  await ask(401, 'x', 'GET', '/api/v1/approvals')
  await ask(403, 'a', 'GET', '/api/v1/approvals')
  await ask(400, 'o', 'POST', '/api/v1/approvals', {})
  await ask(401, 'x', 'POST', '/api/v1/approvals', approval)
  await ask(403, 'a', 'POST', '/api/v1/approvals', approval)
  await ask(404, 'o', 'POST', '/api/v1/approvals', { ...approval, id: 'none' })
  const decided = await ask(200, 'o', 'POST', '/api/v1/approvals', approval)
  t.deepEqual(decided.actions, [{ id: approvals[0].id, phase: 'active' }])
  await ask(409, 'o', 'POST', '/api/v1/approvals', approval)
  await rig.clock.advance(1_000)
  const { actions, refusals } = await ask(200, 'o', 'GET', '/api/v1/actions?phase=active')
  t.like(refusals[0], { reason: 'protected', why: { alert: 'UdpReflection', value: 2_000_000 } })
  await ask(400, 'o', 'GET', '/api/v1/actions?phase=dead')
  await ask(401, 'x', 'GET', '/api/v1/actions')
  await ask(403, 'a', 'GET', '/api/v1/actions')
  const one = `/api/v1/actions/${encodeURIComponent(actions[0].id)}`
  await ask(200, 'o', 'GET', one)
  await ask(401, 'x', 'GET', one)
  await ask(403, 'a', 'GET', one)
  await ask(404, 'o', 'GET', '/api/v1/actions/none')
  const kill = '/api/v1/kill-switch'
  t.deepEqual(await ask(200, 'o', 'PUT', kill, { position: 'freeze' }), {
    position: 'freeze',
    engaged: true,
    who: 'o',
  })
  const position = await ask(200, 'o', 'GET', kill)
  t.like(
    await ask(200, 'o', 'PUT', kill, position),
    { position: 'freeze' },
    'what was got can be put',
  )
  await ask(400, 'o', 'PUT', kill, { position: 'off', engaged: true })
  await ask(401, 'x', 'PUT', kill, { engaged: true })
  await ask(403, 'a', 'PUT', kill, { engaged: true })
  await ask(401, 'x', 'GET', kill)
  await ask(403, 'a', 'GET', kill)
  t.true(seen.size > 25)
})

test('the examples fit their own schemas', t => {
  const check = (pointer: readonly string[], content: Record<string, { example?: unknown }>) => {
    const example = content['application/json']?.example
    if (example === undefined) return
    t.is(
      faultsOf([...pointer, 'content', 'application/json', 'schema'], example),
      '',
      pointer.join(' '),
    )
  }
  for (const [path, methods] of Object.entries<Record<string, unknown>>(document.paths)) {
    for (const method of Object.keys(methods)) {
      const { requestBody, responses } = document.paths[path][method]
      if (requestBody) check(['paths', path, method, 'requestBody'], requestBody.content)
      for (const [status, { content }] of Object.entries<{ content?: never }>(responses)) {
        if (content) check(['paths', path, method, 'responses', status], content)
      }
    }
  }
  check(['components', 'responses', 'Error'], document.components.responses.Error.content)
})
