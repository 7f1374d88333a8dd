/** What the ACL agent is made of, and what it says to a put. */
import type { Backend } from '../backends/backend.ts'
import type { SafetyPolicy } from '../rule/safety.ts'
import type { AgentLimits } from './admission.ts'
import type { Audit } from './audit.ts'
import type { Clock } from './clock.ts'
import type { CommitTiming } from './commit-loop.ts'
import type { Entry } from './entry.ts'
import type { AgentObserver } from './observer.ts'
import type { Operation, OperationLimits } from './operations.ts'
import type { Store } from './store.ts'

export interface AclAgentOptions {
  readonly backend: Backend
  readonly store: Store
  readonly audit: Audit
  readonly clock: Clock
  readonly observer: AgentObserver
  readonly limits: () => AgentLimits
  readonly safety: () => SafetyPolicy
  readonly timing: CommitTiming
  readonly operations: OperationLimits
}

export interface PutOutcome {
  readonly operation: Operation
  readonly entry: Entry
  /** False if the same content stood already: its life is renewed, nothing is committed. */
  readonly changed: boolean
  readonly notes: readonly string[]
}
