/**
 * A filter becomes one function of a sample. Values are turned into the words of their key once, so
 * that a test compares numbers; what a pattern says of a value is remembered by the value's words.
 * A key that the sample lacks equals `null` and nothing else.
 */
import { parsePrefix } from '../../packet/format.ts'
import type { Need } from '../compiled.ts'
import type { FlowView } from '../flow-view.ts'
import { compileNode } from '../functions/compile.ts'
import type { FlowContext } from '../functions/context.ts'
import { Fault } from '../functions/fault.ts'
import { parsedWords } from '../functions/literal.ts'
import { PrefixTrie } from '../functions/prefix-trie.ts'
import { WordCache } from '../functions/word-cache.ts'
import { type Expression, eitherNeed } from '../keys/expression.ts'
import { FieldExpression } from '../keys/field.ts'
import { ADDRESS, IP4, IP6, isMapped, type Kind } from '../keys/kinds.ts'
import { bitsOf, countBits, hasBit, merged, type OneOf } from './one-of.ts'
import type { FilterNode, Value } from './parse.ts'
import { compilePattern } from './pattern.ts'

type Predicate = (view: FlowView) => boolean

export interface Filter {
  readonly test: Predicate
  /** All of these hold for whatever passes. */
  readonly needs: readonly Need[]
  /** What is left to test of a sample that meets the needs; undefined: nothing. */
  readonly rest: Predicate | undefined
  /** Whatever passes has one of these values; absent: not known. */
  readonly among?: readonly OneOf[] | undefined
}

/** Throws a Fault. */
export function compileFilter(node: FilterNode, context: FlowContext): Filter {
  if (node.kind === 'test') return compileTest(node, context)
  const parts = node.parts.map(part => compileFilter(part, context))
  const tests = parts.map(({ test }) => test)
  if (node.kind === 'and') {
    const rests = parts.flatMap(({ rest }) => rest ?? [])
    const rest = rests.length > 1 ? all(rests) : rests[0]
    // Whatever passes has what each of the parts asks for: the rarest is told.
    const known = parts.flatMap(({ among }) => (among ? [among] : []))
    const among = known.sort((a, b) => breadth(a) - breadth(b))[0]
    return { test: all(tests), needs: parts.flatMap(({ needs }) => needs), rest, among }
  }
  // Whatever passes one of the parts passes this: the first need of each, together.
  const either = eitherNeed(parts.map(({ needs }) => needs[0]))
  const test = any(tests)
  const needs = either === undefined ? [] : [either]
  const isKnown = parts.every(({ among }) => among !== undefined)
  return {
    test,
    needs,
    rest: test,
    among: isKnown ? merged(parts.flatMap(({ among }) => among ?? [])) : undefined,
  }
}

/** How many values. */
function breadth(among: readonly OneOf[]): number {
  return among.reduce((sum, { values }) => sum + countBits(values), 0)
}

function compileTest(node: FilterNode & { kind: 'test' }, context: FlowContext): Filter {
  const key = compileNode(node.key, context)
  const positive = node.operator.endsWith('~')
    ? patternTest(key, node.values)
    : equalityTest(key, node.values)
  const negated = node.operator.startsWith('!')
  const test: Predicate = negated ? view => !positive(view) : positive
  const known = needOfValues(key, node)
  const none = node.values.filter(({ text }) => text === 'null').length
  const isPresent = negated
    ? node.operator === '!=' && none === node.values.length
    : node.operator === '~' || none === 0
  const needs = [known?.need, isPresent ? key.need : undefined]
  return {
    test,
    needs: needs.filter(need => need !== undefined),
    rest: known?.decides ? undefined : test,
    among: negated ? undefined : amongOf(key, node),
  }
}

/** The values that pass, if they are small numbers. */
function amongOf(
  key: Expression,
  { operator, values }: FilterNode & { kind: 'test' },
): readonly OneOf[] | undefined {
  const { kind } = key
  if (kind.width !== 1 || !(key instanceof FieldExpression)) return undefined
  const bits = operator.endsWith('~') ? matching(kind, values) : equal(kind, values)
  return bits && [{ key, values: bits }]
}

function equal(kind: Kind, values: readonly Value[]): Int32Array | undefined {
  const words = values.flatMap(({ text }) => parsedWords(kind, text))
  const isKnown = !kind.comparesText && words.length === values.length
  return isKnown ? bitsOf(words.map(([word = -1]) => word)) : undefined
}

function matching(kind: Kind, values: readonly Value[]): Int32Array | undefined {
  if (kind.domain === undefined) return undefined
  const patterns = values.map(({ text, position }) => compilePattern(text, position))
  const words = Int32Array.from({ length: kind.domain }, (_, word) => word)
  const passes = (word: number) => patterns.some(one => one.test(kind.format(words, word)))
  return bitsOf(Array.from(words).filter(passes))
}

/** Some keys know which samples can have, or not have, the values. */
function needOfValues(key: Expression, { operator, values }: FilterNode & { kind: 'test' }) {
  const wanted = values.flatMap(({ text }) => parsedWords(key.kind, text))
  const isKnown = wanted.length === values.length && key.kind.width === 1
  if (!isKnown || operator.endsWith('~')) return undefined
  return key.needOf?.(
    wanted.map(words => words[0] as number),
    operator === '!=',
  )
}

