/** Functions that choose and compare: or, null, eq, if, range, first. */
import type { Need } from '../compiled.ts'
import type { FlowView } from '../flow-view.ts'
import { CustomExpression, type Expression, eitherNeed, OncePerSample } from '../keys/expression.ts'
import { FieldExpression } from '../keys/field.ts'
import {
  ADDRESS,
  BOOLEAN,
  IP4,
  IP6,
  type Kind,
  NULL_WORD,
  NUMBER,
  SMALL,
  textKind,
} from '../keys/kinds.ts'
import type { FunctionDeclaration } from './call.ts'
import { derivedText } from './derived.ts'
import { Fault } from './fault.ts'
import { parsedWords } from './literal.ts'

/** The first key that the sample has. */
function firstOf(choices: readonly Expression[]): Expression {
  const kinds = choices.map(choice => choice.kind)
  const [first] = kinds as [Kind]
  const isNumber = (kind: Kind) => kind === SMALL || kind === NUMBER
  const isAddress = (kind: Kind) => kind === IP4 || kind === IP6 || kind === ADDRESS
  let kind: Kind
  if (kinds.every(one => one === first || sameText(one, first))) kind = first
  else if (kinds.every(isNumber)) kind = NUMBER
  else if (kinds.every(isAddress)) kind = ADDRESS
  else return new OrExpression(choices, unionKind(kinds), true)
  const plain = choices.every(choice => choice instanceof FieldExpression && !choice.nullable)
  if (plain) return FieldExpression.first(kind, choices as FieldExpression[])
  return new OrExpression(choices, kind, false)
}

class OrExpression implements Expression {
  readonly kind: Kind
  readonly need: Need | undefined
  readonly #choices: readonly Expression[]
  /** The number of the choice comes first. */
  readonly #tagged: boolean
  /** The first choice where it is a plain field and its words are the value: most often it is there. */
  readonly #head: FieldExpression | undefined

  constructor(choices: readonly Expression[], kind: Kind, tagged: boolean) {
    this.#choices = choices
    this.kind = kind
    this.#tagged = tagged
    const [head] = choices
    const same = !tagged && kind !== ADDRESS && head instanceof FieldExpression
    this.#head = same ? head : undefined
    this.need = eitherNeed(choices.map(choice => choice.need))
  }

  read(view: FlowView, into: Int32Array, at: number): boolean {
    if (this.#head?.read(view, into, at)) return true
    for (let choice = this.#head ? 1 : 0; choice < this.#choices.length; choice++) {
      const expression = this.#choices[choice] as Expression
      if (this.#tagged) {
        if (!expression.read(view, into, at + 1)) continue
        into[at] = choice
        for (let word = expression.kind.width + 1; word < this.kind.width; word++)
          into[at + word] = 0
        return true
      }
      const mapped = this.kind === ADDRESS && expression.kind === IP4
      if (!expression.read(view, into, mapped ? at + 3 : at)) continue
      if (mapped) {
        into[at] = 0
        into[at + 1] = 0
        into[at + 2] = 0xffff
      }
      return true
    }
    return false
  }
}

/** Kinds of text are made anew for each context; all of one context are equal. */
function sameText(a: Kind, b: Kind): boolean {
  return a.name === 'text' && b.name === 'text'
}

/** Values of several kinds: which choice it is, then its words, padded with 0. */
function unionKind(kinds: readonly Kind[]): Kind {
  return {
    name: [...new Set(kinds.map(kind => kind.name))].join(' or '),
    width: 1 + Math.max(...kinds.map(kind => kind.width)),
    spare: true,
    format: (words, at) => (kinds[words[at] as number] as Kind).format(words, at + 1),
    parse: () => undefined,
    local: kinds.some(kind => kind.local === true),
    comparesText: kinds.some(kind => kind.comparesText === true),
    parseAll: text =>
      kinds.flatMap((kind, choice) => parsedWords(kind, text).map(words => [choice, ...words])),
  }
}

/** The key, or a word where the sample has none. */
class NullExpression implements Expression {
  readonly kind: Kind
  readonly #key: Expression

  constructor(key: Expression, kind: Kind) {
    this.#key = key
    this.kind = kind
  }

