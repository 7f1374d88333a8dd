/** What a loop believes of one name on its ACL agent, and when the rule there needs a new life. */
import type { AgentList, InstalledRule } from './agent-client.ts'
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

/**
 * What no alert asks for, and the agent does not have (any more) when it is first asked: it was only in
 * its hold while we were away, and nobody has seen its attack since. To put it would replay what is over.
 */
export function endedMeanwhile(wanted: Iterable<Rule>, list: AgentList): Rule[] {
  return [...wanted].filter(({ name, askedBy }) => askedBy.length === 0 && list.isGone(name))
}
