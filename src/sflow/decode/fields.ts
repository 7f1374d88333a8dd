/**
 * Records as their declarations say, under the keys of the reference program where it knows the
 * structure, else under those of the specification.
 */
import type { Field, Structure } from '../../structures/define.ts'
import { BoundedText } from './bounded-text.ts'
import { type Cursor, textAt } from './cursor.ts'
import { Fields, type Json, type JsonObject } from './json.ts'
import { fixed, hex, ipv4Text, ipv6Text, percent, uuidText } from './numbers.ts'

/** Texts and lists of structures that the reference program does not know. */
const TEXT_MAX = 1_024
const LIST_MAX = 256

const STATUS_NAMES = [
  'SUCCESS',
  'OTHER',
  'TIMEOUT',
  'INTERNAL_ERROR',
  'BAD_REQUEST',
  'FORBIDDEN',
  'TOO_LARGE',
  'NOT_IMPLEMENTED',
  'NOT_FOUND',
  'UNAVAILABLE',
  'UNATHORIZED', // the reference program's spelling
] as const

const DIRECTIONS = ['unknown', 'received', 'sent'] as const

/** Reads one record. What it asks for beyond the end leaves `cursor.short` set. */
export function decodeFields(structure: Structure, cursor: Cursor, out: Fields): void {
  for (const [key, value] of Object.entries(structure.toolHead ?? {})) out.put(key, value)
  const inner = out.under(structure.toolPrefix ?? '')
  decodeAll(structure, structure.fields, cursor, inner)
  const { group } = structure
  if (group === undefined) return
  if (group.columnwise) {
    for (const field of group.fields) {
      const list = listOf(field, cursor, false)
      if (list !== undefined) inner.put(field.tool || field.name, list)
    }
    return
  }
  if (group.countField === undefined) {
    decodeAll(structure, group.fields, cursor, inner)
    return
  }
  const countKey = structure.fields.at(-1)?.tool || group.countField
  const count = Number(inner.object[inner.prefix + countKey])
  const elements: JsonObject[] = []
  for (let index = 0; index < Math.min(count, group.elementsMax) && !cursor.short; index++) {
    const element: JsonObject = {}
    decodeAll(structure, group.fields, cursor, new Fields(element))
    elements.push(element)
  }
  inner.put(`${group.label}s`, elements)
}

function decodeAll(
  structure: Structure,
  fields: readonly Field[],
  cursor: Cursor,
  out: Fields,
): void {
  for (const field of fields) {
    // An optional tail that this record is too short for.
    if (cursor.left < 4 && !cursor.short && field.kind !== 'rest') return
    decodeField(structure, field, cursor, out)
    if (cursor.short) return
  }
}

function decodeField(structure: Structure, field: Field, cursor: Cursor, out: Fields): void {
  const known = structure.toolUnknown !== true
  if (field.kind === 'bytes4' && field.toolParts !== undefined) {
    const word = cursor.u32()
    for (const [part, key] of field.toolParts.entries()) {
      out.put(key, (word >>> (24 - 8 * part)) & 255)
    }
    return
  }
  if (field.kind === 'aspath') {
    decodeAsPath(cursor, out)
    return
  }
  const value = textOfField(field, cursor, known)
  if (value === undefined || cursor.short) return
  out.put(field.tool || field.name, value)
}

/** Undefined: nothing is printed. */
function textOfField(field: Field, cursor: Cursor, known: boolean): Json | undefined {
  switch (field.kind) {
    case 'u32':
    case 'bytes4':
      return wordText(field, cursor.u32())
    case 'i32':
      return String(known ? cursor.u32() : cursor.i32())
    case 'u64': {
      const value = cursor.u64()
      return field.toolFormat === 'hex16' ? value.toString(16).padStart(16, '0') : String(value)
    }
    case 'f32':
      return fixed(cursor.f32(), 3)
    case 'text':
      return textOf(field, cursor, known)
    case 'opaque':
      return bytesOf(cursor, cursor.u32(), TEXT_MAX, (view, start, length) =>
        hex(view, start, length, '-').toUpperCase(),
      )
    case 'rest':
      return bytesOf(cursor, cursor.left, TEXT_MAX, (view, start, length) =>
        hex(view, start, length),
      )
    case 'mac':
      return bytesOf(cursor, 6, 6, (view, start) => hex(view, start, 6))
    case 'uuid':
      return bytesOf(cursor, 16, 16, uuidText)
    case 'ipv4':
      return bytesOf(cursor, 4, 4, ipv4Text)
    case 'ipv6':
      return bytesOf(cursor, 16, 16, ipv6Text)
    case 'address':
      return addressOf(cursor)
    case 'u32list':
      return listOf(field, cursor, known)
    case 'maclist':
      return macsOf(cursor)
    case 'aspath':
      return undefined
  }
}

