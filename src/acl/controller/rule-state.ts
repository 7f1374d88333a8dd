/**
 * What the controller remembers of one rule on one ACL agent: why, what, where, and the times of
 * its life. Plain data, written to the journal as it is; `decide.ts` moves it from phase to phase.
 */
import type { Intent } from '../rule/intent.ts'
import type { Alert, AlertNumbers, AlertOrigin } from './alert.ts'
import type { RuleAction } from './policy.ts'

/**
 * pending: waits for an approval. observed: would be on the agent, but the policy only watches.
 * active: belongs on the agent. ended and rejected: off it, remembered for cool-down and flaps.
 */
export const PHASES = ['pending', 'observed', 'active', 'ended', 'rejected'] as const
export type Phase = (typeof PHASES)[number]

export const END_REASONS = [
  'resolved',
  'expired',
  'rejected',
  'kill_switch',
  'policy_removed',
  'probe',
  'agent_removed',
  'protected',
] as const
export type EndReason = (typeof END_REASONS)[number]

export interface Why {
  readonly alertName: string
  readonly fingerprint: string
  readonly origin: AlertOrigin
  readonly startsAtMs: number
  readonly numbers: AlertNumbers
}

export function whyOfAlert({ labels, fingerprint, origin, startsAtMs, numbers }: Alert): Why {
  return { alertName: labels.alertname ?? '', fingerprint, origin, startsAtMs, numbers }
}

export interface RuleTimes {
  /** When the traffic was found out, by the sender's clock, never after `received`. */
  readonly detectedMs: number
  readonly receivedMs: number
  readonly decidedMs: number
  /** When it became active: at once, or when it was approved. */
  readonly activatedMs?: number
  readonly committedMs?: number
  readonly effectiveMs?: number
  /** When it was decided that it ends; the agent is told at once. */
  readonly endedMs?: number
  /** When the agent said that it is gone. */
  readonly removedMs?: number
}

/** unknown: not told to the agent yet. refused: the agent will not have it, and said why. */
export type DeviceState = 'unknown' | 'committed' | 'failed' | 'refused'

export const EFFECT_VERDICTS = [
  'measuring',
  'effective',
  'no_traffic',
  'no_effect',
  'unmeasured',
] as const
export type EffectVerdict = (typeof EFFECT_VERDICTS)[number]

export interface Rule {
  /** `name@aclAgent`. */
  readonly id: string
  /** Deterministic: the same policy, target and action have the same name for ever. */
  readonly name: string
  readonly policy: string
  readonly action: RuleAction
  readonly aclAgent: string
  readonly intent: Intent
  readonly phase: Phase
  readonly why: Why
  /** The alerts that ask for it now; empty while it is only held. */
  readonly askedBy: readonly string[]
  /** Since when nothing asks. Absent: something does. */
  readonly quietSinceMs?: number
  /** No alert has asked since; its own hits keep it. */
  readonly unaskedSinceMs?: number
  readonly approvedBy?: string
  readonly rejectedBy?: string
  /** How often it came back soon after it had ended. */
  readonly flaps: number
  readonly endReason?: EndReason
  readonly device: DeviceState
  readonly deviceError?: string
  readonly effect: EffectVerdict
  readonly times: RuleTimes
}

export function ruleId(name: string, aclAgent: string): string {
  return `${name}@${aclAgent}`
}

/** It waits for an approval, and nobody has given one. */
export function isUndecided({ phase, approvedBy }: Rule): boolean {
  return phase === 'pending' && approvedBy === undefined
}

/** It waits, or it is in force: a rejection ends it. */
export function isRejectable({ phase }: Rule): boolean {
  return phase === 'pending' || phase === 'active'
}

/** The wall clock jumped by `deltaMs`: every time of our own clock goes along. */
export function shiftRule(rule: Rule, deltaMs: number): Rule {
  const times: Record<string, number> = {}
  for (const [name, time] of Object.entries(rule.times)) times[name] = time + deltaMs
  const { quietSinceMs: quiet, unaskedSinceMs: unasked } = rule
  return {
    ...rule,
    times: times as unknown as RuleTimes, // the same keys, each a number as before
    ...(quiet === undefined ? {} : { quietSinceMs: quiet + deltaMs }),
    ...(unasked === undefined ? {} : { unaskedSinceMs: unasked + deltaMs }),
  }
}
