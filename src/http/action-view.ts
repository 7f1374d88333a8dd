/** One action as `/api/v1/actions` shows it: what, why, where, its state and its times. */
import { type DeviceView, stageSeconds, timesOf, whyOf } from '../acl/controller/life.ts'
import type { Rule } from '../acl/controller/rule-state.ts'

export function actionView(rule: Rule, { hits, unreachable }: DeviceView) {
  return {
    id: rule.id,
    name: rule.name,
    policy: rule.policy,
    what: { action: rule.intent.action, match: rule.intent.match },
    why: whyOf(rule),
    where: rule.aclAgent,
    phase: rule.phase,
    held: rule.phase === 'active' && rule.quietSinceMs !== undefined,
    askedBy: rule.askedBy,
    device: rule.device,
    deviceError: rule.deviceError,
    unreachable,
    effect: rule.effect,
    hits,
    flaps: rule.flaps,
    approvedBy: rule.approvedBy,
    rejectedBy: rule.rejectedBy,
    endReason: rule.endReason,
    times: timesOf(rule),
    seconds: {
      detect: stageSeconds(rule, 'detect'),
      decide: stageSeconds(rule, 'decide'),
      commit: stageSeconds(rule, 'commit'),
      effect: stageSeconds(rule, 'effect'),
    },
  }
}
