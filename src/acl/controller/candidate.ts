/**
 * From firing alerts to the rules that they would have, before any question of numbers, caps or
 * approval: policy, place and target. The name of a rule follows from policy, target and action
 * alone, so the same want always has the same name, after a restart and in a second controller.
 */
import { createHash } from 'node:crypto'
import type { Intent, IntentAction, IntentMatch } from '../rule/intent.ts'
import { checkIntent } from '../rule/safety.ts'
import type { BookEntry } from './alert-book.ts'
import type { DecisionPolicy, Refusal } from './decide.ts'
import { type PlacementRefusal, placesOf } from './placement.ts'
import { type Policy, policyFor, RULE_ACTIONS } from './policy.ts'
import { ruleId } from './rule-state.ts'
import { type TargetRefusal, targetOf } from './target.ts'

export interface Candidate {
  readonly id: string
  readonly name: string
  readonly aclAgent: string
  readonly policy: Policy
  readonly intent: Intent
  readonly entry: BookEntry
}

export const SAFETY_REFUSALS = ['protected', 'too_wide', 'no_destination'] as const
export type SafetyRefusal = (typeof SAFETY_REFUSALS)[number]
export type CandidateRefusal = 'no_policy' | PlacementRefusal | TargetRefusal | SafetyRefusal

/** What one alert comes to: rules that it would have, or why not. */
interface Outcome {
  readonly candidates: readonly Candidate[]
  readonly refusals: readonly Refusal[]
}

/**
 * Outcomes of alerts that were looked at before, under the same settings. Decisions are taken at every
 * alert and twice a second, and most alerts are the same as last time. Forgets with the alerts.
 */
export class CandidateMemo {
  #outcomes = new WeakMap<BookEntry, Outcome>()
  #policies: readonly Policy[] | undefined

  of(entry: BookEntry, policy: DecisionPolicy): Outcome {
    // A new configuration brings new lists of everything at once.
    if (this.#policies !== policy.policies) this.#outcomes = new WeakMap()
    this.#policies = policy.policies
    const known = this.#outcomes.get(entry)
    if (known !== undefined) return known
    const outcome = outcomeOf(entry, policy)
    this.#outcomes.set(entry, outcome)
    return outcome
  }
}

export function candidates(alerts: readonly BookEntry[], policy: DecisionPolicy): Outcome {
  const found: Candidate[] = []
  const refusals: Refusal[] = []
  for (const entry of alerts) {
    const outcome =
      policy.memo === undefined ? outcomeOf(entry, policy) : policy.memo.of(entry, policy)
    found.push(...outcome.candidates)
    refusals.push(...outcome.refusals)
  }
  return { candidates: found, refusals }
}

function outcomeOf(entry: BookEntry, policy: DecisionPolicy): Outcome {
  const { key, labels } = entry.alert
  const own = policyFor(policy.policies, labels)
  const refusals: Refusal[] = []
  const no = (reason: CandidateRefusal) =>
    refusals.push({ subject: key, policy: own?.name ?? '', reason, alert: entry.alert })
  if (own === undefined) {
    no('no_policy')
    return { candidates: [], refusals }
  }
  const places = placesOf(labels, own, policy.agents)
  if (!places.ok) {
    no(places.reason)
    return { candidates: [], refusals }
  }
  const found: Candidate[] = []
  for (const { aclAgent, inInterface } of places.value) {
    const match = targetOf(labels, own, inInterface)
    if (!match.ok) {
      no(match.reason)
      continue
    }
    const candidate = candidateOf(entry, own, match.value, aclAgent, policy.namePrefix)
    const unsafe = unsafeReason(candidate.intent, own, policy)
    if (unsafe === undefined) found.push(candidate)
    else no(unsafe)
  }
  return { candidates: found, refusals }
}

/** The same question that the ACL agent asks again, with our own list of protected prefixes. */
export function unsafeReason(
  intent: Intent,
  own: Policy,
  policy: DecisionPolicy,
): SafetyRefusal | undefined {
  const refusal = checkIntent(intent, {
    protectedPrefixes: policy.protectedPrefixes,
    destinationBitsMin: own.prefixMin,
    acceptAllowed: false,
  })
  if (refusal === undefined) return undefined
  if (refusal.reason === 'protected_prefix') return 'protected'
  return refusal.reason === 'destination_missing' ? 'no_destination' : 'too_wide'
}

function candidateOf(
  entry: BookEntry,
  policy: Policy,
  match: IntentMatch,
  aclAgent: string,
  namePrefix: string,
): Candidate {
  const action = actionOf(policy)
  const name = ruleName(namePrefix, policy.name, match, action)
  const intent: Intent = {
    name,
    action,
    match,
    ttlSeconds: Math.max(1, Math.round(policy.ttlMs / 1000)),
    owner: 'controller',
    policy: policy.name,
    reason: reasonOf(entry),
    cause: entry.alert.fingerprint,
  }
  return { id: ruleId(name, aclAgent), name, aclAgent, policy, intent, entry }
}

function actionOf(policy: Policy): IntentAction {
  switch (policy.action) {
    case 'mark':
      return { type: 'mark', ...policy.mark }
    case 'drop':
      return { type: 'drop' }
    case 'limit':
      return { type: 'limit', ...policy.limit }
  }
}

/** Letters and digits only: the oldest ACL servers take nothing else. */
export function ruleName(
  prefix: string,
  policy: string,
  match: IntentMatch,
  action: IntentAction,
): string {
  const text = JSON.stringify([policy, sorted(match), sorted(action)])
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return `${prefix}${action.type}${hash}`
}

/** Is this one of the names that a controller with this prefix gives? Only those are ever removed. */
export function ownNamePattern(prefix: string): RegExp {
  return new RegExp(`^${prefix}(${RULE_ACTIONS.join('|')})[0-9a-f]{16}$`)
}

/** One line of printable ASCII: it goes into files on the device. */
function reasonOf(entry: BookEntry): string {
  const name = (entry.alert.labels.alertname ?? 'alert').replace(/[^\w.:-]/g, '_').slice(0, 80)
  const { value } = entry.alert.numbers
  return value === undefined ? name : `${name} value ${Number(value.toPrecision(6))}`
}

function sorted(shape: object): [string, unknown][] {
  return Object.entries(shape)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
}
