/** The gauges of the controller, counted in one pass when they are asked for. */
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
  const counts = new Map<string, number>()
  const add = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)
  const count = (key: string) => counts.get(key) ?? 0
  for (const { policy, phase, device, effect } of rules.values()) {
    add(`${policy} ${phase}`)
    if (phase !== 'active') continue
    add('active')
    add(`effect ${effect}`)
    if (device === 'failed' || device === 'refused') add(`${policy} failed`)
  }
  const policies = settings.policies.map(policy => policy.name)
  return {
    ...rest,
    alertsMax: settings.alerts.alertsMax,
    rulesTotal: count('active'),
    rulesMax: settings.caps.rulesMax,
    rules: policies.flatMap(policy =>
      PHASES.map(phase => ({ policy, phase, count: count(`${policy} ${phase}`) })),
    ),
    failedRules: policies.map(policy => ({ policy, count: count(`${policy} failed`) })),
    effects: EFFECT_VERDICTS.map(verdict => ({ verdict, count: count(`effect ${verdict}`) })),
  }
}
