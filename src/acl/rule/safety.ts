/**
 * What a well-formed rule must not do: aim at a protected prefix, or drop too much. The ACL agent
 * asks this of every rule, the controller of every intent; both ask the same function.
 *
 * Protected prefixes are compared both ways (a rule for a /8 that holds a protected host is
 * refused, and so is one for a host inside a protected /8) with the source and the destination
 * that the rule names. A destination that is not named means everywhere: for a rule that loses
 * packets that is refused; for one that limits them it takes in what somebody has protected on
 * purpose, and in the chains that the machine's own traffic passes the machine itself. A source that is not named is not compared, else no flood of DNS
 * answers could be dropped on a box whose name server is protected.
 */
import type { Intent } from './intent.ts'
import { type Family, firstOverlap, formatPrefix, type Prefix, parsePrefix } from './prefix.ts'
import type { Refusal } from './refusal.ts'
import type { Rule } from './rule.ts'

export interface SafetyPolicy {
  readonly protectedPrefixes: readonly Prefix[]
  /**
   * Those of them that a limit of forwarded traffic to everywhere must leave alone: without the
   * machine's own addresses and loopback, to which nothing is forwarded. Absent: all of them.
   */
  readonly forwardedPrefixes?: readonly Prefix[]
  /** A dropping rule names a destination at least this long. */
  readonly destinationBitsMin: { readonly ipv4: number; readonly ipv6: number }
  /** May a rule let traffic past the operator's own rules? */
  readonly acceptAllowed: boolean
}

/** What this asks of a rule and of an intent alike. */
interface Aim {
  readonly action: 'drop' | 'accept' | 'mark' | 'limit' | 'class'
  readonly family: Family
  readonly source?: string | undefined
  readonly destination?: string | undefined
  /** Does the rule see only what is forwarded? */
  readonly isForwarding: boolean
}

/** Link-local routing protocols and neighbours, and loopback: never a target of anybody's rule. */
export const ALWAYS_PROTECTED: readonly string[] = [
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/24',
  '::1',
  'fe80::/10',
  'ff02::/16',
]

export const SAFETY_DEFAULT: Omit<SafetyPolicy, 'protectedPrefixes'> = {
  destinationBitsMin: { ipv4: 16, ipv6: 32 },
  acceptAllowed: false,
}

/** Why the rule may not be, or undefined if it may. */
export function checkRule(rule: Rule, policy: SafetyPolicy): Refusal | undefined {
  const { source, destination } = rule.match
  const isForwarding = rule.chain === 'FORWARD'
  const aim = { action: rule.action.type, family: rule.family, source, destination, isForwarding }
  return check(aim, policy)
}

/** The same for an intent in normal form (`validateIntent`). */
export function checkIntent(intent: Intent, policy: SafetyPolicy): Refusal | undefined {
  const { family, source, destination } = intent.match
  const { type } = intent.action
  return check({ action: type, family, source, destination, isForwarding: true }, policy)
}

function check(aim: Aim, policy: SafetyPolicy): Refusal | undefined {
  if (aim.action === 'accept' && !policy.acceptAllowed) {
    return { reason: 'accept_not_allowed', message: 'ACCEPT is not allowed here' }
  }
  return faultOfBounds(aim, policy) ?? faultOfProtection(aim, policy)
}

function faultOfBounds(aim: Aim, policy: SafetyPolicy): Refusal | undefined {
  if (aim.action !== 'drop' && aim.action !== 'accept') return undefined
  if (aim.destination === undefined) {
    return { reason: 'destination_missing', message: `${aim.action} needs a destination` }
  }
  const length = prefixOf(aim.destination).length
  const lengthMin = policy.destinationBitsMin[aim.family]
  if (length >= lengthMin) return undefined
  return {
    reason: 'prefix_too_wide',
    message: `${aim.destination}: the destination of ${aim.action} is a /${lengthMin} or longer`,
  }
}

function faultOfProtection(aim: Aim, policy: SafetyPolicy): Refusal | undefined {
  for (const text of [aim.source, aim.destination]) {
    const hit =
      text === undefined ? undefined : firstOverlap(prefixOf(text), policy.protectedPrefixes)
    if (hit !== undefined) return protectedBy(String(text), hit)
  }
  if (aim.action !== 'limit' || aim.destination !== undefined) return undefined
  const { protectedPrefixes, forwardedPrefixes = protectedPrefixes } = policy
  const reached = aim.isForwarding ? forwardedPrefixes : protectedPrefixes
  const hit = reached.find(prefix => prefix.family === aim.family)
  return hit === undefined ? undefined : protectedBy('every destination', hit)
}

function protectedBy(what: string, prefix: Prefix): Refusal {
  return {
    reason: 'protected_prefix',
    message: `${what} overlaps ${formatPrefix(prefix)}, which is protected`,
  }
}

/** Rules and intents carry canonical prefixes only, so this cannot fail. */
function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text)
  if (!prefix.ok) throw new Error(`a rule carries "${text}", which is not a prefix`)
  return prefix.value
}
