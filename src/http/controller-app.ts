/**
 * HTTP of the controller: alerts in, actions and approvals out, the kill switch. Alerts are answered
 * once they are durable and never wait for a device. Tokens that may send alerts may not approve
 * them: that takes the scope `operate`, which users, certificates and the machine itself have.
 */
import type Router from '@koa/router'
import type { Context } from 'koa'
import { ALERT_LIMITS } from '../acl/controller/alert.ts'
import type { Controller, OperatorOutcome } from '../acl/controller/controller.ts'
import { KILL_SWITCH, type KillSwitch } from '../acl/controller/decide.ts'
import { refusalLine } from '../acl/controller/life.ts'
import { PHASES, type Rule } from '../acl/controller/rule-state.ts'
import { actionView } from './action-view.ts'
import { identityOf, requireScope } from './auth.ts'
import { readJson } from './body.ts'
import { HttpError } from './errors.ts'

/** A page of actions: some 2 MB. */
const ACTIONS_MAX = 1_000

export function controllerRoutes(controller: Controller): (router: Router) => void {
  return router => {
    router.post('/api/v1/alerts', ctx => takeAlerts(ctx, controller))
    router.get('/api/v1/actions', ctx => {
      ctx.body = {
        actions: listActions(ctx, controller),
        refusals: controller.refusals.slice(0, ACTIONS_MAX).map(refusalLine),
      }
    })
    router.get('/api/v1/actions/:id', ctx => {
      const rule = controller.rules.get(String(ctx.params.id))
      if (rule === undefined) throw new HttpError(404, 'not_found', 'no such action')
      ctx.body = viewOf(rule, controller)
    })
    router.get('/api/v1/approvals', ctx => {
      const waiting = [...controller.rules.values()].filter(rule => rule.phase === 'pending')
      ctx.body = {
        approvals: waiting.slice(0, ACTIONS_MAX).map(rule => viewOf(rule, controller)),
      }
    })
    router.post('/api/v1/approvals', ctx => decideApproval(ctx, controller))
    router.get('/api/v1/kill-switch', ctx => {
      ctx.body = switchView(controller.killSwitch)
    })
    router.put('/api/v1/kill-switch', ctx => setKillSwitch(ctx, controller))
  }
}

async function takeAlerts(ctx: Context, controller: Controller): Promise<void> {
  const answer = await controller.takeWebhook(await readWebhook(ctx, controller))
  if (answer.outcome === 'refused') {
    const message =
      answer.reason === 'too_many_alerts'
        ? `a webhook may have ${ALERT_LIMITS.alertsMax} alerts`
        : 'this is no webhook of Alertmanager (version 4) or Grafana'
    throw new HttpError(400, answer.reason, message)
  }
  const { alerts, refused } = answer
  if (answer.outcome === 'taken') {
    ctx.body = { alerts, refused }
    return
  }
  // 5xx: Alertmanager keeps trying. With 4xx the alert would be lost.
  const why =
    answer.outcome === 'full'
      ? 'no room for more alerts'
      : 'the alerts could not be written to disk'
  throw new HttpError(503, answer.outcome, why, { alerts }, { 'Retry-After': '5' })
}

/** What cannot be read is lost for good, since a 4xx is not sent again: it is told, and counted. */
async function readWebhook(ctx: Context, controller: Controller): Promise<unknown> {
  try {
    return await readJson(ctx)
  } catch (error) {
    if (error instanceof HttpError) controller.refuseBody(error.code)
    throw error
  }
}

function listActions(ctx: Context, controller: Controller) {
  const phase = one(ctx.query.phase)
  const policy = one(ctx.query.policy)
  const aclAgent = one(ctx.query.acl_agent)
  if (phase !== undefined && !PHASES.includes(phase as Rule['phase'])) {
    throw new HttpError(400, 'bad_parameter', `phase is one of ${PHASES.join(', ')}`)
  }
  return [...controller.rules.values()]
    .filter(rule => phase === undefined || rule.phase === phase)
    .filter(rule => policy === undefined || rule.policy === policy)
    .filter(rule => aclAgent === undefined || rule.aclAgent === aclAgent)
    .sort((a, b) => b.times.decidedMs - a.times.decidedMs)
    .slice(0, ACTIONS_MAX)
    .map(rule => viewOf(rule, controller))
}

async function decideApproval(ctx: Context, controller: Controller): Promise<void> {
  requireOperator(ctx)
  const { id, decision } = await readObject(ctx)
  if (typeof id !== 'string' || (decision !== 'approve' && decision !== 'reject')) {
    throw new HttpError(
      400,
      'bad_approval',
      'expected {"id": "…", "decision": "approve" or "reject"}',
    )
  }
  const who = identityOf(ctx).name
  const done = decision === 'approve' ? controller.approve(id, who) : controller.reject(id, who)
  const outcome = await done
  // In force at once, unless a cap, the kill switch or the alert itself says otherwise.
  const actions = controller.named(id).map(rule => ({ id: rule.id, phase: rule.phase }))
  tell(ctx, outcome, { id, decision, who, actions })
}

async function setKillSwitch(ctx: Context, controller: Controller): Promise<void> {
  requireOperator(ctx)
  const { engaged, position } = await readObject(ctx)
  const wanted = position ?? (engaged === true ? 'withdraw' : engaged === false ? 'off' : undefined)
  const isClear = engaged === undefined || engaged === (wanted !== 'off')
  if (!isClear || !KILL_SWITCH.includes(wanted as KillSwitch)) {
    const forms = '{"engaged": true}, {"engaged": false} or {"position": "off|freeze|withdraw"}'
    throw new HttpError(400, 'bad_position', `expected ${forms}`)
  }
  const who = identityOf(ctx).name
  const outcome = await controller.setKillSwitch(wanted as KillSwitch, who)
  tell(ctx, outcome, { ...switchView(wanted as KillSwitch), who })
}

/** As it can be put back: `engaged` is true as long as nothing new gets in. */
function switchView(position: KillSwitch) {
  return { position, engaged: position !== 'off' }
}

function viewOf(rule: Rule, controller: Controller) {
  return actionView(rule, controller.deviceOf(rule))
}

function tell(
  ctx: Context,
  outcome: OperatorOutcome,
  body: Readonly<Record<string, unknown>>,
): void {
  if (outcome === 'not_found') throw new HttpError(404, 'not_found', 'nothing has that id or name')
  if (outcome === 'not_waiting') {
    throw new HttpError(409, 'not_waiting', 'that is decided already, or its alert is over', body)
  }
  if (outcome === 'not_durable') {
    throw new HttpError(
      503,
      'not_durable',
      'it is in force, but could not be written to disk: say it again',
    )
  }
  ctx.body = body
}

/** A token that may write alerts may not also approve what they ask for. */
function requireOperator(ctx: Context): void {
  if (identityOf(ctx).how === 'bearer') requireScope(ctx, 'operate')
}

async function readObject(ctx: Context): Promise<Readonly<Record<string, unknown>>> {
  const body = await readJson(ctx)
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    return body as Readonly<Record<string, unknown>>
  }
  throw new HttpError(400, 'bad_body', 'expected a JSON object')
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0]
}
