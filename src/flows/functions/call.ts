/**
 * One use of a function: its arguments, checked as the function asks for them. Every fault names the
 * character at which the argument begins.
 */
import type { Expression } from '../keys/expression.ts'
import type { FlowContext } from './context.ts'
import { Fault } from './fault.ts'
import type { Argument, Node } from './parse.ts'

export interface FunctionDeclaration {
  readonly name: string
  /** How it is written: `mask:KEY:BITS`. */
  readonly usage: string
  /** A sentence with a full stop. */
  readonly help: string
  readonly compile: (call: Call) => Expression
}

export class Call {
  readonly node: Node
  readonly context: FlowContext
  readonly #usage: string
  readonly #compile: (node: Node) => Expression

  constructor(
    node: Node,
    context: FlowContext,
    usage: string,
    compile: (node: Node) => Expression,
  ) {
    this.node = node
    this.context = context
    this.#usage = usage
    this.#compile = compile
  }

  get count(): number {
    return this.node.args.length
  }

  /** Between `least` and `most` arguments, or a fault. */
  arity(least: number, most = least): void {
    if (this.count < least || this.count > most) {
      throw new Fault(this.node.position, `expected ${this.#usage}`)
    }
  }

  /** The argument as a key or function. */
  key(index: number): Expression {
    const { text, position, nested } = this.#argument(index)
    return this.#compile(nested ?? { name: text.trim(), position, args: [] })
  }

  keys(from: number): Expression[] {
    const keys: Expression[] = []
    for (let index = from; index < this.count; index++) keys.push(this.key(index))
    return keys
  }

  /** The argument as it stands; `fallback` where there is none. */
  text(index: number, fallback?: string): string {
    if (fallback !== undefined && index >= this.count) return fallback
    const { text, position, nested } = this.#argument(index)
    if (nested !== undefined) throw new Fault(position, `expected a text: ${this.#usage}`)
    return text
  }

  texts(from: number): string[] {
    const texts: string[] = []
    for (let index = from; index < this.count; index++) texts.push(this.text(index))
    return texts
  }

  /** One of a few words. */
  choice<Word extends string>(index: number, words: readonly Word[], fallback: Word): Word {
    const text = this.text(index, fallback)
    const word = words.find(one => one === text)
    if (word === undefined) throw new Fault(this.position(index), `expected ${words.join(', ')}`)
    return word
  }

  /** A whole number; `fallback` where there is no argument or an empty one. */
  number(index: number, least: number, most: number, fallback?: number): number {
    const text = index < this.count ? this.text(index) : ''
    if (text === '' && fallback !== undefined) return fallback
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= least && value <= most)) {
      throw new Fault(this.position(index), `expected a number from ${least} to ${most}`)
    }
    return value
  }

  /** Where an argument begins, for faults. */
  position(index: number): number {
    return this.node.args[index]?.position ?? this.node.position
  }

  #argument(index: number): Argument {
    const argument = this.node.args[index]
    if (argument === undefined) throw new Fault(this.node.position, `expected ${this.#usage}`)
    return argument
  }
}
