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
  rule_limit: 507,
  policy_limit: 507,
  budget: 507,
  storage: 507,
}

export function refusalError({ reason, message, line }: Refusal): HttpError {
  const details = line === undefined ? {} : { line }
  const headers = reason === 'rate_limit' ? { 'Retry-After': '10' } : undefined
  return new HttpError(STATUS[reason] ?? 422, reason, message, details, headers)
}
