/** Refusals of the ACL agent as HTTP errors: the reason is the code, and the status follows from it. */
import type { AclAgent } from '../acl/agent/agent.ts'
import { type AgentRefusalReason, REQUEST_REFUSALS } from '../acl/agent/observer.ts'
import { REFUSAL_REASONS, type Refusal, type RefusalReason } from '../acl/rule/refusal.ts'
import type { Identity } from './auth.ts'
import { HttpError, type HttpRefused } from './errors.ts'

/** What is not here is 422: well-formed JSON that says something that is not allowed. */
const STATUS: Partial<Readonly<Record<RefusalReason, number>>> = {
  not_a_rule: 400,
  intent_shape: 400,
  name: 400,
  precondition: 412,
  rate_limit: 429,
  stopping: 503,
  unsettled: 503,
  rule_limit: 507,
  policy_limit: 507,
  budget: 507,
  storage: 507,
}

/** Seconds, for what passes by itself. */
const RETRY_AFTER: Partial<Readonly<Record<RefusalReason, string>>> = {
  rate_limit: '10',
  unsettled: '5',
}

/** What the agent has counted and written down itself. */
class ToldError extends HttpError {}

/** `told`: the agent itself refused it, so that it is counted and in the audit trail already. */
export function refusalError({ reason, message, line }: Refusal, told = true): HttpError {
  const details = line === undefined ? {} : { line }
  const retryAfter = RETRY_AFTER[reason]
  const headers = retryAfter === undefined ? undefined : { 'Retry-After': retryAfter }
  const ErrorClass = told ? ToldError : HttpError
  return new ErrorClass(STATUS[reason] ?? 422, reason, message, details, headers)
}

const REASONS: ReadonlySet<string> = new Set([...REFUSAL_REASONS, ...REQUEST_REFUSALS])

/**
 * Tells the agent of requests that it has not seen: without credentials, without JSON, of a method
 * that is not served. Deleting what is not there is no refusal.
 */
export function tellRefusals({ reporter }: AclAgent): HttpRefused {
  return (ctx, error) => {
    if (error instanceof ToldError || !REASONS.has(error.code)) return
    if (error.code === 'not_found' && ctx.method === 'DELETE') return
    const identity: Identity | undefined = ctx.state.identity
    reporter.requestRefused({
      // One of the codes that were looked up.
      reason: error.code as AgentRefusalReason,
      message: error.message,
      asked: ctx.method.toLowerCase(),
      path: ctx.path.slice(0, 200),
      who: identity?.name ?? 'anonymous',
      from: ctx.req.socket.remoteAddress ?? '',
      isStranger: identity === undefined || identity.how === 'anonymous',
    })
  }
}
