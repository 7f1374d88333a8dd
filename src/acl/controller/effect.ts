/**
 * Did the rule do anything? Two kinds of evidence: the agent's own hit counters, and the samples, in
 * the form of an alert that ended after the rule was in force. Pure.
 *
 * A sampler behind the drop no longer sees the attack, so its alert ends although the attack goes
 * on (the mistake of fastnetmon#139). Therefore a rule whose hit counters still move faster than
 * the policy's release rate counts as asked for. Where an agent has no hit counters, the rule ends
 * after its hold, and returns with a longer one if the attack is still there (a flap).
 */
import type { Policy } from './policy.ts'
import type { EffectVerdict, Rule } from './rule-state.ts'

export interface Hits {
  readonly packets: number
  readonly bytes: number
}

interface Reading extends Hits {
  readonly atMs: number
}

interface Watched {
  readonly first: Reading
  readonly last: Reading
  /** Between the last two readings that are far enough apart. */
  readonly bytesPerSecond?: number
}

/** Shorter distances make a rate of noise: one packet in 10 ms is no flood. */
const RATE_DISTANCE_MIN_MS = 400
/** Readings older than this tell nothing about now. */
const STALE_MS = 60_000

/** Hit counters of active rules, at most as many as there are rules: the shell forgets the rest. */
export class HitWatch {
  readonly #watched = new Map<string, Watched>()

  read(id: string, hits: Hits, nowMs: number): void {
    const reading: Reading = { ...hits, atMs: nowMs }
    const known = this.#watched.get(id)
    // A counter that fell was reset with its rule: the old readings say nothing about the new one.
    if (known === undefined || hits.packets < known.last.packets) {
      this.#watched.set(id, { first: reading, last: reading })
      return
    }
    const seconds = (nowMs - known.last.atMs) / 1_000
    if (seconds * 1_000 < RATE_DISTANCE_MIN_MS) return
    const bytesPerSecond = (hits.bytes - known.last.bytes) / seconds
    this.#watched.set(id, { first: known.first, last: reading, bytesPerSecond })
  }

  /** Hits since the rule was put; undefined: the agent does not count. */
  hits(id: string): Hits | undefined {
    const last = this.#watched.get(id)?.last
    return last === undefined ? undefined : { packets: last.packets, bytes: last.bytes }
  }

  bytesPerSecond(id: string, nowMs: number): number | undefined {
    const known = this.#watched.get(id)
    if (known === undefined || nowMs - known.last.atMs > STALE_MS) return undefined
    return known.bytesPerSecond
  }

  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#watched.keys()) if (!ids.has(id)) this.#watched.delete(id)
  }

  shift(deltaMs: number): void {
    for (const [id, watched] of this.#watched) {
      const move = (reading: Reading) => ({ ...reading, atMs: reading.atMs + deltaMs })
      this.#watched.set(id, { ...watched, first: move(watched.first), last: move(watched.last) })
    }
  }
}

/** The rules that still have work, whatever the alerts say. */
export function stillHit(
  rules: Iterable<Rule>,
  watch: HitWatch,
  policies: readonly Policy[],
  nowMs: number,
): ReadonlySet<string> {
  const found = new Set<string>()
  for (const rule of rules) {
    if (rule.phase !== 'active' || rule.action === 'mark') continue
    const release = policies.find(policy => policy.name === rule.policy)?.hitsReleaseBytesPerSecond
    const rate = watch.bytesPerSecond(rule.id, nowMs)
    if (release !== undefined && rate !== undefined && rate >= release) found.add(rule.id)
  }
  return found
}

/** A fall to less than this share of what it was is the rule's doing, not the traffic's mood. */
const FALLEN_SHARE = 0.5

/** What the samples can say about a rule. */
export interface SampleEvidence {
  /** Is traffic sampled behind the filter? Before it, a drop changes nothing in the samples. */
  readonly isBehind: boolean
  /** What the alerts tell by now. */
  readonly valueNow: number | undefined
}

/**
 * The verdict so far, or the same rule if it stands. Marks change nothing that the samples see, and
 * samplers before the filter see no drop, so there only hit counters speak.
 */
export function judgeEffect(
  rule: Rule,
  watch: HitWatch,
  samples: SampleEvidence,
  withinMs: number,
  nowMs: number,
): Rule {
  const { committedMs } = rule.times
  if (committedMs === undefined || rule.effect === 'effective') return rule
  const hits = watch.hits(rule.id)
  if ((hits?.packets ?? 0) > 0 || hasFallen(rule, samples)) {
    return { ...rule, effect: 'effective', times: { ...rule.times, effectiveMs: nowMs } }
  }
  if (nowMs - committedMs < withinMs) return rule
  const isSampled = samples.isBehind && rule.action !== 'mark'
  const unseen: EffectVerdict = isSampled ? 'no_effect' : 'unmeasured'
  const verdict: EffectVerdict = hits === undefined ? unseen : 'no_traffic'
  return verdict === rule.effect ? rule : { ...rule, effect: verdict }
}

/** The alert ended, or tells less than half of what it told when the rule was decided. */
function hasFallen(rule: Rule, { isBehind, valueNow }: SampleEvidence): boolean {
  if (!isBehind || rule.action === 'mark') return false
  if (rule.quietSinceMs !== undefined) return true
  const { value } = rule.why.numbers
  return value !== undefined && valueNow !== undefined && valueNow < value * FALLEN_SHARE
}
