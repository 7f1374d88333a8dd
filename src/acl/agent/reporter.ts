/**
 * What the agent tells of what it does: counts to the observer, lines to the audit trail. Refusals of
 * requests that never reached the agent's own checks (no credentials, no JSON) are told here too.
 */
import type { Result } from '../rule/refusal.ts'
import type { Audit } from './audit.ts'
import type { Clock } from './clock.ts'
import type { AgentObserver, RequestRefusal } from './observer.ts'
import type { Operation } from './operations.ts'
import { RateWindow } from './rate-window.ts'

/** Whoever has no credentials must not be able to write the audit trail full. */
const STRANGERS_PER_MINUTE = 60

export class Reporter {
  readonly #audit: Audit
  readonly #observer: AgentObserver
  readonly #strangers: RateWindow
  #leftOut = 0

  constructor(options: {
    readonly audit: Audit
    readonly observer: AgentObserver
    readonly clock: Clock
  }) {
    this.#audit = options.audit
    this.#observer = options.observer
    this.#strangers = new RateWindow(options.clock, 60_000)
  }

  write(event: string, name: string | undefined, who: string, details: object = {}): void {
    this.#audit.write({ event, name, who, ...details })
  }

  /** Gives back what it is told of. */
  refused(result: Result<never>, asked: string, name: string | undefined, who: string) {
    if (result.ok) return result
    const { reason, message } = result.refusal
    this.#observer.refused(reason)
    this.write('refused', name?.slice(0, 64), who, { asked, reason, message })
    return result
  }

  /** Counts each; writes all of those who are known, and some of the others. */
  requestRefused({ who, isStranger, ...refusal }: RequestRefusal): void {
    this.#observer.refused(refusal.reason)
    if (isStranger && !this.#strangers.take(STRANGERS_PER_MINUTE)) {
      this.#leftOut += 1
      return
    }
    this.write('refused', undefined, who, {
      ...refusal,
      ...(this.#leftOut === 0 ? {} : { leftOut: this.#leftOut }),
    })
    this.#leftOut = 0
  }

  ended(operation: Operation, state: 'committed' | 'failed'): void {
    const { id, kind, name, message, createdAtMs, endedAtMs = 0 } = operation
    this.#observer.ended(kind, state)
    const tookMs = endedAtMs - createdAtMs
    this.write(state, name, 'agent', { operation: id, kind, message, tookMs })
  }
}
