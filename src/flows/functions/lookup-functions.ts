/** Functions that look addresses up in files: country, asn, oui. A file that is replaced is used at once. */
import type { Response } from 'mmdb-lib'
import { formatMac } from '../../packet/format.ts'
import type { Expression } from '../keys/expression.ts'
import { addressKey, lookUp, macKey } from './address-keys.ts'
import type { Call, FunctionDeclaration } from './call.ts'
import { Fault } from './fault.ts'
import { NO_RECORD } from './mmdb.ts'
import { NOTHING_DERIVED, WordCache } from './word-cache.ts'

/** Looks an address up; each record of the database becomes a text once. */
function databaseKey(
  call: Call,
  kind: 'country' | 'asn',
  describe: (record: Response) => string | undefined,
): Expression {
  const { texts, lookups } = call.context
  if (lookups[kind] === undefined) {
    throw new Fault(call.node.position, `needs a database: lookups.${kind}`)
  }
  const key = addressKey(call)
  const { width } = key.kind
  const record = new Int32Array(1)
  let from = new Int32Array(width)
  const describeRecord = () => {
    const found = lookups[kind]?.record(from, 0, width)
    const text = found === undefined ? undefined : describe(found)
    return text === undefined ? NOTHING_DERIVED : texts.ofText(text)
  }
  const cache = new WordCache(1, describeRecord, texts)
  let { revision } = lookups
  return lookUp(call, key, words => {
    if (revision !== lookups.revision) {
      revision = lookups.revision
      cache.clear()
    }
    const found = lookups[kind]?.find(words, 0, width) ?? NO_RECORD
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
    return databaseKey(call, 'country', record => {
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
    return databaseKey(call, 'asn', record => {
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

const oui: FunctionDeclaration = {
  name: 'oui',
  usage: 'oui:KEY:hex|name',
  help: 'Who makes the device with a MAC address: the first six digits (the default), or a name from the table of makers.',
  compile: call => {
    call.arity(1, 2)
    const key = macKey(call)
    const form = call.choice(1, ['hex', 'name'], 'hex')
    const { texts, lookups } = call.context
    if (form === 'name' && lookups.oui === undefined) {
      throw new Fault(call.position(1), 'needs a table of makers: lookups.oui')
    }
    const maker = new Int32Array(1)
    const cache = new WordCache(
      1,
      ([word = 0]) => {
        const digits = formatMac(word >>> 8, (word & 255) << 24).slice(0, 6)
        const text = form === 'hex' ? digits : lookups.oui?.get(digits)
        return text === undefined ? NOTHING_DERIVED : texts.ofText(text)
      },
      texts,
    )
    let { revision } = lookups
    return lookUp(call, key, words => {
      if (revision !== lookups.revision) {
        revision = lookups.revision
        cache.clear()
      }
      maker[0] = ((words[0] as number) << 8) | ((words[1] as number) >>> 24)
      return cache.get(maker, 0)
    })
  },
}

export const LOOKUP_FUNCTIONS: readonly FunctionDeclaration[] = [country, asn, oui]
