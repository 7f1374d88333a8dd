/**
 * A rule: one line of a policy, parsed. Raw lines and intents both become rules, and backends
 * render rules, so nothing that a caller wrote ever reaches a tool as it was written.
 */
import type { Intent, IntentMatch, LimitAction } from './intent.ts'
import type { Family } from './prefix.ts'

/** The sections of a policy file that are allowed, and the family each stands for. */
export const SECTIONS = { '[iptables]': 'ipv4', '[ip6tables]': 'ipv6' } as const

/** Chains by table: hooks that forwarded traffic passes, and INPUT. Nothing user-defined. */
export const CHAINS = {
  filter: ['INPUT', 'FORWARD'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'POSTROUTING'],
} as const

export type Table = keyof typeof CHAINS
export type Chain = (typeof CHAINS)[Table][number]

export interface RuleMatch extends Omit<IntentMatch, 'inInterface' | 'outInterface'> {
  /** Any of these; empty: every interface. */
  readonly inInterfaces: readonly string[]
  readonly outInterfaces: readonly string[]
}

export type RuleAction =
  | { readonly type: 'drop' }
  | { readonly type: 'accept' }
  | { readonly type: 'mark'; readonly dscp?: number | undefined; readonly cos?: number | undefined }
  | RateAction
  | { readonly type: 'class'; readonly class: number }

/** What is beyond `rate` a second is dropped; a kilobyte is 1000 bytes. */
export interface RateAction {
  readonly type: 'limit'
  readonly unit: 'packets' | 'kilobytes'
  readonly rate: number
  readonly burst: number
  /** Internal class of what is let through (Cumulus only). */
  readonly class?: number | undefined
}

export interface Rule {
  readonly family: Family
  readonly table: Table
  readonly chain: Chain
  readonly match: RuleMatch
  readonly action: RuleAction
}

/** Where an intent's rule goes: `ingress` is what Cumulus 5 does, `forward` what routers do. */
export type Placement = 'forward' | 'ingress'

/** The one rule that an intent means. `interfaceDefault` is used where the intent names none. */
export function ruleOfIntent(
  intent: Intent,
  placement: Placement,
  interfaceDefault?: string,
): Rule {
  const { inInterface = interfaceDefault, outInterface, ...match } = intent.match
  const { action } = intent
  const ingress = placement === 'ingress' && outInterface === undefined
  return {
    family: match.family,
    table: ingress || action.type === 'mark' ? 'mangle' : 'filter',
    chain: ingress ? 'PREROUTING' : 'FORWARD',
    match: {
      ...match,
      inInterfaces: inInterface === undefined ? [] : [inInterface],
      outInterfaces: outInterface === undefined ? [] : [outInterface],
    },
    action: action.type === 'limit' ? rateOf(action) : action,
  }
}

function rateOf(action: LimitAction): RateAction {
  if (action.packetsPerSecond !== undefined) {
    return { type: 'limit', unit: 'packets', rate: action.packetsPerSecond, burst: action.burst }
  }
  const rate = Math.ceil((action.bitsPerSecond ?? 0) / 8_000)
  return { type: 'limit', unit: 'kilobytes', rate, burst: Math.ceil(action.burst / 1_000) }
}
