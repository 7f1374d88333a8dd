/**
 * The decision, pure: alerts, policies, remembered rules and the time go in; the rules that belong
 * on each ACL agent come out, with what changed and what was refused and why. It is run after
 * every alert and every tick, and from the same input gives the same output: a repeated alert, a
 * restart or a second controller decide nothing twice.
 */
import type { Prefix } from '../rule/prefix.ts'
import type { Alert } from './alert.ts'
import type { BookEntry } from './alert-book.ts'
import {
  type Candidate,
  type CandidateMemo,
  type CandidateRefusal,
  candidates,
} from './candidate.ts'
import { Room } from './caps.ts'
import { admits } from './estimate.ts'
import type { PlacedAgent } from './placement.ts'
import type { Caps, Policy } from './policy.ts'
import { review } from './review.ts'
import { type Rule, whyOfAlert } from './rule-state.ts'

export const DECISION_REFUSALS = [
  'below_threshold',
  'no_estimate',
  'too_few_samples',
  'too_few_sources',
  'rejected',
  'cool_down',
  'canary',
  'kill_switch',
  'policy_cap',
  'policy_rate',
  'agent_cap',
  'agent_rate',
  'global_cap',
  'global_rate',
  'waiting_cap',
] as const
export type DecisionRefusal = (typeof DECISION_REFUSALS)[number]

/** off; freeze: nothing new; withdraw: nothing new, and what is there goes. */
export const KILL_SWITCH = ['off', 'freeze', 'withdraw'] as const
export type KillSwitch = (typeof KILL_SWITCH)[number]

/** Approvals and observations that may wait at a time: more than any operator reads. */
const WAITING_MAX = 1_000

export interface DecisionPolicy {
  readonly policies: readonly Policy[]
  readonly agents: readonly PlacedAgent[]
  /** No rule may name an address in these. */
  readonly protectedPrefixes: readonly Prefix[]
  readonly namePrefix: string
  readonly caps: Caps
  readonly killSwitch: KillSwitch
  /** Rules whose hit counters moved within the last few measurements (see effect.ts). */
  readonly stillHit: ReadonlySet<string>
  /** Saves work; the decision is the same without it. */
  readonly memo?: CandidateMemo
}

export interface Refusal {
  /** Rule id, or the alert's key where no rule came of it. */
  readonly subject: string
  readonly policy: string
  readonly reason: DecisionRefusal | CandidateRefusal
  /** Who asked: the heaviest of those that did. */
  readonly alert: Alert
}

export interface Decision {
  /** Every rule that belongs on an ACL agent now. */
  readonly wanted: readonly Rule[]
  /** Rules that are new or differ from what was passed in. */
  readonly changed: readonly Rule[]
  readonly refusals: readonly Refusal[]
}

export function decide(
  alerts: readonly BookEntry[],
  policy: DecisionPolicy,
  rules: ReadonlyMap<string, Rule>,
  nowMs: number,
): Decision {
  const found = candidates(alerts, policy)
  const refusals: Refusal[] = [...found.refusals]
  const asked = groupById(found.candidates)
  const changed: Rule[] = []
  const next = new Map(rules)
  const note = (rule: Rule) => {
    next.set(rule.id, rule)
    changed.push(rule)
  }
  for (const rule of rules.values()) {
    const after = review(rule, asked.get(rule.id) ?? [], policy, nowMs)
    if (after !== rule) note(after)
  }
  const room = new Room(next.values(), policy, nowMs)
  for (const group of byWeight(asked)) {
    const outcome = admit(group, policy, next, room, nowMs)
    if (outcome === undefined) continue
    if ('reason' in outcome) refusals.push(outcome)
    else note(outcome)
  }
  return { wanted: [...next.values()].filter(isActive), changed: lastOfEach(changed), refusals }
}

/** A rule, a refusal, or nothing if the rule is where it belongs already. */
function admit(
  group: readonly Candidate[],
  policy: DecisionPolicy,
  rules: ReadonlyMap<string, Rule>,
  room: Room,
  nowMs: number,
): Rule | Refusal | undefined {
  const best = group[0] as Candidate // groups are made of at least one candidate
  const known = rules.get(best.id)
  if (known?.phase === 'active') return undefined
  if (known?.phase === 'pending' && known.approvedBy === undefined) return undefined
  if (known?.phase === 'observed' && best.policy.mode === 'observe') return undefined
  const no = (reason: Refusal['reason']): Refusal => {
    return { subject: best.id, policy: best.policy.name, reason, alert: best.entry.alert }
  }
  const memory = remembered(known, best.policy, nowMs)
  if (memory !== undefined) return no(memory)
  const judged = judge(group)
  if (typeof judged === 'string') return no(judged)
  const base = known?.phase === 'pending' ? known : begin(judged, group, known, nowMs)
  const waits = best.policy.mode === 'manual' && base.approvedBy === undefined
  if (waits || best.policy.mode === 'observe') {
    if (waitingCount(rules) >= WAITING_MAX) return no('waiting_cap')
    return { ...base, phase: waits ? 'pending' : 'observed' }
  }
  if (policy.killSwitch !== 'off') return no('kill_switch')
  if (waitsForCanary(best, rules, nowMs)) return no('canary')
  const full = room.take(best.policy, best.aclAgent)
  if (full !== undefined) return no(full)
  return { ...base, phase: 'active', times: { ...base.times, activatedMs: nowMs } }
}

