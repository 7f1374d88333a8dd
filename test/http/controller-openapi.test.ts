/** The OpenAPI file says what is served, and its examples are what the code takes and gives. */
import { readFileSync } from 'node:fs'
import Router from '@koa/router'
import test from 'ava'
import { parse } from 'yaml'
import { EFFECT_VERDICTS, END_REASONS, PHASES } from '../../src/acl/controller/rule-state.ts'
import { narrowWebhook } from '../../src/acl/controller/webhook.ts'
import { actionView } from '../../src/http/action-view.ts'
import { controllerRoutes } from '../../src/http/controller-app.ts'
import { attack, makeRig, webhook } from '../acl/controller/support/rig.ts'

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
  const view = actionView(rule!, undefined)
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
