/** The gauges of the controller, counted when they are asked for. */
import type { AgentSnapshot, ControllerSnapshot } from './observer.ts'
import { EFFECT_VERDICTS, PHASES, type Rule } from './rule-state.ts'
import type { ControllerSettings } from './settings.ts'

interface Rest {
  readonly alerts: number
  readonly killSwitchEngaged: boolean
  readonly isDurable: boolean
  readonly journalBytes: number
  readonly agents: readonly AgentSnapshot[]
}

export function snapshotOf(
  rules: ReadonlyMap<string, Rule>,
  settings: ControllerSettings,
  rest: Rest,
): ControllerSnapshot {
  const list = [...rules.values()]
  const active = list.filter(rule => rule.phase === 'active')
  const isFailed = (rule: Rule) => rule.device === 'failed' || rule.device === 'refused'
  const names = settings.policies.map(policy => policy.name)
  return {
    ...rest,
    alertsMax: settings.alerts.alertsMax,
    rulesTotal: active.length,
    rulesMax: settings.caps.rulesMax,
    rules: names.flatMap(policy =>
      PHASES.map(phase => ({
        policy,
        phase,
        count: list.filter(rule => rule.policy === policy && rule.phase === phase).length,
      })),
    ),
    failedRules: names.map(policy => ({
      policy,
      count: active.filter(rule => rule.policy === policy && isFailed(rule)).length,
    })),
    effects: EFFECT_VERDICTS.map(verdict => ({
      verdict,
      count: active.filter(rule => rule.effect === verdict).length,
    })),
  }
}
