/** The OpenAPI page of the ACL agent: up to date, complete, and true of real answers. */
import { readFileSync } from 'node:fs'
import Router from '@koa/router'
import test from 'ava'
import type { z } from 'zod'
import { aclAgentRoutes } from '../../src/http/acl-agent-app.ts'
import { aclAgentOpenApiText } from '../../src/http/acl-agent-openapi.ts'
import { EXAMPLE_INTENT, EXAMPLE_LINES } from '../../src/http/acl-agent-page-schemas.ts'
import { PATHS } from '../../src/http/acl-agent-paths.ts'
import {
  dryRunSchema,
  errorSchema,
  operationSchema,
  putAnswerSchema,
  ruleSchema,
  rulesSchema,
  statusSchema,
} from '../../src/http/acl-agent-schemas.ts'
import { serveAgent } from './acl-agent-support.ts'

test('docs/openapi/acl-agent.json is what the program says (npm run docs)', t => {
  const file = new URL('../../docs/openapi/acl-agent.json', import.meta.url)
  t.is(readFileSync(file, 'utf8'), aclAgentOpenApiText())
})

test('every route is on the page, and every path of the page is a route', t => {
  const router = new Router()
  // Routes are registered only; nothing is asked of the agent.
  aclAgentRoutes({} as Parameters<typeof aclAgentRoutes>[0])(router)
  const routes = router.stack.flatMap(({ path, methods }) =>
    methods
      .filter(method => method !== 'HEAD')
      .map(method => `${method} ${String(path).replace(/:(\w+)/g, '{$1}')}`),
  )
  const paths = Object.entries(PATHS).flatMap(([path, methods]) =>
    Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`),
  )
  t.deepEqual(routes.sort(), paths.sort())
})

test('answers have the shapes of the page, to the last key', async t => {
  const { ask } = await serveAgent(t)
  const is = async (schema: z.ZodType, status: number, ...asked: Parameters<typeof ask>) => {
    const answer = await ask(...asked)
    t.is(answer.status, status, `${asked[0]} ${asked[1]}`)
    const parsed = schema.safeParse(answer.json)
    t.true(parsed.success, `${asked[0]} ${asked[1]}: ${parsed.error?.message}`)
    return answer.json
  }
  const put = await is(putAnswerSchema, 202, 'PUT', '/api/v1/rules/a', EXAMPLE_INTENT)
  await is(operationSchema, 200, 'GET', `/api/v1/operations/${put.operation.id}?wait=10s`)
  const lines = { lines: EXAMPLE_LINES, ttlSeconds: 600, policy: 'ddos' }
  await is(putAnswerSchema, 201, 'PUT', '/api/v1/rules/b?wait=10s', lines)
  await is(putAnswerSchema, 201, 'POST', '/api/v1/rules?wait=10s', EXAMPLE_INTENT)
  await is(dryRunSchema, 200, 'PUT', '/api/v1/rules/c?dryRun=true', EXAMPLE_INTENT)
  await is(ruleSchema, 200, 'GET', '/api/v1/rules/a')
  await is(ruleSchema, 200, 'POST', '/api/v1/rules/a/renew', { ttlSeconds: 60 })
  await is(rulesSchema, 200, 'GET', '/api/v1/rules')
  for (const one of (await ask('GET', '/api/v1/operations')).json.operations)
    operationSchema.parse(one)
  await is(statusSchema, 200, 'GET', '/api/v1/status')
  await is(errorSchema, 404, 'GET', '/api/v1/rules/none')
  await is(errorSchema, 400, 'PUT', '/api/v1/rules/a', { action: 1 })
  await is(errorSchema, 422, 'PUT', '/acl/a', ['[iptables]', '-A FORWARD -j DROP'])
})
