/**
 * What the controller tells to metrics: an interface, since metrics know their library and this
 * code does not. Counters are told one by one; gauges are read from `Controller.snapshot` at a scrape.
 */

import type { DriftKind } from './agent-observer.ts'
import type { BookOutcome } from './alert-book.ts'
import type { EffectVerdict, EndReason, Phase, Rule } from './rule-state.ts'

export type Stage = 'detect' | 'decide' | 'commit' | 'effect'

export interface ControllerObserver {
  webhook(result: string): void
  alert(origin: string, outcome: BookOutcome | 'ignored'): void
  alertRefused(reason: string): void
  refusal(policy: string, reason: string): void
  phase(rule: Rule, phase: Phase): void
  ended(rule: Rule, reason: EndReason): void
  stage(stage: Stage, rule: Rule, seconds: number): void
  agentRequest(agent: string, kind: string, outcome: string, seconds: number): void
  drift(agent: string, kind: DriftKind): void
  alertSync(result: 'ok' | 'failed'): void
  clockJump(): void
  storeFailed(): void
  storeWritten(bytes: number): void
  auditFailed(linesLost: number): void
}

export interface AgentSnapshot {
  readonly name: string
  readonly isReachable: boolean
  readonly isCircuitOpen: boolean
  readonly queueLength: number
  readonly rules: number
  readonly rulesMax: number
  readonly lastContactMs?: number
}

export interface ControllerSnapshot {
  readonly alerts: number
  readonly alertsMax: number
  readonly rules: readonly {
    readonly policy: string
    readonly phase: Phase
    readonly count: number
  }[]
  readonly rulesTotal: number
  readonly rulesMax: number
  readonly failedRules: readonly { readonly policy: string; readonly count: number }[]
  readonly effects: readonly { readonly verdict: EffectVerdict; readonly count: number }[]
  readonly killSwitchEngaged: boolean
  readonly isDurable: boolean
  readonly journalBytes: number
  readonly agents: readonly AgentSnapshot[]
}
