/** From the checked section `acl_agent` to what the ACL agent runs on. */
import type { AgentLimits } from '../acl/agent/admission.ts'
import type { CommitTiming } from '../acl/agent/commit-loop.ts'
import { type Prefix, parsePrefix } from '../acl/rule/prefix.ts'
import { ALWAYS_PROTECTED, type SafetyPolicy } from '../acl/rule/safety.ts'
import type { AclAgentSection } from './acl-agent.ts'

export function agentLimits({ limits, ttl_max }: AclAgentSection): AgentLimits {
  return {
    rulesMax: limits.rules_max,
    rulesReserved: Math.min(limits.rules_reserved, limits.rules_max - 1),
    operators: limits.operators,
    rulesPerPolicyMax: limits.rules_per_policy_max,
    changesPerMinuteMax: limits.changes_per_minute,
    budget: limits.budget,
    ttlSecondsMax: Math.floor(ttl_max / 1_000),
  }
}

export function commitTiming({ commit }: AclAgentSection): CommitTiming {
  return {
    coalesceMs: commit.coalesce,
    pauseMs: commit.pause,
    retryMinMs: commit.retry_first,
    retryMaxMs: commit.retry_max,
    driftMs: commit.drift_check,
    hitsAgeMs: commit.hits_age,
    changesMax: commit.changes_max,
  }
}

/** `own`: the addresses of this machine, each protected as itself. */
export function safetyPolicy(section: AclAgentSection, own: readonly string[]): SafetyPolicy {
  const texts = [...ALWAYS_PROTECTED, ...section.protected, ...(section.protect_own ? own : [])]
  return {
    protectedPrefixes: texts.flatMap(prefixOf),
    forwardedPrefixes: section.protected.flatMap(prefixOf),
    destinationBitsMin: section.destination_bits_min,
    acceptAllowed: section.accept_allowed,
  }
}

function prefixOf(text: string): readonly Prefix[] {
  const prefix = parsePrefix(text)
  return prefix.ok ? [prefix.value] : []
}
