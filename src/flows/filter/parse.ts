/**
 * The filter language of sFlow-RT: `first:stack:.:ip:ip6=ip&(tcpdestinationport=80,443|vlan~1..)`.
 * `=` and `!=` take a list of values, `~` and `!~` a list of patterns; & binds before |; brackets
 * group. A value may stand in double quotes; a backslash takes the next character as it is.
 */
import { Fault } from '../functions/fault.ts'
import { type Node, parseExpression } from '../functions/parse.ts'

export const FILTER_LENGTH_MAX = 4096
const NESTING_MAX = 16
const VALUES_MAX = 256

export type Operator = '=' | '!=' | '~' | '!~'

export interface Value {
  readonly text: string
  readonly position: number
}

export type FilterNode =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly FilterNode[] }
  | {
      readonly kind: 'test'
      readonly key: Node
      readonly operator: Operator
      readonly values: readonly Value[]
    }

/** Throws a Fault. */
export function parseFilter(text: string): FilterNode {
  if (text.length > FILTER_LENGTH_MAX) {
    throw new Fault(FILTER_LENGTH_MAX, `a filter has at most ${FILTER_LENGTH_MAX} characters`)
  }
  const parser = new Parser(text)
  const node = parser.any(0)
  if (parser.at < text.length)
    throw new Fault(parser.at, 'expected & or | or the end of the filter')
  return node
}

class Parser {
  at = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** Parts joined by |. */
  any(depth: number): FilterNode {
    return this.#joined('or', '|', () => this.#all(depth))
  }

  #all(depth: number): FilterNode {
    return this.#joined('and', '&', () => this.#part(depth))
  }

  #joined(kind: 'and' | 'or', separator: string, part: () => FilterNode): FilterNode {
    const parts = [part()]
    while (this.#text[this.at] === separator) {
      this.at += 1
      parts.push(part())
    }
    return parts.length === 1 ? (parts[0] as FilterNode) : { kind, parts }
  }

  #part(depth: number): FilterNode {
    this.#skipSpace()
    if (this.#text[this.at] !== '(') return this.#test()
    if (depth === NESTING_MAX)
      throw new Fault(this.at, `more than ${NESTING_MAX} brackets in each other`)
    const open = this.at
    this.at += 1
    const node = this.any(depth + 1)
    if (this.#text[this.at] !== ')') throw new Fault(open, 'this bracket is not closed')
    this.at += 1
    this.#skipSpace()
    return node
  }

  #test(): FilterNode {
    const { node: key, end } = parseExpression(this.#text, this.at, '=!~&|()')
    this.at = end
    const operator = this.#operator()
    const values = [this.#value(operator)]
    while (this.#text[this.at] === ',') {
      this.at += 1
      if (values.length === VALUES_MAX) throw new Fault(this.at, `more than ${VALUES_MAX} values`)
      values.push(this.#value(operator))
    }
    return { kind: 'test', key, operator, values }
  }

  #operator(): Operator {
    const two = this.#text.slice(this.at, this.at + 2)
    if (two === '!=' || two === '!~') {
      this.at += 2
      return two
    }
    const one = this.#text[this.at]
    if (one !== '=' && one !== '~') throw new Fault(this.at, 'expected =, !=, ~ or !~')
    this.at += 1
    return one
  }

  #value(operator: Operator): Value {
    this.#skipSpace()
    const pattern = operator === '~' || operator === '!~'
    const position = this.at
    if (this.#text[this.at] === '"') return this.#quoted()
    const text = this.#bare(pattern).trimEnd()
    if (text === '') throw new Fault(position, pattern ? 'expected a pattern' : 'expected a value')
    return { text, position }
  }

  #quoted(): Value {
    const open = this.at
    const close = this.#text.indexOf('"', open + 1)
    if (close < 0) throw new Fault(open, 'this quotation is not closed')
    this.at = close + 1
    this.#skipSpace()
    return { text: this.#text.slice(open + 1, close), position: open + 1 }
  }

  /** Up to , & | or ) that is not inside brackets. Patterns keep their backslashes. */
  #bare(pattern: boolean): string {
    let value = ''
    let open = 0
    for (; this.at < this.#text.length; this.at++) {
      let character = this.#text[this.at] as string
      if (open === 0 && ',&|)'.includes(character)) break
      if (character === '\\' && this.at + 1 < this.#text.length) {
        this.at += 1
        character = (pattern ? '\\' : '') + this.#text[this.at]
      } else if (pattern && '([{'.includes(character)) open += 1
      else if (pattern && ')]}'.includes(character)) open = Math.max(0, open - 1)
      value += character
    }
    return value
  }

  #skipSpace(): void {
    while (this.#text[this.at] === ' ') this.at += 1
  }
}
