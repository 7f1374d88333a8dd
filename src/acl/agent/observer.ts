/** What the agent tells whoever counts: events as they happen. Levels are read from `status()`. */
import type { RefusalReason } from '../rule/refusal.ts'
import type { OperationKind } from './operations.ts'

export interface CommitEvent {
  readonly state: 'clean' | 'degraded'
  readonly seconds: number
  /** Names that were new or different. */
  readonly changes: number
  readonly failed: number
  readonly applies: number
  readonly rollbacks: number
}

/** Why a request to change something was refused before the agent was asked: codes of its answer. */
export const REQUEST_REFUSALS = [
  'unauthenticated',
  'authentication_required',
  'scope_missing',
  'cross_origin',
  'too_many_attempts',
  'rate_limited',
  'confirmation_needed',
  'not_found',
  'method_not_allowed',
  'bad_parameter',
  'bad_request',
  'bad_body',
  'bad_json',
  'bad_utf8',
  'body_too_large',
  'unsupported_media_type',
  'unsupported_encoding',
] as const

export type AgentRefusalReason = RefusalReason | (typeof REQUEST_REFUSALS)[number]

export interface RequestRefusal {
  readonly reason: AgentRefusalReason
  readonly message: string
  /** The method, in lower case. */
  readonly asked: string
  readonly path: string
  readonly who: string
  /** The address that it came from. */
  readonly from: string
  /** True for whoever showed no credentials that are known. */
  readonly isStranger: boolean
}

export interface AgentObserver {
  refused(reason: AgentRefusalReason): void
  ended(kind: OperationKind, state: 'committed' | 'failed'): void
  commit(event: CommitEvent): void
  drift(): void
  /** A write of the store or of the audit trail that did not succeed. */
  writeFailed(file: 'store' | 'audit', error: Error): void
  readBackFailed(error: Error): void
}