function waitingCount(rules: ReadonlyMap<string, Rule>): number {
  let count = 0
  for (const { phase } of rules.values())
    if (phase === 'pending' || phase === 'observed') count += 1
  return count
}

function remembered(known: Rule | undefined, policy: Policy, nowMs: number) {
  const endedMs = known?.times.endedMs
  if (known === undefined || endedMs === undefined) return undefined
  if (known.phase === 'rejected' && nowMs - endedMs < policy.rejectionMs) return 'rejected'
  // A rule that was taken off only to see whether it is needed comes back when it is.
  if (known.phase !== 'ended' || known.endReason === 'probe') return undefined
  if (nowMs - endedMs < policy.coolDownMs) return 'cool_down'
  return undefined
}

/** The first candidate whose numbers carry the action, or the reason of the heaviest. */
function judge(group: readonly Candidate[]): Candidate | DecisionRefusal {
  let first: DecisionRefusal | undefined
  for (const candidate of group) {
    const reason = admits(candidate.entry.alert, candidate.policy)
    if (reason === undefined) return candidate
    first ??= reason
  }
  return first ?? 'no_estimate'
}

function waitsForCanary(
  candidate: Candidate,
  rules: ReadonlyMap<string, Rule>,
  nowMs: number,
): boolean {
  const { canaryMs } = candidate.policy
  if (canaryMs === 0) return false
  const elsewhere = [...rules.values()].filter(
    rule => rule.name === candidate.name && rule.id !== candidate.id && isActive(rule),
  )
  if (elsewhere.length === 0) return false
  return !elsewhere.some(rule => {
    const since = rule.times.committedMs
    return rule.device === 'committed' && since !== undefined && nowMs - since >= canaryMs
  })
}

function begin(
  candidate: Candidate,
  group: readonly Candidate[],
  known: Rule | undefined,
  nowMs: number,
): Rule {
  const { alert, firstHeardAtMs } = candidate.entry
  const endedMs = known?.times.endedMs
  const flapped = endedMs !== undefined && nowMs - endedMs < candidate.policy.flapWindowMs
  return {
    id: candidate.id,
    name: candidate.name,
    policy: candidate.policy.name,
    action: candidate.policy.action,
    aclAgent: candidate.aclAgent,
    intent: candidate.intent,
    phase: 'pending',
    why: whyOfAlert(alert),
    askedBy: group.map(one => one.entry.alert.key).sort(),
    flaps: flapped ? (known?.flaps ?? 0) + 1 : 0,
    device: 'unknown',
    effect: 'measuring',
    times: {
      detectedMs: Math.min(alert.startsAtMs, firstHeardAtMs),
      receivedMs: firstHeardAtMs,
      decidedMs: nowMs,
    },
  }
}

function isActive(rule: Rule): boolean {
  return rule.phase === 'active'
}

/** The candidates of one rule, the heaviest first: it is the one that is told as the reason. */
function groupById(list: readonly Candidate[]): ReadonlyMap<string, readonly Candidate[]> {
  const groups = new Map<string, Candidate[]>()
  for (const candidate of list) {
    const group = groups.get(candidate.id)
    if (group === undefined) groups.set(candidate.id, [candidate])
    else group.push(candidate)
  }
  for (const group of groups.values()) group.sort((a, b) => weight(b) - weight(a))
  return groups
}

/** Where room is short, the most traffic gets it; equals go by id, so that the order is stable. */
function byWeight(groups: ReadonlyMap<string, readonly Candidate[]>): (readonly Candidate[])[] {
  return [...groups.entries()]
    .sort(([idA, a], [idB, b]) => {
      return weight(b[0] as Candidate) - weight(a[0] as Candidate) || (idA < idB ? -1 : 1)
    })
    .map(([, group]) => group)
}

function weight(candidate: Candidate): number {
  return candidate.entry.alert.numbers.value ?? 0
}

function lastOfEach(rules: readonly Rule[]): Rule[] {
  return [...new Map(rules.map(rule => [rule.id, rule])).values()]
}
