/**
 * Kinds of key: how many words a value takes, how those are shown, and how text becomes words, for
 * filters and `null:`. Values of one kind are equal exactly if their words are.
 */
import {
  formatIp4,
  formatIp6,
  formatMac,
  parseIp4,
  parseIp6,
  parseMac,
} from '../../packet/format.ts'
import type { TextTable } from '../functions/texts.ts'

export interface Kind {
  readonly name: string
  readonly width: number
  /** The first word is never NULL_WORD, so that `null:` needs no word of its own. */
  readonly spare: boolean
  format(words: Int32Array, at: number): string
  /** Words of a value written as text, or undefined where it cannot be one. */
  parse(text: string): readonly number[] | undefined
  /** All values are below this, and it is small: answers can be kept in a table. */
  readonly domain?: number
  /** No text can be turned into words: values are compared as texts. */
  readonly comparesText?: boolean
  /** Instead of `parse`, for kinds in which a text can mean several values. */
  parseAll?(text: string): readonly (readonly number[])[]
  /** The words mean something in this engine alone: they are of its table of texts. */
  readonly local?: boolean
  /** For local words: 32 bits of the value that are the same in every engine. */
  hash?(words: Int32Array, at: number): number
  /** The value as a number; absent where it is none. */
  number?(words: Int32Array, at: number): number
}

/** Stands in the first word of a value that `null:` made up. */
export const NULL_WORD = -1

function parseWhole(text: string, max: number): readonly number[] | undefined {
  if (!/^(\d{1,10}|0x[0-9a-fA-F]{1,8})$/.test(text)) return undefined
  const value = Number(text)
  return value <= max ? [value | 0] : undefined
}

/** Whole numbers below 2^31. */
export const SMALL: Kind = {
  name: 'number',
  width: 1,
  spare: true,
  format: (words, at) => String(words[at]),
  parse: text => parseWhole(text, 0x7fffffff),
  number: (words, at) => words[at] as number,
}

/** Whole numbers of 32 bits. */
export const NUMBER: Kind = {
  name: 'number',
  width: 1,
  spare: false,
  format: (words, at) => String((words[at] as number) >>> 0),
  parse: text => parseWhole(text, 0xffffffff),
  number: (words, at) => (words[at] as number) >>> 0,
}

/** Whole numbers of 64 bits, in two words; exact up to 2^53. */
export const WIDE: Kind = {
  name: 'number',
  width: 2,
  spare: false,
  format: (words, at) => String(wide(words, at)),
  parse: text => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    return Number.isSafeInteger(value) ? [Math.floor(value / 2 ** 32) | 0, value | 0] : undefined
  },
  number: (words, at) => wide(words, at),
}

function wide(words: Int32Array, at: number): number {
  return ((words[at] as number) >>> 0) * 2 ** 32 + ((words[at + 1] as number) >>> 0)
}

export const IP4: Kind = {
  name: 'IPv4 address',
  width: 1,
  spare: false,
  format: (words, at) => formatIp4(words[at] as number),
  parse: text => {
    const word = parseIp4(text)
    return word === undefined ? undefined : [word]
  },
}

export const IP6: Kind = {
  name: 'IPv6 address',
  width: 4,
  spare: false,
  format: formatIp6,
  parse: parseIp6,
}

/** Addresses of both versions in the same four words; an IPv4 one stands behind ::ffff:0:0/96. */
export const ADDRESS: Kind = {
  name: 'address',
  width: 4,
  spare: false,
  format: (words, at) =>
    isMapped(words, at) ? formatIp4(words[at + 3] as number) : formatIp6(words, at),
  parse: text => {
    const word = parseIp4(text)
    return word === undefined ? parseIp6(text) : [0, 0, 0xffff, word]
  },
}

/** RFC 4291, 2.5.5.2: an IPv4-mapped address. */
export function isMapped(words: Int32Array, at: number): boolean {
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0xffff
}

export const MAC: Kind = {
  name: 'MAC address',
  width: 2,
  spare: true,
  format: (words, at) => formatMac(words[at] as number, words[at + 1] as number),
  parse: parseMac,
}

export const BOOLEAN: Kind = {
  name: 'true or false',
  width: 1,
  spare: true,
  format: (words, at) => (words[at] === 0 ? 'false' : 'true'),
  parse: text => (text === 'true' ? [1] : text === 'false' ? [0] : undefined),
}

/** Small numbers with names; a number without one is shown as it is, and both can be written. */
export function named(name: string, names: ReadonlyMap<number, string>): Kind {
  const numbers = new Map([...names].map(([number, text]) => [text, number]))
  return {
    name,
    width: 1,
    spare: true,
    format: (words, at) => names.get(words[at] as number) ?? String(words[at]),
    parse: text => {
      const number = numbers.get(text)
      return number === undefined ? parseWhole(text, 0x7fffffff) : [number]
    },
  }
}

/** Bits as a row of 0 and 1, the highest first: `000010010` is what TCP calls ACK and SYN. */
export function bits(count: number): Kind {
  return {
    name: `${count} bits`,
    width: 1,
    spare: true,
    domain: 2 ** count,
    format: (words, at) => (words[at] as number).toString(2).padStart(count, '0'),
    parse: text => {
      if (text.length !== count || !/^[01]+$/.test(text)) return undefined
      return [Number.parseInt(text, 2)]
    },
    number: (words, at) => words[at] as number,
  }
}

/** Texts by their word in the table. A text of a filter is kept for ever, so that its word is. */
export function textKind(texts: TextTable): Kind {
  return {
    name: 'text',
    width: 1,
    spare: true,
    local: true,
    hash: (words, at) => texts.hashOf(words[at] as number),
    format: (words, at) => texts.text(words[at] as number),
    parse: text => [texts.ofText(text, true)],
  }
}
