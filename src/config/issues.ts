/**
 * From what zod found to faults that a person can act on: one for each unknown key, with the key that
 * was probably meant; of a union's branches the one that came nearest.
 */
import { z } from 'zod'
import { nearest } from '../text.ts'
import type { Fault, Path, Source } from './source.ts'

type Issue = z.core.$ZodIssue

export function faultsOf(issues: readonly Issue[], schema: z.ZodType, source: Source): Fault[] {
  return issues.flatMap(issue => faultsOfIssue(issue, [], schema, source))
}

function faultsOfIssue(issue: Issue, parent: Path, schema: z.ZodType, source: Source): Fault[] {
  const path = [...parent, ...issue.path]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key =>
        source.fault([...path, key], unknownKey(key, keysAt(schema, path)), 'key'),
      )
    case 'invalid_union': {
      const value = valueAt(source.value, path)
      if (value === undefined) return [source.fault(path, 'is missing')]
      return nearestBranch(issue.errors, typeName(value)).flatMap(inner =>
        faultsOfIssue(inner, path, schema, source),
      )
    }
    case 'invalid_key':
      return issue.issues.map(inner => source.fault(path, inner.message, 'key'))
    case 'invalid_type':
      return [source.fault(path, wrongType(issue, valueAt(source.value, path)))]
    case 'too_small':
      return [source.fault(path, ownWords(issue) ?? `expected at least ${bound(issue)}`)]
    case 'too_big':
      return [source.fault(path, ownWords(issue) ?? `expected at most ${bound(issue)}`)]
    case 'invalid_value':
      return [source.fault(path, ownWords(issue) ?? `expected ${orList(issue.values)}`)]
    default:
      return [source.fault(path, lowerFirst(issue.message.replace(/^Invalid input: /, '')))]
  }
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known)
  if (near !== undefined) return `unknown key, did you mean ${near}?`
  return known.length > 0 && known.length <= 12
    ? `unknown key; known are ${known.join(', ')}`
    : 'unknown key'
}

function wrongType(issue: z.core.$ZodIssueInvalidType, value: unknown): string {
  if (value === undefined) return 'is missing'
  const expected = TYPE_NAMES[issue.expected] ?? issue.expected
  return ownWords(issue) ?? `expected ${expected}, found ${foundText(expected, value)}`
}

/** The type of what was found, or how it would be what was expected. */
function foundText(expected: string, value: unknown): string {
  const found = typeName(value)
  if (expected === TYPE_NAMES.array && (found === TYPE_NAMES.string || found === TYPE_NAMES.number))
    return `${found}: write it in [ ]`
  if (expected === TYPE_NAMES.string && found === TYPE_NAMES.number)
    return `${found}: write it in quotes`
  if (expected === TYPE_NAMES.number && Number.isFinite(Number(value || Number.NaN)))
    return `${found}: write it without quotes`
  return expected === TYPE_NAMES.int && typeof value === 'number' ? 'a fraction' : found
}

/** The message if the schema gave one of its own; zod's begin with one of these words. */
function ownWords(issue: Issue): string | undefined {
  return /^(Invalid|Too) /.test(issue.message) ? undefined : issue.message
}

function bound(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const units: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' }
  const number = issue.code === 'too_small' ? issue.minimum : issue.maximum
  return `${number}${units[issue.origin] ?? ''}`
}

function orList(values: readonly unknown[]): string {
  const words = values.map(String)
  return words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'keys and values',
  record: 'keys and values',
  string: 'text',
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return TYPE_NAMES[typeof value] ?? typeof value
}

/** The branch that takes a value of this type; among those, the one with the fewest faults. */
function nearestBranch(branches: readonly Issue[][], found: string): readonly Issue[] {
  const fitting = branches.filter(branch => !branch.some(rejectsType))
  const [first, ...others] = fitting
  if (first !== undefined) return others.reduce((a, b) => (b.length < a.length ? b : a), first)
  const names = [...new Set(branches.flatMap(branch => branch.flatMap(expectedTypes)))]
  const message = `expected ${names.join(' or ')}, found ${found}`
  return [{ code: 'custom', path: [], message, input: undefined }]
}

/** Does the value itself have the wrong type, not something in it? */
function rejectsType(issue: Issue): boolean {
  if (issue.path.length > 0) return false
  if (issue.code === 'invalid_union') return issue.errors.every(branch => branch.some(rejectsType))
  return issue.code === 'invalid_type'
}

function expectedTypes(issue: Issue): readonly string[] {
  if (issue.code === 'invalid_union') return issue.errors.flat().flatMap(expectedTypes)
  return issue.code === 'invalid_type' ? [TYPE_NAMES[issue.expected] ?? issue.expected] : []
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Readonly<Record<PropertyKey, unknown>>)[step]
  }
  return current
}

/** The keys that the schema knows at a path, over all branches of unions. */
function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  let current = unwrapped(schema)
  for (const step of path) current = current.flatMap(inner => unwrapped(child(inner, step)))
  return current.flatMap(inner => (inner instanceof z.ZodObject ? Object.keys(inner.shape) : []))
}

function child(schema: z.ZodType, step: PropertyKey): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[String(step)]
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType
  return undefined
}

/** The schemas behind defaults, options, transforms and unions. */
function unwrapped(schema: z.ZodType | undefined): readonly z.ZodType[] {
  if (schema === undefined) return []
  if (schema instanceof z.ZodUnion) {
    return (schema.options as readonly z.ZodType[]).flatMap(option => unwrapped(option))
  }
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in as z.ZodType)
  const inner = (schema.def as { readonly innerType?: z.ZodType }).innerType
  return inner === undefined ? [schema] : unwrapped(inner)
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
