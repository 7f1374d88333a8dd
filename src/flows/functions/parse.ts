/**
 * The text form of keys and functions: `ipsource`, `mask:ipsource:24`, `prefix:[uri:httpurl:path]:/:2`.
 * Arguments are parted by `:`, nested ones stand in brackets, a backslash takes the next character as
 * it is. A tree comes out; what its words mean is settled later. Positions are those of the text.
 */
import { Fault } from './fault.ts'

/** Keys and functions are typed by people. */
export const EXPRESSION_LENGTH_MAX = 1024
const NESTING_MAX = 8
const ARGUMENTS_MAX = 32

export interface Node {
  /** Key or function. */
  readonly name: string
  readonly position: number
  readonly args: readonly Argument[]
}

export interface Argument {
  /** As meant: without backslashes. Empty for a nested one. */
  readonly text: string
  readonly position: number
  readonly nested: Node | undefined
}

/** Parses `text` from `start`; ends at the end of the text or at the first of `stops` outside brackets. */
export function parseExpression(text: string, start = 0, stops = ''): { node: Node; end: number } {
  const parser = new Parser(text, stops)
  parser.at = start
  const node = parser.node(0)
  return { node, end: parser.at }
}

/** A key list as sFlow-RT writes it: `ipsource,or:tcpsourceport:udpsourceport`. */
export function parseKeyList(text: string): Node[] {
  if (text.length > EXPRESSION_LENGTH_MAX * 4) throw new Fault(0, 'the list of keys is too long')
  const nodes: Node[] = []
  let at = 0
  while (true) {
    const { node, end } = parseExpression(text, at, ',')
    nodes.push(node)
    if (end >= text.length) return nodes
    at = end + 1
  }
}

class Parser {
  at = 0
  readonly #text: string
  readonly #stops: string

  constructor(text: string, stops: string) {
    this.#text = text
    this.#stops = stops
  }

  node(depth: number): Node {
    if (depth > NESTING_MAX)
      throw new Fault(this.at, `more than ${NESTING_MAX} brackets in each other`)
    this.#skipSpace()
    const position = this.at
    const name = this.#word(depth).trim()
    if (this.#peek() === '[') throw new Fault(this.at, 'a bracket can only begin an argument')
    if (name === '') throw new Fault(position, 'expected a key or a function')
    const args: Argument[] = []
    while (this.#peek() === ':') {
      this.at += 1
      if (args.length === ARGUMENTS_MAX) {
        throw new Fault(this.at, `more than ${ARGUMENTS_MAX} arguments`)
      }
      args.push(this.#argument(depth))
    }
    return { name, position, args }
  }

  #argument(depth: number): Argument {
    const position = this.at
    if (this.#peek() !== '[') {
      const text = this.#word(depth)
      if (this.#peek() === '[') throw new Fault(this.at, 'a bracket can only begin an argument')
      return { text, position, nested: undefined }
    }
    this.at += 1
    const nested = this.node(depth + 1)
    if (this.#peek() !== ']') throw new Fault(position, 'this bracket is not closed')
    this.at += 1
    const after = this.#peek()
    if (after !== '' && after !== ':' && !this.#ends(depth)) {
      throw new Fault(this.at, 'expected : or the end of the expression after ]')
    }
    return { text: '', position, nested }
  }

  /** Characters up to a colon, a bracket, or what ends the expression. */
  #word(depth: number): string {
    let word = ''
    while (this.at < this.#text.length && !this.#ends(depth)) {
      const character = this.#text[this.at] as string
      if (character === ':' || character === '[') break
      if (character === '\\' && this.at + 1 < this.#text.length) this.at += 1
      word += this.#text[this.at]
      this.at += 1
    }
    return word
  }

  #ends(depth: number): boolean {
    const character = this.#peek()
    if (character === ']') {
      if (depth === 0) throw new Fault(this.at, 'this bracket was not opened')
      return true
    }
    return depth === 0 && character !== '' && this.#stops.includes(character)
  }

  #peek(): string {
    return this.#text[this.at] ?? ''
  }

  #skipSpace(): void {
    while (this.#peek() === ' ') this.at += 1
  }
}
