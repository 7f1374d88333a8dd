/**
 * The rules that the controller remembers, by id. Bounded: active and waiting ones by the caps of
 * the policies, ended ones by number and age. Knows what changed since it was last asked, so that
 * the journal is told once.
 */
import { type Rule, shiftRule } from './rule-state.ts'

export interface HistoryLimits {
  readonly rulesMax: number
  readonly ageMs: number
}

export class RuleBook {
  readonly #rules = new Map<string, Rule>()
  readonly #changed = new Set<string>()

  constructor(rules: Iterable<Rule> = []) {
    for (const rule of rules) this.#rules.set(rule.id, rule)
  }

  /** To be read, not kept: it changes. */
  get all(): ReadonlyMap<string, Rule> {
    return this.#rules
  }

  get(id: string): Rule | undefined {
    return this.#rules.get(id)
  }

  /** The rules of this name, one on each ACL agent, or the one of this id. */
  named(what: string): Rule[] {
    return [...this.#rules.values()].filter(({ id, name }) => id === what || name === what)
  }

  set(rule: Rule): void {
    this.#rules.set(rule.id, rule)
    this.#changed.add(rule.id)
  }

  takeChanges(): [id: string, rule: Rule | undefined][] {
    const changes = [...this.#changed].map((id): [string, Rule | undefined] => {
      return [id, this.#rules.get(id)]
    })
    this.#changed.clear()
    return changes
  }

  /** Forgets ended rules that are too old, and the oldest of too many. */
  prune(limits: HistoryLimits, nowMs: number): void {
    const over = [...this.#rules.values()]
      .filter(rule => rule.phase === 'ended' || rule.phase === 'rejected')
      .sort((a, b) => (b.times.endedMs ?? 0) - (a.times.endedMs ?? 0))
      .filter((rule, index) => {
        return index >= limits.rulesMax || nowMs - (rule.times.endedMs ?? 0) >= limits.ageMs
      })
    for (const { id } of over) {
      this.#rules.delete(id)
      this.#changed.add(id)
    }
  }

  shift(deltaMs: number): void {
    for (const rule of [...this.#rules.values()]) this.set(shiftRule(rule, deltaMs))
  }
}
