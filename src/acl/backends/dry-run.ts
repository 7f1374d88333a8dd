/** The backend that changes no device: it keeps what it was asked for, and says so. */
import { formatRule, sectionOf } from '../rule/format.ts'
import type { Backend, NamedRules, Rendering } from './backend.ts'

export function dryRunBackend(): Backend {
  return {
    name: 'dry-run',
    placement: 'forward',
    refusalOf: () => undefined,
    costOf: () => 1,
    notesOf: () => ['dry-run: no device is changed'],
    render: all => new Map([['rules', all.map(entryText).join('')]]),
    apply: async () => ({ ok: true }),
    readBack: async () => ({ fingerprint: '', hits: new Map() }),
    recover: async () => {},
  }
}

function entryText(entry: NamedRules): string {
  const lines = entry.rules.flatMap(rule => [sectionOf(rule.family), formatRule(rule)])
  return [`# ${entry.name}`, ...lines, ''].join('\n')
}

/** Everything that a rendering holds, for answers to a dry run. */
export function renderingText(rendering: Rendering): Readonly<Record<string, string>> {
  return Object.fromEntries(rendering)
}
