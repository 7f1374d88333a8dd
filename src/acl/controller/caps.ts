/**
 * Caps: how many rules there may be, and how many may be added within a minute, per policy, per
 * ACL agent and in all. A mistake in an alert rule must not fill a switch. What is refused here
 * is asked again at the next decision: it waits, it is not lost.
 */
import type { DecisionPolicy, DecisionRefusal } from './decide.ts'
import type { Caps, Policy } from './policy.ts'
import type { Rule } from './rule-state.ts'

const MINUTE_MS = 60_000

interface Count {
  rules: number
  lastMinute: number
}

export class Room {
  readonly #all: Count = { rules: 0, lastMinute: 0 }
  readonly #policies = new Map<string, Count>()
  readonly #agents = new Map<string, Count>()
  readonly #policy: DecisionPolicy

  constructor(rules: Iterable<Rule>, policy: DecisionPolicy, nowMs: number) {
    this.#policy = policy
    for (const rule of rules) {
      const counts = [
        this.#all,
        countOf(this.#policies, rule.policy),
        countOf(this.#agents, rule.aclAgent),
      ]
      const activatedMs = rule.times.activatedMs
      const recent = activatedMs !== undefined && nowMs - activatedMs < MINUTE_MS
      for (const count of counts) {
        if (rule.phase === 'active') count.rules += 1
        if (recent) count.lastMinute += 1
      }
    }
  }

  /** Takes the place of one new rule; or says which cap there is, and takes nothing. */
  take(policy: Policy, aclAgent: string): DecisionRefusal | undefined {
    const agentCaps = this.#policy.agents.find(agent => agent.name === aclAgent)
    const ofPolicy = countOf(this.#policies, policy.name)
    const ofAgent = countOf(this.#agents, aclAgent)
    if (isFull(ofPolicy, policy)) return 'policy_cap'
    if (isFast(ofPolicy, policy)) return 'policy_rate'
    if (agentCaps !== undefined && isFull(ofAgent, agentCaps)) return 'agent_cap'
    if (agentCaps !== undefined && isFast(ofAgent, agentCaps)) return 'agent_rate'
    if (isFull(this.#all, this.#policy.caps)) return 'global_cap'
    if (isFast(this.#all, this.#policy.caps)) return 'global_rate'
    for (const count of [this.#all, ofPolicy, ofAgent]) {
      count.rules += 1
      count.lastMinute += 1
    }
    return undefined
  }
}

function countOf(counts: Map<string, Count>, name: string): Count {
  const known = counts.get(name)
  if (known !== undefined) return known
  const count = { rules: 0, lastMinute: 0 }
  counts.set(name, count)
  return count
}

function isFull(count: Count, caps: Caps): boolean {
  return count.rules >= caps.rulesMax
}

function isFast(count: Count, caps: Caps): boolean {
  return count.lastMinute >= caps.rulesPerMinute
}
