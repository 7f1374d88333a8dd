/**
 * Does what the alert tells of its numbers carry the action? Sampled traffic is an estimate. A mark
 * does no harm and acts on the point estimate; a drop or a limit acts only when even the lower
 * bound is over the threshold, and lets go only when even the upper bound is under the release.
 */
import type { Alert } from './alert.ts'
import type { DecisionRefusal } from './decide.ts'
import type { Policy } from './policy.ts'

/** Undefined: yes. */
export function admits(alert: Alert, policy: Policy): DecisionRefusal | undefined {
  const { value, lower, sources, samples } = alert.numbers
  const required = policy.estimate === 'required'
  const bound = policy.action === 'mark' ? value : (lower ?? (required ? undefined : value))
  const threshold = alert.numbers.threshold ?? policy.threshold
  // Alert rules may compare the lower bound themselves and tell no numbers at all.
  if (required && (bound === undefined || threshold === undefined)) return 'no_estimate'
  if (bound !== undefined && threshold !== undefined && bound < threshold) return 'below_threshold'
  if (samples === undefined ? required && policy.samplesMin > 0 : samples < policy.samplesMin) {
    return 'too_few_samples'
  }
  if (policy.sourcesMin > 0 && (sources ?? 0) < policy.sourcesMin) return 'too_few_sources'
  return undefined
}

/** Once active: does a firing alert still ask, or is even its upper bound under the release? */
export function stillAsks(alert: Alert, policy: Policy): boolean {
  const { value, upper, release } = alert.numbers
  const threshold = alert.numbers.threshold ?? policy.threshold
  const under = release ?? (threshold === undefined ? undefined : threshold * policy.releaseRatio)
  const bound = policy.action === 'mark' ? value : (upper ?? value)
  return bound === undefined || under === undefined || bound >= under
}
