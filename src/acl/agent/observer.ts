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

export interface AgentObserver {
  refused(reason: RefusalReason): void
  ended(kind: OperationKind, state: 'committed' | 'failed'): void
  commit(event: CommitEvent): void
  drift(): void
  /** A write of the store or of the audit trail that did not succeed. */
  writeFailed(file: 'store' | 'audit', error: Error): void
  readBackFailed(error: Error): void
}
