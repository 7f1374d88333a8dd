/**
 * What the ACL agents tell, noted on the rules: in force, failed, removed, hit. And the verdict on
 * each rule in force: does it do anything? While one is being measured its agent is asked more
 * often, so that the time of the effect is known to `effect.pollMs`.
 */
import type { AgentObserver } from './agent-observer.ts'
import { type Hits, HitWatch, judgeEffect, type SampleEvidence, stillHit } from './effect.ts'
import type { Ledger } from './ledger.ts'
import { afterDevice, stageSeconds } from './life.ts'
import type { ControllerObserver } from './observer.ts'
import { ended } from './review.ts'
import { type Rule, ruleId } from './rule-state.ts'
import type { AgentSettings, ControllerSettings } from './settings.ts'

export interface DeviceNotesOptions {
  readonly ledger: Ledger
  readonly observer: ControllerObserver
  readonly now: () => number
  readonly settings: () => ControllerSettings
}

export class DeviceNotes {
  readonly #options: DeviceNotesOptions
  readonly #watch = new HitWatch()
  #lastPollMs = 0

  constructor(options: DeviceNotesOptions) {
    this.#options = options
  }

  observerOf(agent: string): AgentObserver {
    const { ledger, observer, now } = this.#options
    return {
      put: (asked, outcome) => {
        const rule = ledger.rules.get(asked.id)
        if (rule?.phase !== 'active') return
        const after = afterDevice(rule, outcome, now())
        if (after === rule) return
        if (after.device === 'committed') {
          observer.stage('commit', after, stageSeconds(after, 'commit') ?? 0)
        }
        ledger.note(after, after.device)
      },
      removed: (name, outcome) => {
        const rule = ledger.rules.get(ruleId(name, agent))
        if (outcome.outcome !== 'committed' || rule === undefined || rule.phase === 'active') return
        this.#noteRemoved(rule)
      },
      expired: ({ id }) => {
        const rule = ledger.rules.get(id)
        if (rule?.phase !== 'active') return
        observer.ended(rule, 'expired')
        const after = ended(rule, 'expired', now())
        const times = { ...after.times, removedMs: now() }
        ledger.note({ ...after, device: 'unknown', times }, 'ended')
      },
      drift: (kind, name) => {
        observer.drift(agent, kind)
        ledger.audit({ event: 'drift', kind, aclAgent: agent, name })
      },
      listed: list => {
        for (const { name, hits } of list.rules) {
          if (hits !== undefined) this.#watch.read(ruleId(name, agent), hits, now())
        }
        // A removal may be told by the list alone: an answer was lost, or the agent's own clock ended it.
        for (const rule of [...ledger.rules.all.values()]) {
          if (rule.aclAgent === agent && isLeaving(rule) && list.isGone(rule.name)) {
            this.#noteRemoved(rule)
          }
        }
        this.judge()
      },
      reachable: (isReachable, message) => {
        const event = isReachable ? 'agent_reachable' : 'agent_unreachable'
        ledger.audit({ event, aclAgent: agent, ...(message === '' ? {} : { message }) })
      },
      request: (kind, outcome, ms) => observer.agentRequest(agent, kind, outcome, ms / 1_000),
    }
  }

  /** Takes the verdicts; returns the agents that should be asked again soon. */
  judge(): ReadonlySet<string> {
    const { ledger, observer, now, settings } = this.#options
    const { withinMs, pollMs } = settings().effect
    const nowMs = now()
    const poll = new Set<string>()
    const active = new Set<string>()
    for (const rule of [...ledger.rules.all.values()]) {
      if (rule.phase !== 'active') continue
      active.add(rule.id)
      const after = judgeEffect(rule, this.#watch, this.#samplesOf(rule), withinMs, nowMs)
      if (after !== rule) {
        const seconds = stageSeconds(after, 'effect')
        if (after.effect === 'effective' && seconds !== undefined) {
          observer.stage('effect', after, seconds)
        }
        ledger.note(after, after.effect)
      }
      const isMeasured = after.effect === 'measuring' && after.device === 'committed'
      if (isMeasured && this.#countsHits(rule.aclAgent)) poll.add(rule.aclAgent)
    }
    this.#watch.keepOnly(active)
    if (poll.size === 0 || nowMs - this.#lastPollMs < pollMs) return new Set()
    this.#lastPollMs = nowMs
    return poll
  }

  hitsOf(rule: Rule): Hits | undefined {
    return this.#watch.hits(rule.id)
  }

  /** Rules that still have work, whatever the alerts say. */
  stillHit(): ReadonlySet<string> {
    const { ledger, now, settings } = this.#options
    return stillHit(ledger.rules.all.values(), this.#watch, settings().policies, now())
  }

  shift(deltaMs: number): void {
    this.#watch.shift(deltaMs)
    this.#lastPollMs += deltaMs
  }

  #noteRemoved(rule: Rule): void {
    const { ledger, now } = this.#options
    const times = { ...rule.times, removedMs: now() }
    ledger.note({ ...rule, device: 'unknown', times }, 'removed')
  }

  /** Legacy agents do not, so asking them more often tells nothing. */
  #countsHits(aclAgent: string): boolean {
    return this.#agentOf(aclAgent)?.kind === 'sflow-bridge'
  }

  #agentOf(name: string): AgentSettings | undefined {
    return this.#options.settings().agents.find(agent => agent.name === name)
  }

  #samplesOf(rule: Rule): SampleEvidence {
    const { alerts } = this.#options.ledger
    const values = rule.askedBy.flatMap(key => alerts.get(key)?.alert.numbers.value ?? [])
    return {
      isBehind: this.#agentOf(rule.aclAgent)?.sampler === 'behind',
      valueNow: values.length === 0 ? undefined : Math.max(...values),
    }
  }
}

/** It was on its agent, it has ended, and the agent has not said yet that it is gone. */
function isLeaving({ phase, times }: Rule): boolean {
  const hasEnded = phase === 'ended' || phase === 'rejected'
  return hasEnded && times.activatedMs !== undefined && times.removedMs === undefined
}
