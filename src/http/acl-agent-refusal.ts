/** Refusals of the ACL agent as HTTP errors: the reason is the code, and the status follows from it. */
import type { Refusal, RefusalReason } from '../acl/rule/refusal.ts'
import { HttpError } from './errors.ts'

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

export function refusalError({ reason, message, line }: Refusal): HttpError {
  const details = line === undefined ? {} : { line }
  const retryAfter = RETRY_AFTER[reason]
  const headers = retryAfter === undefined ? undefined : { 'Retry-After': retryAfter }
  return new HttpError(STATUS[reason] ?? 422, reason, message, details, headers)
}
