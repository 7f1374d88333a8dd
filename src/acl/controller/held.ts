/** What a loop believes of one name on its ACL agent, and when the rule there needs a new life. */
import type { InstalledRule } from './agent-client.ts'
import type { Rule } from './rule-state.ts'

export interface Held {
  readonly state: 'in_place' | 'unsure' | 'failed'
  readonly renewAtMs: number
  readonly retryAtMs: number
}

/** Further away than any life. */
export const NEVER = Number.MAX_SAFE_INTEGER / 2

export function ttlMsOf(rule: Rule): number {
  return (rule.intent.ttlSeconds ?? 3_600) * 1_000
}

/** A third of the life is used: renew. An agent without TTLs needs none. */
export function renewIn(installed: InstalledRule, rule: Rule): number {
  if (installed.ttlSeconds === undefined) return NEVER
  return Math.max(0, installed.ttlSeconds * 1_000 - (ttlMsOf(rule) * 2) / 3)
}
