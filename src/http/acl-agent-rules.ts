/**
 * `/api/v1` of the ACL agent: rules by name, operations, renewals, dry run and status. A change is
 * answered with 202 and its operation as soon as it is durable; with `?wait=` once it is on the
 * device (201, or 200 where nothing had to be committed), or with 409 and the device's reason.
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Operation } from '../acl/agent/operations.ts'
import { intentName, NAME_PATTERN, validateIntent } from '../acl/rule/intent.ts'
import { parseDurationMs } from '../text.ts'
import type { AclAgentApp } from './acl-agent-app.ts'
import { readRequest, requestOf } from './acl-agent-body.ts'
import { precondition, unchanged } from './acl-agent-conditions.ts'
import { refusalError } from './acl-agent-refusal.ts'
import { dryRunView, operationView, ruleView, statusView } from './acl-agent-view.ts'
import { identityOf, requireScope } from './auth.ts'
import { readJson } from './body.ts'
import { HttpError } from './errors.ts'

/** Longer than any commit that ends well; shorter than what proxies wait. */
const WAIT_MAX_MS = 30_000
const WAIT_DEFAULT_MS = 5_000
const OPERATIONS_MAX = 1_000
const RENEWALS_MAX = 10_000
const renewSchema = z.strictObject({ ttlSeconds: z.int().min(1).optional() })
const renewalsSchema = z.strictObject({
  names: z.array(z.string().max(64)).max(RENEWALS_MAX),
  ttlSeconds: z.int().min(1).optional(),
})

export function rulesRoutes(router: Router, app: AclAgentApp): void {
  router.get('/api/v1/status', ctx => {
    ctx.body = statusView(app.agent, app.backend)
  })
  router.get('/api/v1/operations', ctx => {
    ctx.body = { operations: app.agent.operations.list(OPERATIONS_MAX).map(operationView) }
  })
  router.get('/api/v1/operations/:id', ctx => showOperation(ctx, app))
  router.get('/api/v1/rules', ctx => listRules(ctx, app))
  router.post('/api/v1/rules', ctx => postRule(ctx, app))
  router.delete('/api/v1/rules', ctx => deleteAll(ctx, app))
  router.get('/api/v1/rules/:name', ctx => showRule(ctx, app))
  router.put('/api/v1/rules/:name', async ctx => {
    await putRule(ctx, app, await readRequest(ctx, String(ctx.params.name)))
  })
  router.delete('/api/v1/rules/:name', ctx => deleteRule(ctx, app))
  router.post('/api/v1/rules/:name/renew', ctx => renewRule(ctx, app))
  router.post('/api/v1/renewals', ctx => renewMany(ctx, app))
}

async function showOperation(ctx: Context, { agent }: AclAgentApp): Promise<void> {
  const id = String(ctx.params.id)
  const operation = await agent.operations.wait(id, waitMs(ctx) ?? 0)
  if (operation === undefined) throw new HttpError(404, 'not_found', 'no such operation')
  ctx.body = operationView(operation)
}

async function listRules(ctx: Context, { agent, clock }: AclAgentApp): Promise<void> {
  const hits = await agent.device.hits()
  const entries = agent.entries().filter(entry =>
    (['owner', 'policy'] as const).every(key => {
      const asked = ctx.query[key]
      return asked === undefined || asked === entry[key]
    }),
  )
  ctx.body = {
    rules: entries.map(entry => ruleView(entry, agent, clock, hits)),
    removing: agent.leavingNames(),
    settled: agent.isSettled,
  }
}

async function showRule(ctx: Context, { agent, clock }: AclAgentApp): Promise<void> {
  const entry = agent.get(String(ctx.params.name))
  if (entry === undefined) throw noRule()
  const hits = await agent.device.hits()
  if (unchanged(ctx, entry)) return
  ctx.body = ruleView(entry, agent, clock, hits)
}

/**
 * An intent without a name: its name follows from what it says, so that asking twice is one rule.
 * Lines say too little for that, and bring a name of their own.
 */
async function postRule(ctx: Context, app: AclAgentApp): Promise<void> {
  checkQuery(ctx, ['wait', 'dryRun'])
  const body = await readJson(ctx)
  const name = nameOfBody(body)
  ctx.set('Location', `/api/v1/rules/${name}`)
  await putRule(ctx, app, { name, ...requestOf(body) })
}

function nameOfBody(body: unknown): string {
  const isLines =
    Array.isArray(body) || (typeof body === 'object' && body !== null && 'lines' in body)
  if (!isLines) {
    const intent = validateIntent(body)
    if (!intent.ok) throw refusalError(intent.refusal, false)
    return intentName(intent.value)
  }
  if (!('name' in body) || typeof body.name !== 'string') {
    const message = 'lines bring a name in {"name": …, "lines": […]}, or are put to a path with one'
    throw refusalError({ reason: 'name', message }, false)
  }
  if (!NAME_PATTERN.test(body.name)) {
    throw refusalError({ reason: 'name', message: 'a name is 1 to 64 of a-z, 0-9 and _' }, false)
  }
  return body.name
}

