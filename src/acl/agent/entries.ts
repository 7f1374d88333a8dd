/** What is asked of many entries at once: what they cost, and which are not safe any more. */
import type { Backend } from '../backends/backend.ts'
import type { Rule } from '../rule/rule.ts'
import { checkRule, type SafetyPolicy } from '../rule/safety.ts'
import type { Entry } from './entry.ts'

/** Entries that were taken once and are not safe any more: protected prefixes and addresses change. */
export function unsafeEntries(entries: readonly Entry[], safety: SafetyPolicy): readonly Entry[] {
  return entries.filter(({ rules }) => rules.some(rule => checkRule(rule, safety) !== undefined))
}

export function costOfEntries(entries: readonly Entry[], backend: Backend): number {
  return entries.reduce((sum, entry) => sum + costOfRules(entry.rules, backend), 0)
}

export function costOfRules(rules: readonly Rule[], backend: Backend): number {
  return rules.reduce((sum, rule) => sum + backend.costOf(rule), 0)
}
