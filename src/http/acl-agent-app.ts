/**
 * HTTP of the ACL agent. Under `/acl/` the interface of the 2014 article, to the letter: PUT 201 once
 * committed, GET the bare array, DELETE 204; a PUT or DELETE waits at most 5 s for the device, then
 * it is 503 and the agent goes on trying. Under `/api/v1` the same rules with operations, lifetimes,
 * conditions, dry run and counters.
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import type { PutRequest } from '../acl/agent/admission.ts'
import type { AclAgent } from '../acl/agent/agent.ts'
import type { Clock } from '../acl/agent/clock.ts'
import { linesOf } from '../acl/agent/entry.ts'
import type { Operation } from '../acl/agent/operations.ts'
import type { Backend } from '../acl/backends/backend.ts'
import { NAME_PATTERN } from '../acl/rule/intent.ts'
import { readLinesBody, requestOf } from './acl-agent-body.ts'
import { precondition, unchanged } from './acl-agent-conditions.ts'
import { aclAgentOpenApiText } from './acl-agent-openapi.ts'
import { refusalError } from './acl-agent-refusal.ts'
import { rulesRoutes } from './acl-agent-rules.ts'
import { identityOf, requireScope } from './auth.ts'
import { HttpError } from './errors.ts'

export interface AclAgentApp {
  readonly agent: AclAgent
  readonly backend: Backend
  readonly clock: Clock
}

/** How long a request under `/acl/` waits for the device (what callers of the article wait). */
const ACL_WAIT_MS = 5_000

const UNSETTLED = {
  reason: 'unsettled',
  message: 'no commit has ended well since the start: there may be rules on the device',
} as const

export function aclAgentRoutes(app: AclAgentApp): (router: Router) => void {
  return router => {
    router.get('/api/v1/openapi.json', ctx => {
      ctx.type = 'application/json'
      ctx.body = aclAgentOpenApiText()
    })
    articleRoutes(router, app)
    rulesRoutes(router, app)
  }
}

function articleRoutes(router: Router, { agent }: AclAgentApp): void {
  router.get('/acl/', ctx => {
    ctx.body = agent.entries().map(entry => entry.name)
  })
  router.delete('/acl/', async ctx => {
    requireScope(ctx, 'delete-all')
    const removed = await agent.removeAll(identityOf(ctx).name)
    if (!removed.ok) throw refusalError(removed.refusal)
    if (removed.value.length === 0 && !agent.isSettled) throw refusalError(UNSETTLED, false)
    await Promise.all(removed.value.map(operation => committed(agent, operation)))
    ctx.status = 204
  })
  router.get('/acl/:name', ctx => {
    const entry = agent.get(nameOf(ctx))
    if (entry === undefined) throw nothing(ctx)
    if (unchanged(ctx, entry)) return
    ctx.body = linesOf(entry)
  })
  router.put('/acl/:name', async ctx => {
    const name = nameOf(ctx)
    const owner = identityOf(ctx).name
    const request: PutRequest = { name, owner, ...requestOf(await readLinesBody(ctx)) }
    const result = await agent.put(request, owner, precondition(ctx))
    if (!result.ok) throw refusalError(result.refusal)
    await committed(agent, result.value.operation)
    ctx.set('ETag', result.value.entry.etag)
    ctx.status = 201
    ctx.type = 'application/json'
    ctx.body = ''
  })
  router.delete('/acl/:name', async ctx => {
    const result = await agent.remove(nameOf(ctx), identityOf(ctx).name, precondition(ctx))
    if (!result.ok) throw refusalError(result.refusal)
    if (result.value !== undefined) await committed(agent, result.value)
    ctx.status = 204
  })
}

/** Returns once the device has it; else the error that tells why not. */
async function committed(agent: AclAgent, operation: Operation): Promise<void> {
  const ended = (await agent.operations.wait(operation.id, ACL_WAIT_MS)) ?? operation
  if (ended.state === 'committed') return
  const { id, state, message } = ended
  if (state === 'pending') {
    const why = `not committed yet, the agent goes on trying${message === '' ? '' : `: ${message}`}`
    throw new HttpError(503, 'not_committed', why, { operation: id }, { 'Retry-After': '5' })
  }
  throw new HttpError(409, state, message, { operation: id })
}

/** 404 for what cannot be a name, as the article's server has it. */
function nameOf(ctx: Context): string {
  const name = String(ctx.params.name)
  if (!NAME_PATTERN.test(name)) throw nothing(ctx)
  return name
}

function nothing(ctx: Context): HttpError {
  return new HttpError(404, 'not_found', `there is nothing at ${ctx.path.slice(0, 200)}`)
}