function all(parts: readonly Predicate[]): Predicate {
  return view => {
    for (const part of parts) if (!part(view)) return false
    return true
  }
}

function any(parts: readonly Predicate[]): Predicate {
  const [first, second] = parts
  if (first && second && parts.length === 2) return view => first(view) || second(view)
  return view => {
    for (const part of parts) if (part(view)) return true
    return false
  }
}

function equalityTest(key: Expression, values: readonly Value[]): Predicate {
  const isAddress = key.kind === IP4 || key.kind === IP6 || key.kind === ADDRESS
  const lacking = values.some(value => value.text === 'null')
  const present = values.filter(
    value => value.text !== 'null' || parsedWords(key.kind, value.text).length > 0,
  )
  if (isAddress && present.some(value => value.text.includes('/'))) {
    return networkTest(key, present, lacking)
  }
  if (key.kind.comparesText) return textTest(key, present, lacking)
  const wanted = present.flatMap(value => {
    const words = parsedWords(key.kind, value.text)
    if (words.length === 0) throw noValue(key, value)
    return words
  })
  return key.kind.width === 1 ? wordTest(key, wanted, lacking) : wordsTest(key, wanted, lacking)
}

function noValue(key: Expression, { text, position }: Value): Fault {
  return new Fault(position, `${text.slice(0, 40)} is no ${key.kind.name}`)
}

function wordTest(
  key: Expression,
  wanted: readonly (readonly number[])[],
  lacking: boolean,
): Predicate {
  const words = new Int32Array(1)
  const numbers = wanted.map(one => one[0] as number)
  const only = numbers[0]
  // Each twice: the call in the first is always of one function, and so costs half.
  if (numbers.length === 1) {
    if (key instanceof FieldExpression) {
      return view => (key.read(view, words, 0) ? words[0] === only : lacking)
    }
    return view => (key.read(view, words, 0) ? words[0] === only : lacking)
  }
  const among = membership(numbers)
  if (key instanceof FieldExpression) {
    return view => (key.read(view, words, 0) ? among(words[0] as number) : lacking)
  }
  return view => (key.read(view, words, 0) ? among(words[0] as number) : lacking)
}

/** Ports, protocols and their like are looked up by a bit. */
function membership(numbers: readonly number[]): (word: number) => boolean {
  const bits = bitsOf(numbers)
  if (bits !== undefined) return word => hasBit(bits, word)
  const set = new Set(numbers)
  return word => set.has(word)
}

function wordsTest(
  key: Expression,
  wanted: readonly (readonly number[])[],
  lacking: boolean,
): Predicate {
  const words = new Int32Array(key.kind.width)
  const list = wanted.map(one => Int32Array.from(one))
  return view => {
    if (!key.read(view, words, 0)) return lacking
    for (const one of list) if (sameWords(one, words)) return true
    return false
  }
}

function sameWords(a: Int32Array, b: Int32Array): boolean {
  for (let word = 0; word < b.length; word++) if (a[word] !== b[word]) return false
  return true
}

/** Addresses against networks, `ipsource=10.0.0.0/8`. */
function networkTest(key: Expression, values: readonly Value[], lacking: boolean): Predicate {
  const trie = new PrefixTrie()
  for (const value of values) {
    const prefix = parsePrefix(value.text)
    if (prefix === undefined) throw noValue(key, value)
    trie.add(prefix, 1)
  }
  const { width } = key.kind
  const words = new Int32Array(width)
  return view => {
    if (!key.read(view, words, 0)) return lacking
    if (width === 1) return trie.find4(words[0] as number) === 1
    if (isMapped(words, 0)) return trie.find4(words[3] as number) === 1
    return trie.find6(words, 0) === 1
  }
}

/** For values that many words can mean: their text is compared, and the answer remembered. */
function textTest(key: Expression, values: readonly Value[], lacking: boolean): Predicate {
  const { kind } = key
  const wanted = new Set(values.map(value => value.text))
  const words = new Int32Array(kind.width)
  const cache = new WordCache(kind.width, (from, at) => (wanted.has(kind.format(from, at)) ? 1 : 0))
  return view => (key.read(view, words, 0) ? cache.get(words, 0) === 1 : lacking)
}

function patternTest(key: Expression, values: readonly Value[]): Predicate {
  const patterns = values.map(value => compilePattern(value.text, value.position))
  const { kind } = key
  const words = new Int32Array(kind.width)
  const answer = (from: Int32Array, at: number) => {
    const text = kind.format(from, at)
    return patterns.some(pattern => pattern.test(text)) ? 1 : 0
  }
  if (kind.domain !== undefined) {
    const answers = Uint8Array.from({ length: kind.domain }, (_, value) => {
      words[0] = value
      return answer(words, 0)
    })
    if (key instanceof FieldExpression) {
      return view => key.read(view, words, 0) && answers[words[0] as number] === 1
    }
    return view => key.read(view, words, 0) && answers[words[0] as number] === 1
  }
  const cache = new WordCache(kind.width, answer)
  return view => key.read(view, words, 0) && cache.get(words, 0) === 1
}
