/**
 * Decisions are taken twice a second, and an alert that can have no rule is refused each time. This
 * remembers what was refused last time, so that each refusal is counted and audited once, when
 * it begins. As large as the alerts that there are, since it holds one decision's worth.
 */
import type { Refusal } from './decide.ts'

export class RefusalMemory {
  #current: readonly Refusal[] = []
  #keys: ReadonlySet<string> = new Set()

  get current(): readonly Refusal[] {
    return this.#current
  }

  /** The refusals that were not there last time. */
  take(refusals: readonly Refusal[]): readonly Refusal[] {
    const before = this.#keys
    this.#current = refusals
    this.#keys = new Set(refusals.map(keyOf))
    return refusals.filter(refusal => !before.has(keyOf(refusal)))
  }
}

function keyOf({ subject, policy, reason }: Refusal): string {
  return `${subject} ${policy} ${reason}`
}