function bytesOf(
  cursor: Cursor,
  length: number,
  lengthMax: number,
  print: (view: DataView, start: number, length: number) => string,
): string | undefined {
  const start = cursor.take(length)
  return start < 0 ? undefined : print(cursor.view, start, Math.min(length, lengthMax))
}

function wordText(field: Field, word: number): string {
  if (field.toolFormat === 'percent') return percent(word)
  if (field.toolFormat === 'status') return STATUS_NAMES[word] ?? `<out-of-range=${word}>`
  if (field.toolFormat === 'direction') return DIRECTIONS[word] ?? '<bad value>'
  return String(word)
}

function textOf(field: Field, cursor: Cursor, known: boolean): string | undefined {
  const length = cursor.u32()
  const start = cursor.take(length)
  if (start < 0) return undefined
  if (length === 0 && known && field.toolFormat !== 'always') return undefined
  // The reference program keeps the last byte of its buffer for a zero.
  const kept = Math.min(length, (field.textMax ?? TEXT_MAX) - 1)
  const text = textAt(cursor.view, start, kept)
  return field.toolFormat === 'url' ? urlEncoded(cursor.view, start, kept) : text
}

/** Letters and digits as they are, blanks as +, all else as % and the two digits, the lower one first. */
function urlEncoded(view: DataView, start: number, length: number): string {
  let text = ''
  for (let at = start; at < start + length; at++) {
    const byte = view.getUint8(at)
    if (byte === 0) break
    const character = String.fromCharCode(byte)
    if (/[A-Za-z0-9]/.test(character)) text += character
    else if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) text += '+'
    else text += `%${[...hex(view, at, 1).toUpperCase()].reverse().join('')}`
  }
  return text
}

/** IPv4, IPv6, or a dash for one that is not known. */
export function addressOf(cursor: Cursor): string {
  const type = cursor.u32()
  if (type !== 1 && type !== 2) return '-'
  const start = cursor.take(type === 1 ? 4 : 16)
  if (start < 0) return '-'
  return type === 1 ? ipv4Text(cursor.view, start) : ipv6Text(cursor.view, start)
}

function listOf(field: Field, cursor: Cursor, known: boolean): string | undefined {
  const count = cursor.count(4)
  const words = Array.from({ length: count }, () => cursor.u32())
  if (cursor.short || (count === 0 && known)) return undefined
  if (field.toolFormat === 'mpls') return mplsText(words)
  if (field.toolFormat === 'vlans') return vlansText(words)
  const text = new BoundedText()
  return text.appendNumbers(words.slice(0, known ? undefined : LIST_MAX), '-').text
}

/** Label, traffic class, bottom of stack, time to live of each. */
function mplsText(words: readonly number[]): string {
  const text = new BoundedText()
  words.forEach((word, index) => {
    const parts = [word >>> 12, (word >>> 9) & 7, (word >>> 8) & 1, word & 255]
    text.append(index > 0 ? '-' : '').appendNumbers(parts, '.')
  })
  return text.text
}

/** Type, priority, drop bit and VLAN of each. */
function vlansText(words: readonly number[]): string {
  const text = new BoundedText()
  words.forEach((word, index) => {
    const parts = [(word >>> 13) & 7, (word >>> 12) & 1, word & 4095]
    const type = `0x${(word >>> 16).toString(16).padStart(4, '0')}`
    text
      .append(index > 0 ? '-' : '')
      .append(type)
      .appendNumbers(parts, '.')
  })
  return text.text
}

function macsOf(cursor: Cursor): readonly Json[] {
  const count = cursor.count(8)
  return Array.from({ length: count }, () => hex(cursor.view, cursor.take(6), 6))
}

const AS_SET = 1

/** The path, sets in parentheses, then its last and its first system. */
function decodeAsPath(cursor: Cursor, out: Fields): void {
  const segments = cursor.count(8)
  const text = new BoundedText()
  let first = 0
  let last = 0
  for (let segment = 0; segment < segments && !cursor.short; segment++) {
    const type = cursor.u32()
    const count = cursor.count(4)
    if (count === 0) continue
    const systems = Array.from({ length: count }, () => cursor.u32())
    if (segment === 0) first = systems[0] as number
    if (segment === segments - 1) last = systems.at(-1) as number
    text.append(type === AS_SET ? '(' : '').appendNumbers(systems, '-')
    text.append(type === AS_SET ? ')' : '')
  }
  if (cursor.short) return
  if (segments > 0) out.put('dst_as_path', text.text)
  out.put('dst_as', last)
  out.put('dst_peer_as', first)
}
