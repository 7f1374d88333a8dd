/** What a loop tells of its ACL agent, as it happens. */
import type { AgentList, ClientOutcome } from './agent-client.ts'
import type { Rule } from './rule-state.ts'

export const DRIFT_KINDS = ['missing', 'different', 'orphan', 'failed'] as const
export type DriftKind = (typeof DRIFT_KINDS)[number]

export interface AgentObserver {
  /** A wanted rule was put (or found in place), or could not be. */
  put(rule: Rule, outcome: ClientOutcome): void
  removed(name: string, outcome: ClientOutcome): void
  /** Nothing asks for it, and the agent has ended it, or never had it, while we were away. */
  expired(rule: Rule): void
  drift(kind: DriftKind, name: string): void
  listed(list: AgentList): void
  reachable(isReachable: boolean, message: string): void
  request(kind: 'list' | 'put' | 'delete', outcome: ClientOutcome['outcome'], ms: number): void
}
