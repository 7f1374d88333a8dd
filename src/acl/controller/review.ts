/**
 * What becomes of rules that are there: asked for, kept by their own hits, held, ended. Pure, a part of the
 * decision.
 */
import { type Candidate, unsafeReason } from './candidate.ts'
import type { DecisionPolicy } from './decide.ts'
import { stillAsks } from './estimate.ts'
import type { Policy } from './policy.ts'
import type { EndReason, Phase, Rule } from './rule-state.ts'

/** What becomes of a rule that is remembered. Returns the same object if nothing changes. */
export function review(
  rule: Rule,
  group: readonly Candidate[],
  policy: DecisionPolicy,
  nowMs: number,
): Rule {
  if (rule.phase === 'ended' || rule.phase === 'rejected') return rule
  const own = policy.policies.find(one => one.name === rule.policy)
  if (own === undefined) return ended(rule, 'policy_removed', nowMs)
  if (!policy.agents.some(agent => agent.name === rule.aclAgent)) {
    return ended(rule, 'agent_removed', nowMs)
  }
  if (own.mode === 'observe' && rule.phase === 'active') {
    return { ...rule, phase: 'observed', device: 'unknown' }
  }
  if (policy.killSwitch === 'withdraw' && rule.phase !== 'pending') {
    return ended(rule, 'kill_switch', nowMs)
  }
  if (unsafeReason(rule.intent, own, policy) !== undefined) return ended(rule, 'protected', nowMs)
  const asking = group.filter(candidate => stillAsks(candidate.entry.alert, own))
  const askedBy = asking.map(candidate => candidate.entry.alert.key).sort()
  const working = rule.phase === 'active' && rule.action !== 'mark' && policy.stillHit.has(rule.id)
  if (askedBy.length > 0) return asks(rule, askedBy)
  if (working) {
    const kept = keptByHits(rule, nowMs)
    const isProbe = own.probeMs > 0 && nowMs - (kept.unaskedSinceMs ?? nowMs) >= own.probeMs
    return isProbe ? ended(rule, 'probe', nowMs) : kept
  }
  const quietSinceMs = rule.quietSinceMs ?? nowMs
  // Approvals and observations have nothing on a device that would have to be held.
  const holdMs = rule.phase === 'active' ? holdOf(own, rule.flaps) : 0
  if (nowMs - quietSinceMs >= holdMs) return ended(rule, 'resolved', nowMs)
  if (rule.quietSinceMs !== undefined && rule.askedBy.length === 0) return rule
  return { ...rule, askedBy: [], quietSinceMs }
}

function asks(rule: Rule, askedBy: readonly string[]): Rule {
  const isKept = rule.quietSinceMs !== undefined || rule.unaskedSinceMs !== undefined
  if (askedBy.join() === rule.askedBy.join() && !isKept) return rule
  const { quietSinceMs: _, unaskedSinceMs: __, ...rest } = rule
  return { ...rest, askedBy }
}

/** No alert asks, but packets still run into it. Nobody knows whether they are the attack's. */
function keptByHits(rule: Rule, nowMs: number): Rule {
  const isKnown = rule.unaskedSinceMs !== undefined && rule.quietSinceMs === undefined
  if (isKnown && rule.askedBy.length === 0) return rule
  const { quietSinceMs: _, ...rest } = rule
  return { ...rest, askedBy: [], unaskedSinceMs: rule.unaskedSinceMs ?? nowMs }
}

/** Doubles with each flap, so that an attack that pulses is held through its pauses. */
export function holdOf(policy: Policy, flaps: number): number {
  return Math.min(
    policy.holdMs * 2 ** Math.min(flaps, 20),
    Math.max(policy.holdMs, policy.holdMaxMs),
  )
}

export function ended(rule: Rule, endReason: EndReason, nowMs: number): Rule {
  const phase: Phase = endReason === 'rejected' ? 'rejected' : 'ended'
  return { ...rule, phase, endReason, askedBy: [], times: { ...rule.times, endedMs: nowMs } }
}
