/**
 * Why a rule or an intent is not taken: a reason from a closed list (it is also the label of a
 * metric), and one sentence for whoever asked. Nothing in `acl/rule` throws on bad input.
 */

export const REFUSAL_REASONS = [
  'not_a_rule',
  'intent_shape',
  'name',
  'too_long',
  'too_many_lines',
  'character',
  'section',
  'table',
  'chain',
  'option',
  'repeated_option',
  'inverse',
  'value',
  'address',
  'interface',
  'protocol',
  'port',
  'dscp',
  'cos',
  'target',
  'accept_not_allowed',
  'destination_missing',
  'prefix_too_wide',
  'protected_prefix',
  'ttl',
  'backend',
  'rule_limit',
  'policy_limit',
  'rate_limit',
  'budget',
  'precondition',
  'storage',
  'unsettled',
  'stopping',
] as const

export type RefusalReason = (typeof REFUSAL_REASONS)[number]

export interface Refusal {
  readonly reason: RefusalReason
  readonly message: string
  /** The index of the line in the body, from 0; absent if no line is at fault. */
  readonly line?: number
}

export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal }

export function accept<Value>(value: Value): Result<Value> {
  return { ok: true, value }
}

export function refuse(reason: RefusalReason, message: string): Result<never> {
  return { ok: false, refusal: { reason, message } }
}