  read(view: FlowView, into: Int32Array, at: number): boolean {
    const inner = this.#key.kind
    const start = inner.spare ? at : at + 1
    if (this.#key.read(view, into, start)) {
      if (!inner.spare) into[at] = 0
      return true
    }
    into[at] = NULL_WORD
    for (let word = 1; word < this.kind.width; word++) into[at + word] = 0
    return true
  }
}

function nullableKind(inner: Kind, word: string): Kind {
  const shift = inner.spare ? 0 : 1
  const width = inner.width + shift
  const none = [NULL_WORD, ...new Array<number>(width - 1).fill(0)]
  const present = (words: readonly number[]) => (shift === 0 ? words : [0, ...words])
  return {
    name: `${inner.name}, or ${word === '' ? 'nothing' : word}`,
    width,
    spare: false,
    format: (words, at) => (words[at] === NULL_WORD ? word : inner.format(words, at + shift)),
    parse: () => undefined,
    local: inner.local ?? false,
    comparesText: inner.comparesText ?? false,
    parseAll: text => [...(text === word ? [none] : []), ...parsedWords(inner, text).map(present)],
    ...(inner.number && {
      number: (words: Int32Array, at: number) =>
        words[at] === NULL_WORD ? Number.NaN : (inner.number?.(words, at + shift) ?? Number.NaN),
    }),
  }
}

const or: FunctionDeclaration = {
  name: 'or',
  usage: 'or:KEY:KEY...',
  help: 'The first of the keys that the sample has. IPv4 and IPv6 addresses become one kind.',
  compile: call => {
    call.arity(1, 32)
    return firstOf(call.keys(0))
  },
}

const nullable: FunctionDeclaration = {
  name: 'null',
  usage: 'null:KEY:WORD',
  help: 'The key, or the word where the sample has none; without a word an empty text.',
  compile: call => {
    call.arity(1, 2)
    const key = call.key(0)
    const kind = nullableKind(key.kind, call.text(1, ''))
    const plain = key instanceof FieldExpression && key.kind.spare && !key.nullable
    return plain ? key.orNull(kind) : new NullExpression(key, kind)
  },
}

const eq: FunctionDeclaration = {
  name: 'eq',
  usage: 'eq:KEY:KEY',
  help: 'true or false: whether two keys have the same value. Needs both.',
  compile: call => {
    call.arity(2)
    const a = call.key(0)
    const b = call.key(1)
    const left = new Int32Array(a.kind.width)
    const right = new Int32Array(b.kind.width)
    const sameKind = a.kind === b.kind || sameText(a.kind, b.kind)
    const same = (): boolean => {
      if (!sameKind) return a.kind.format(left, 0) === b.kind.format(right, 0)
      for (let word = 0; word < left.length; word++) if (left[word] !== right[word]) return false
      return true
    }
    const read = (view: FlowView, into: Int32Array, at: number) => {
      if (!a.read(view, left, 0) || !b.read(view, right, 0)) return false
      into[at] = same() ? 1 : 0
      return true
    }
    return new OncePerSample(new CustomExpression(BOOLEAN, read))
  },
}

const conditional: FunctionDeclaration = {
  name: 'if',
  usage: 'if:KEY:VALUE:THEN:ELSE',
  help: 'One key or another, by whether a third has the value: if:[first:stack:.:ip:ip6]:ip:ipsource:ip6source.',
  compile: call => {
    call.arity(4)
    const test = call.key(0)
    const wanted = parsedWords(test.kind, call.text(1))
    if (wanted.length === 0 || test.kind.comparesText) {
      throw new Fault(call.position(1), `${call.text(1)} is no ${test.kind.name}`)
    }
    const words = new Int32Array(test.kind.width)
    const holds = (view: FlowView) =>
      test.read(view, words, 0) &&
      wanted.some(one => one.every((word, index) => word === words[index]))
    const then = when(call.key(2), holds, true)
    const otherwise = when(call.key(3), holds, false)
    return new OncePerSample(firstOf([then, otherwise]))
  },
}

/** The key where the condition is as wanted. */
function when(key: Expression, holds: (view: FlowView) => boolean, wanted: boolean): Expression {
  return new CustomExpression(
    key.kind,
    (view, into, at) => holds(view) === wanted && key.read(view, into, at),
  )
}

const range: FunctionDeclaration = {
  name: 'range',
  usage: 'range:KEY:LOW:HIGH:LABEL',
  help:
    'true or false: whether a number is in the range, both ends included; an end may be left out. ' +
    'With a label: that label inside the range, nothing outside, so that `or` can join ranges.',
  compile: call => {
    call.arity(2, 4)
    const key = call.key(0)
    const { number, width } = key.kind
    if (number === undefined) throw new Fault(call.position(0), `${key.kind.name} is no number`)
    const low = call.number(1, 0, Number.MAX_SAFE_INTEGER, 0)
    const high = call.number(2, 0, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY)
    const words = new Int32Array(width)
    const inside = (): boolean => {
      const value = number(words, 0)
      return value >= low && value <= high
    }
    if (call.count < 4) {
      return new CustomExpression(BOOLEAN, (view, into, at) => {
        if (!key.read(view, words, 0)) return false
        into[at] = inside() ? 1 : 0
        return true
      })
    }
    const label = call.context.texts.ofText(call.text(3), true)
    return new CustomExpression(textKind(call.context.texts), (view, into, at) => {
      into[at] = label
      return key.read(view, words, 0) && inside()
    })
  },
}

const first: FunctionDeclaration = {
  name: 'first',
  usage: 'first:KEY:DELIMITER:WORD...',
  help: 'The first of the words in a list, such as first:stack:.:ip:ip6 for the outer version of IP.',
  compile: call => {
    call.arity(3, 32)
    const key = call.key(0)
    const delimiter = call.text(1)
    const words = new Set(call.texts(2))
    return derivedText(call, key, text => text.split(delimiter).find(part => words.has(part)))
  },
}

export const CHOICE_FUNCTIONS: readonly FunctionDeclaration[] = [
  or,
  nullable,
  eq,
  conditional,
  range,
  first,
]
