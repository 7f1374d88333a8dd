/**
 * An entry: what stands under one name, with who wants it and until when. Its `key` says what is
 * on the device (name and meaning), its `etag` what the caller gave (comments included).
 */
import { createHash } from 'node:crypto'
import { formatRule } from '../rule/format.ts'
import type { Intent } from '../rule/intent.ts'
import type { Family } from '../rule/prefix.ts'
import type { Rule } from '../rule/rule.ts'

export type RuleSource =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'intent'; readonly intent: Intent }

/** Who wants the entry and why; goes into lists, audit lines and comments. */
export interface Origin {
  readonly owner: string
  readonly policy: string
  readonly reason: string
  readonly cause?: string | undefined
}

export interface Entry extends Origin {
  readonly name: string
  readonly source: RuleSource
  readonly rules: readonly Rule[]
  readonly key: string
  readonly etag: string
  /** The agent's revision when this content came in. */
  readonly generation: number
  readonly createdAtMs: number
  readonly ttlSeconds: number
  /** On the monotonic clock: when it ends. */
  readonly deadlineMs: number
}

export type EntryDraft = Omit<Entry, 'key' | 'etag'>

export function makeEntry(draft: EntryDraft): Entry {
  const meaning = draft.rules.map(rule => `${rule.family} ${formatRule(rule)}`)
  const given = draft.source.kind === 'lines' ? draft.source.lines : meaning
  return {
    ...draft,
    key: `${draft.name}:${digest(meaning)}`,
    etag: `"${digest([...given, draft.owner, draft.policy])}"`,
  }
}

export function familiesOf(entry: Entry): readonly Family[] {
  return [...new Set(entry.rules.map(rule => rule.family))]
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
}
