/** Functions on addresses alone: group, mask. */
import { maskWord, parsePrefix } from '../../packet/format.ts'
import type { FlowView } from '../flow-view.ts'
import type { Expression } from '../keys/expression.ts'
import { ADDRESS, IP4, IP6, isMapped, type Kind } from '../keys/kinds.ts'
import { addressKey, lookUp } from './address-keys.ts'
import type { Call, FunctionDeclaration } from './call.ts'
import { Fault, nearest } from './fault.ts'
import type { GroupTable } from './groups.ts'

const group: FunctionDeclaration = {
  name: 'group',
  usage: 'group:KEY:GROUP:GROUP...',
  help:
    'Name of the group that an address is in: the longest prefix of the first group that holds it; ' +
    'without names, of all groups.',
  compile: call => {
    call.arity(1, 32)
    const key = addressKey(call)
    const tables = call.texts(1).map((name, index) => findGroup(call, name, index + 1))
    const sources = (tables.length === 0 ? [call.context.groups.all] : tables).map(
      table => new GroupLabels(table, call.context.texts),
    )
    const { width } = key.kind
    return lookUp(call, key, words => {
      for (const source of sources) {
        const word = source.find(words, width)
        if (word >= 0) return word
      }
      return -1
    })
  },
}

function findGroup(call: Call, name: string, index: number): GroupTable {
  const { groups } = call.context
  const table = groups.table(name)
  if (table !== undefined) return table
  const near = nearest(name, groups.names())
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  throw new Fault(call.position(index), `no group is called ${name.slice(0, 40)}${hint}`)
}

/** The words of a table's labels, made anew when the table changes. */
class GroupLabels {
  readonly #table: GroupTable
  readonly #texts: Call['context']['texts']
  #words: number[] = []
  #revision = -1

  constructor(table: GroupTable, texts: Call['context']['texts']) {
    this.#table = table
    this.#texts = texts
  }

  find(words: Int32Array, width: number): number {
    const label = this.#table.find(words, 0, width)
    if (label < 0) return -1
    if (this.#revision !== this.#table.revision) {
      this.#revision = this.#table.revision
      this.#words = this.#table.labels.map(text => this.#texts.ofText(text, true))
    }
    return this.#words[label] as number
  }
}

const mask: FunctionDeclaration = {
  name: 'mask',
  usage: 'mask:KEY:BITS:BITS6',
  help: 'The network of an address: its first bits, shown as 10.1.2.0/24. A second number is for IPv6.',
  compile: call => {
    call.arity(2, 3)
    const key = addressKey(call)
    const bits = call.number(1, 0, key.kind === IP6 ? 128 : 32)
    const bits6 = call.number(2, 0, 128, key.kind === IP6 ? bits : Math.min(128, bits * 2))
    return new MaskExpression(key, key.kind === IP6 && call.count === 2 ? bits : bits, bits6)
  },
}

class MaskExpression implements Expression {
  readonly kind: Kind
  readonly #key: Expression
  readonly #mask4: number
  readonly #masks6: readonly number[]

  constructor(key: Expression, bits4: number, bits6: number) {
    this.#key = key
    this.#mask4 = maskWord(bits4)
    this.#masks6 = [0, 1, 2, 3].map(word => maskWord(bits6 - word * 32))
    const { kind } = key
    const bitsOf = (words: Int32Array, at: number) =>
      kind === IP4 || (kind === ADDRESS && isMapped(words, at)) ? bits4 : bits6
    this.kind = {
      name: 'network',
      width: kind.width,
      spare: false,
      format: (words, at) => `${kind.format(words, at)}/${bitsOf(words, at)}`,
      parse: text => {
        const prefix = parsePrefix(text)
        if (prefix === undefined) return undefined
        const short = prefix.words.length === 1
        if (prefix.bits !== (short ? bits4 : bits6) && text.includes('/')) return undefined
        const words = kind.parse(text.split('/')[0] as string)
        return words === undefined ? undefined : [...this.masked(Int32Array.from(words), 0)]
      },
    }
  }

  read(view: FlowView, into: Int32Array, at: number): boolean {
    if (!this.#key.read(view, into, at)) return false
    this.masked(into, at)
    return true
  }

  masked(words: Int32Array, at: number): Int32Array {
    const { kind } = this.#key
    if (kind === IP4) words[at] = (words[at] as number) & this.#mask4
    else if (kind === ADDRESS && isMapped(words, at)) {
      words[at + 3] = (words[at + 3] as number) & this.#mask4
    } else {
      for (let word = 0; word < 4; word++) {
        words[at + word] = (words[at + word] as number) & (this.#masks6[word] as number)
      }
    }
    return words
  }
}

export const ADDRESS_FUNCTIONS: readonly FunctionDeclaration[] = [group, mask]
