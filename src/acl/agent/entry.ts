/**
 * An entry: what stands under one name, with who wants it and until when. Its `key` says what is
 * on the device (name and meaning): entries with one key need no commit between them. Its `etag`
 * says what the caller gave, comments included; reason and cause tell the value of the day and are
 * in neither.
 */
import { createHash } from 'node:crypto'
import { commentText, formatRule, sectionOf } from '../rule/format.ts'
import type { Intent } from '../rule/intent.ts'
import type { Rule } from '../rule/rule.ts'

/** A kernel takes comments of 256 bytes; the name takes some of them. */
const COMMENT_LENGTH_MAX = 160

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
  readonly comment: string
  readonly key: string
  readonly etag: string
  /** The agent's revision when this content came in. */
  readonly generation: number
  readonly createdAtMs: number
  readonly ttlSeconds: number
  /** On the monotonic clock: when it ends. */
  readonly deadlineMs: number
}

export type EntryDraft = Omit<Entry, 'key' | 'etag' | 'comment'>

export function makeEntry(draft: EntryDraft): Entry {
  const meaning = draft.rules.map(rule => `${rule.family} ${formatRule(rule)}`)
  const comment = commentOf(draft.source)
  const given = draft.source.kind === 'lines' ? draft.source.lines : meaning
  return {
    ...draft,
    comment,
    key: `${draft.name}:${digest(meaning)}`,
    etag: `"${digest([...given, draft.owner, draft.policy])}"`,
  }
}

/** The content as lines of a policy file: as they were given, or as the intent is written. */
export function linesOf(entry: Entry): readonly string[] {
  if (entry.source.kind === 'lines') return entry.source.lines
  return entry.rules.flatMap(rule => [
    sectionOf(rule.family),
    `# ${entry.comment}`,
    formatRule(rule),
  ])
}

function commentOf(source: RuleSource): string {
  if (source.kind === 'intent') return commentText(source.intent)
  const comment = source.lines.find(line => line.startsWith('#')) ?? ''
  return comment.slice(1).trim().slice(0, COMMENT_LENGTH_MAX)
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
}
