/** Functions on addresses: group, country, asn, mask, oui, host, dns. */
import type { Response } from 'mmdb-lib'
import { formatMac, maskWord, parsePrefix } from '../../packet/format.ts'
import type { FlowView } from '../compiled.ts'
import { CustomExpression, type Expression, OncePerSample } from '../keys/expression.ts'
import { ADDRESS, IP4, IP6, isMapped, type Kind, MAC, textKind } from '../keys/kinds.ts'
import type { Call, FunctionDeclaration } from './call.ts'
import { Fault, nearest } from './fault.ts'
import type { GroupTable } from './groups.ts'
import { type AddressDatabase, NO_RECORD } from './mmdb.ts'
import { NOTHING_DERIVED, WordCache } from './word-cache.ts'

function addressKey(call: Call): Expression {
  const key = call.key(0)
  const { kind } = key
  if (kind !== IP4 && kind !== IP6 && kind !== ADDRESS) {
    throw new Fault(call.position(0), `${kind.name} is no IP address`)
  }
  return key
}

function macKey(call: Call): Expression {
  const key = call.key(0)
  if (key.kind !== MAC) throw new Fault(call.position(0), `${key.kind.name} is no MAC address`)
  return key
}

/** An expression whose text comes from the words of a key; -1 where there is none. */
function lookUp(
  call: Call,
  key: Expression,
  find: (words: Int32Array, view: FlowView) => number,
): Expression {
  const words = new Int32Array(key.kind.width)
  return new OncePerSample(
    new CustomExpression(textKind(call.context.texts), (view, into, at) => {
      if (!key.read(view, words, 0)) return false
      const word = find(words, view)
      into[at] = word
      return word >= 0
    }),
  )
}

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

/** Looks an address up; each record of the database becomes a text once. */
function databaseKey(
  call: Call,
  database: AddressDatabase | undefined,
  setting: string,
  describe: (record: Response) => string | undefined,
): Expression {
  if (database === undefined) throw new Fault(call.node.position, `needs a database: ${setting}`)
  const key = addressKey(call)
  const { texts } = call.context
  const { width } = key.kind
  const record = new Int32Array(1)
  let from = new Int32Array(width)
  const describeRecord = () => {
    const found = database.record(from, 0, width)
    const text = found === undefined ? undefined : describe(found)
    return text === undefined ? NOTHING_DERIVED : texts.ofText(text)
  }
  const cache = new WordCache(1, describeRecord, texts)
  return lookUp(call, key, words => {
    const found = database.find(words, 0, width)
    if (found === NO_RECORD) return -1
    record[0] = found
    from = words as Int32Array<ArrayBuffer>
    return cache.get(record, 0)
  })
}

const country: FunctionDeclaration = {
  name: 'country',
  usage: 'country:KEY:code|name|both',
  help: 'Country of an address, by its ISO code (the default), its name, or both. Needs a database.',
  compile: call => {
    call.arity(1, 2)
    const form = call.choice(1, ['code', 'name', 'both'], 'code')
    return databaseKey(call, call.context.country, 'a country database', record => {
      if (!('country' in record || 'registered_country' in record)) return undefined
      const found = record.country ?? record.registered_country
      if (found === undefined) return undefined
      return joined(form, ['code', found.iso_code], ['name', found.names.en])
    })
  },
}

const asn: FunctionDeclaration = {
  name: 'asn',
  usage: 'asn:KEY:number|description|both',
  help: 'Autonomous system of an address, by its number (the default), its name, or both. Needs a database.',
  compile: call => {
    call.arity(1, 2)
    const form = call.choice(1, ['number', 'description', 'both'], 'number')
    return databaseKey(call, call.context.asn, 'an AS database', record => {
      if (!('autonomous_system_number' in record)) return undefined
      const { autonomous_system_number: number, autonomous_system_organization: name } = record
      return joined(form, ['number', String(number)], ['description', name])
    })
  },
}

type Part = readonly [form: string, text: string | undefined]

function joined(form: string, short: Part, long: Part): string | undefined {
  if (form === short[0]) return short[1]
  if (form === long[0]) return long[1]
  return [short[1], long[1]].filter(text => text !== undefined).join(' ')
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

const oui: FunctionDeclaration = {
  name: 'oui',
  usage: 'oui:KEY:hex|name',
  help: 'Who makes the device with a MAC address: the first six digits (the default), or a name from the table of makers.',
  compile: call => {
    call.arity(1, 2)
    const key = macKey(call)
    const form = call.choice(1, ['hex', 'name'], 'hex')
    const { texts, oui: makers } = call.context
    const maker = new Int32Array(1)
    const cache = new WordCache(
      1,
      words => {
        const digits = formatMac(
          (words[0] as number) >>> 8,
          ((words[0] as number) & 255) << 24,
        ).slice(0, 6)
        const text = form === 'hex' ? digits : makers.get(digits)
        return text === undefined ? NOTHING_DERIVED : texts.ofText(text)
      },
      texts,
    )
    return lookUp(call, key, words => {
      maker[0] = ((words[0] as number) << 8) | ((words[1] as number) >>> 24)
      return cache.get(maker, 0)
    })
  },
}

const host: FunctionDeclaration = {
  name: 'host',
  usage: 'host:KEY:ATTRIBUTE',
  help: 'An attribute of the host, container or virtual machine with a MAC address: host_name, vir_host_name, uuid, os_name.',
  compile: call => {
    call.arity(1, 2)
    const key = macKey(call)
    const attribute = call.text(1, 'host_name')
    const { texts, names } = call.context
    return lookUp(call, key, words => {
      const name = names.hostAttribute?.(words[0] as number, words[1] as number, attribute)
      return name === undefined ? -1 : texts.ofText(name)
    })
  },
}

const dns: FunctionDeclaration = {
  name: 'dns',
  usage: 'dns:KEY',
  help: 'Name of an address, once it is known: or:[dns:ipsource]:ipsource falls back to the address.',
  compile: call => {
    call.arity(1)
    const key = addressKey(call)
    const { texts, names } = call.context
    const wide = new Int32Array([0, 0, 0xffff, 0])
    return lookUp(call, key, words => {
      if (words.length === 1) wide[3] = words[0] as number
      const name = names.dnsName?.(words.length === 1 ? wide : words, 0)
      return name === undefined ? -1 : texts.ofText(name)
    })
  },
}

export const ADDRESS_FUNCTIONS: readonly FunctionDeclaration[] = [
  group,
  country,
  asn,
  mask,
  oui,
  host,
  dns,
]
