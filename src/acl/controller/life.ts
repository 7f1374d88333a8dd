/** The life of a rule in words and times: for the audit trail, the API and the metrics. */
import type { ClientOutcome } from './agent-client.ts'
import type { Refusal } from './decide.ts'
import type { Hits } from './effect.ts'
import type { Stage } from './observer.ts'
import { type DeviceState, type Rule, whyOfAlert } from './rule-state.ts'

/** What the ACL agent of a rule tells now. */
export interface DeviceView {
  readonly hits: Hits | undefined
  /** Why it does not answer: then nothing about the rule is certain. */
  readonly unreachable: string | undefined
}

/** What the agent said, noted on the rule; the same rule if it says nothing new. */
export function afterDevice(rule: Rule, result: ClientOutcome, nowMs: number): Rule {
  if (result.outcome === 'committed') {
    if (rule.device === 'committed') return rule
    const { deviceError: _, ...rest } = rule
    const committedMs = rule.times.committedMs ?? nowMs
    return { ...rest, device: 'committed', times: { ...rule.times, committedMs } }
  }
  if (!('message' in result)) return rule
  // Unreachable: it may be there or not. What was known stays known until the agent tells.
  const device: DeviceState = result.outcome === 'unreachable' ? rule.device : result.outcome
  if (device === rule.device && rule.deviceError === result.message) return rule
  return { ...rule, device, deviceError: result.message }
}

/** How long a stage took, if it is over. */
export function stageSeconds(rule: Rule, stage: Stage): number | undefined {
  const { detectedMs, receivedMs, activatedMs, committedMs, effectiveMs } = rule.times
  const [from, to] = {
    detect: [detectedMs, receivedMs],
    decide: [receivedMs, activatedMs],
    commit: [activatedMs, committedMs],
    effect: [committedMs, effectiveMs],
  }[stage]
  return from === undefined || to === undefined ? undefined : Math.max(0, to - from) / 1_000
}

/** A line of the audit trail, without its event: why, what, where, when. */
export function ruleLine(rule: Rule) {
  return {
    id: rule.id,
    policy: rule.policy,
    why: whyOf(rule),
    what: { action: rule.intent.action, match: rule.intent.match },
    where: rule.aclAgent,
    times: timesOf(rule),
    phase: rule.phase,
    device: rule.device,
    effect: rule.effect,
    ...(rule.deviceError === undefined ? {} : { error: rule.deviceError }),
    ...(rule.endReason === undefined ? {} : { endReason: rule.endReason }),
    ...(rule.flaps === 0 ? {} : { flaps: rule.flaps }),
  }
}

export function whyOf({ why }: Pick<Rule, 'why'>) {
  return {
    alert: why.alertName,
    fingerprint: why.fingerprint,
    origin: why.origin,
    startsAt: new Date(why.startsAtMs).toISOString(),
    ...why.numbers,
  }
}

/** Of the labels that asked and got nothing: enough to know who, not enough to fill a disk. */
const LABELS_TOLD = 32
const LABEL_LENGTH_TOLD = 128

/** What was asked for and not given, and why on both sides. */
export function refusalLine({ subject, policy, reason, alert }: Refusal) {
  const labels = Object.entries(alert.labels)
    .slice(0, LABELS_TOLD)
    .map(([name, value]) => [name, value.slice(0, LABEL_LENGTH_TOLD)])
  const why = whyOf({ why: whyOfAlert(alert) })
  return { subject, policy, reason, why, labels: Object.fromEntries(labels) }
}

/** `detected`, `received`, `decided`, … as RFC 3339, those that have come. */
export function timesOf(rule: Rule): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(rule.times).map(([name, time]) => {
      return [name.replace(/Ms$/, ''), new Date(time).toISOString()]
    }),
  )
}