async function putRule(
  ctx: Context,
  { agent, backend, clock }: AclAgentApp,
  request: Parameters<typeof agent.put>[0],
): Promise<void> {
  const who = identityOf(ctx).name
  checkQuery(ctx, ['wait', 'dryRun'])
  if (isDryRun(ctx)) {
    const checked = agent.dryRun(request, who)
    if (!checked.ok) throw refusalError(checked.refusal)
    const { name, rules } = checked.value
    const rendering = backend.render([{ name, key: `${name}:dry_run`, comment: '', rules }])
    ctx.body = dryRunView(checked.value, rendering)
    return
  }
  const result = await agent.put({ owner: who, ...request }, who, precondition(ctx))
  if (!result.ok) throw refusalError(result.refusal)
  const { entry, changed, notes } = result.value
  ctx.set('ETag', entry.etag)
  const operation = await answer(ctx, agent, result.value.operation, changed ? 201 : 200)
  const rule = ruleView(entry, agent, clock, new Map())
  ctx.body = { operation: operationView(operation), changed, notes, rule }
}

async function deleteRule(ctx: Context, { agent }: AclAgentApp): Promise<void> {
  const who = identityOf(ctx).name
  checkQuery(ctx, ['wait'])
  const result = await agent.remove(String(ctx.params.name), who, precondition(ctx))
  if (!result.ok) throw refusalError(result.refusal)
  if (result.value === undefined) throw noRule()
  ctx.body = { operation: operationView(await answer(ctx, agent, result.value, 200)) }
}

/** Everything, or what one owner has. The header keeps a slip of the pen from being one. */
async function deleteAll(ctx: Context, { agent }: AclAgentApp): Promise<void> {
  requireScope(ctx, 'delete-all')
  if (ctx.get('Confirm') !== 'delete-all') {
    throw new HttpError(428, 'confirmation_needed', 'the header "Confirm: delete-all" is needed')
  }
  checkQuery(ctx, ['wait', 'owner'])
  const owner = ctx.query.owner === undefined ? undefined : String(ctx.query.owner)
  const removed = await agent.removeAll(identityOf(ctx).name, owner)
  if (!removed.ok) throw refusalError(removed.refusal)
  const ended = await Promise.all(removed.value.map(one => answer(ctx, agent, one, 200)))
  if (removed.value.length === 0) ctx.status = 200
  ctx.body = { operations: ended.map(operationView) }
}

async function renewRule(ctx: Context, { agent, clock }: AclAgentApp): Promise<void> {
  const { ttlSeconds } = checked(renewSchema, await readJson(ctx))
  const who = identityOf(ctx).name
  const result = await agent.renewals.renew(String(ctx.params.name), ttlSeconds, who)
  if (!result.ok) throw refusalError(result.refusal)
  if (result.value === undefined) throw noRule()
  ctx.body = ruleView(result.value, agent, clock, new Map())
}

/** A heartbeat for many rules at once. What is not there is named, so that it can be put again. */
async function renewMany(ctx: Context, { agent }: AclAgentApp): Promise<void> {
  const { names, ttlSeconds } = checked(renewalsSchema, await readJson(ctx))
  const missing = await agent.renewals.renewMany(names, ttlSeconds, identityOf(ctx).name)
  if (!missing.ok) throw refusalError(missing.refusal)
  ctx.body = { renewed: names.length - missing.value.length, missing: missing.value }
}

/** Waits as long as was asked for; sets the status that says what came of it. */
async function answer(
  ctx: Context,
  agent: AclAgentApp['agent'],
  operation: Operation,
  doneStatus: number,
): Promise<Operation> {
  const wait = waitMs(ctx)
  const ended =
    wait === undefined
      ? operation
      : ((await agent.operations.wait(operation.id, wait)) ?? operation)
  if (ended.state === 'failed' || ended.state === 'superseded') {
    throw new HttpError(409, ended.state, ended.message, { operation: operationView(ended) })
  }
  ctx.status = ended.state === 'committed' && wait !== undefined ? doneStatus : 202
  ctx.set('Content-Location', `/api/v1/operations/${ended.id}`)
  return ended
}

/** `?wait=5s`, `?wait=500ms`, `?wait=5`, or `?wait=` for 5 s; undefined if it is not asked for. */
function waitMs(ctx: Context): number | undefined {
  const { wait } = ctx.query
  if (wait === undefined || wait === 'false') return undefined
  if (wait === '' || wait === 'true') return WAIT_DEFAULT_MS
  const text = String(wait)
  const milliseconds = parseDurationMs(/^\d+$/.test(text) ? `${text}s` : text)
  if (milliseconds === undefined) {
    throw new HttpError(400, 'bad_parameter', 'wait is a duration such as 5s')
  }
  return Math.min(milliseconds, WAIT_MAX_MS)
}

/** A slip here would change the device, so that everything but yes and no is refused. */
function isDryRun(ctx: Context): boolean {
  const { dryRun = 'false' } = ctx.query
  if (['', 'true', '1'].includes(String(dryRun))) return true
  if (['false', '0'].includes(String(dryRun))) return false
  throw new HttpError(400, 'bad_parameter', 'dryRun is true or false')
}

/** Before anything is changed: 400 for a parameter that is not known, or that cannot be read. */
function checkQuery(ctx: Context, known: readonly string[]): void {
  const unknown = Object.keys(ctx.query).find(key => !known.includes(key))
  if (unknown !== undefined) {
    const message = `"${unknown.slice(0, 64)}" is no parameter here: ${known.join(', ')}`
    throw new HttpError(400, 'bad_parameter', message)
  }
  waitMs(ctx)
}

function checked<Shape>(schema: z.ZodType<Shape>, body: unknown): Shape {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new HttpError(400, 'bad_body', `${issue?.path.join('.') || 'the body'}: ${issue?.message}`)
}

function noRule(): HttpError {
  return new HttpError(404, 'not_found', 'there is no rule of that name')
}
