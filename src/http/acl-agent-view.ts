/** What the ACL agent's JSON answers look like: rules, operations, the state of the agent. */
import type { Admitted } from '../acl/agent/admission.ts'
import type { AclAgent } from '../acl/agent/agent.ts'
import type { Clock } from '../acl/agent/clock.ts'
import { type Entry, linesOf } from '../acl/agent/entry.ts'
import type { Operation } from '../acl/agent/operations.ts'
import type { Backend, Hits, Rendering } from '../acl/backends/backend.ts'
import { formatRule, sectionOf } from '../acl/rule/format.ts'

export function ruleView(
  entry: Entry,
  agent: AclAgent,
  clock: Clock,
  hits: ReadonlyMap<string, Hits>,
) {
  const leftMs = Math.max(0, entry.deadlineMs - clock.monotonicMs())
  const pending = agent.operations.pendingOf(entry.name)
  const { name, owner, policy, reason, cause, etag, generation, ttlSeconds, source } = entry
  return {
    name,
    state: agent.isCommitted(entry) ? 'committed' : 'pending',
    ...(pending === undefined ? {} : { operation: pending.id, message: pending.message }),
    ...(source.kind === 'intent' ? { intent: source.intent } : {}),
    lines: linesOf(entry),
    ...{ owner, policy, reason, cause, etag, generation, ttlSeconds },
    createdAt: time(entry.createdAtMs),
    ageSeconds: Math.max(0, Math.round((clock.wallMs() - entry.createdAtMs) / 1_000)),
    expiresAt: time(clock.wallMs() + leftMs),
    expiresInSeconds: Math.ceil(leftMs / 1_000),
    hits: hits.get(name),
  }
}

export function operationView({ createdAtMs, endedAtMs, ...operation }: Operation) {
  return {
    ...operation,
    createdAt: time(createdAtMs),
    ...(endedAtMs === undefined ? {} : { endedAt: time(endedAtMs) }),
  }
}

/** What a PUT would do: the rules in canonical text, what they cost, what the device would get. */
export function dryRunView(admitted: Admitted, rendering: Rendering) {
  return {
    dryRun: true,
    name: admitted.name,
    rules: admitted.rules.map(rule => `${sectionOf(rule.family)} ${formatRule(rule)}`),
    ttlSeconds: admitted.ttlSeconds,
    cost: admitted.cost,
    notes: admitted.notes,
    rendered: Object.fromEntries(rendering),
  }
}

export function statusView(agent: AclAgent, backend: Backend) {
  const { degradedMessage, lastSuccessWallMs } = agent.device
  return {
    backend: backend.name,
    state: agent.ready ? (degradedMessage === '' ? 'ok' : 'degraded') : 'starting',
    ...(degradedMessage === '' ? {} : { message: degradedMessage }),
    rules: agent.entries().length,
    cost: agent.costUsed(),
    pendingOperations: agent.operations.pendingCount,
    ...(lastSuccessWallMs === 0 ? {} : { lastCommitAt: time(lastSuccessWallMs) }),
  }
}

function time(wallMs: number): string {
  return new Date(wallMs).toISOString()
}
