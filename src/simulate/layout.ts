/**
 * The layout of an sFlow record as an agent writes it: fields in wire order and their kinds, from
 * which the types of their values follow. These layouts are the simulator's own words on purpose:
 * tests hold the decoder's declarations against them, and a slip in one is not repeated in the other.
 */
import { addressBytes } from '../pcap/address-bytes.ts'
import type { XdrWriter } from './xdr-writer.ts'

/** `ip`: the bare 4 or 16 bytes; `address`: its type before it. */
type Scalar = 'u32' | 'i32' | 'u64' | 'f32' | 'text' | 'opaque' | 'mac' | 'uuid' | 'ip' | 'address'

/** A count, and as many elements. */
export interface List<F extends Fields = Fields> {
  readonly list: F
}

export type Fields = { readonly [name: string]: Scalar | List }

export type ValueOf<K> = K extends 'text' | 'mac' | 'uuid' | 'ip'
  ? string
  : K extends 'address'
    ? string | Uint8Array
    : K extends 'opaque'
      ? Uint8Array
      : K extends 'u64'
        ? number | bigint
        : K extends { readonly list: infer F extends Fields }
          ? readonly Values<F>[]
          : number

export type Values<F extends Fields> = { readonly [N in keyof F]: ValueOf<F[N]> }

export interface Layout<F extends Fields = Fields> {
  readonly tag: number
  readonly fields: F
}

export function layout<const F extends Fields>(
  format: number,
  fields: F,
  enterprise = 0,
): Layout<F> {
  return { tag: enterprise * 4096 + format, fields }
}

export function list<const F extends Fields>(fields: F): List<F> {
  return { list: fields }
}

/** One record: how it is laid out and what stands in it. */
export interface RecordData {
  readonly tag: number
  readonly write: (writer: XdrWriter) => void
  /** What stands in it, by field; absent where it is only bytes. */
  readonly values?: Readonly<Record<string, unknown>>
}

/** `record(PROCESSOR, { cpu5s: 12, … })`; all fields are needed, others are a type error. */
export function record<F extends Fields>(of: Layout<F>, values: Values<F>): RecordData {
  return { tag: of.tag, values, write: writer => writeFields(writer, of.fields, values) }
}

/** A record of bytes as they are: unknown formats, damaged ones. */
export function rawRecord(tag: number, bytes: Uint8Array): RecordData {
  return { tag, write: writer => writer.fixed(bytes) }
}

function writeFields(writer: XdrWriter, fields: Fields, values: Readonly<Record<string, unknown>>) {
  for (const name in fields) {
    const kind = fields[name] as Scalar | List
    const value = values[name]
    if (typeof kind === 'string') WRITERS[kind](writer, value as never)
    else {
      const elements = value as readonly Record<string, unknown>[]
      writer.u32(elements.length)
      for (const element of elements) writeFields(writer, kind.list, element)
    }
  }
}

const WRITERS: Readonly<Record<Scalar, (writer: XdrWriter, value: never) => void>> = {
  u32: (writer, value: number) => writer.u32(value),
  i32: (writer, value: number) => writer.u32(value),
  u64: (writer, value: number | bigint) => writer.u64(value),
  f32: (writer, value: number) => writer.f32(value),
  text: (writer, value: string) => writer.opaque(Buffer.from(value)),
  opaque: (writer, value: Uint8Array) => writer.opaque(value),
  mac: (writer, value: string) => writer.fixed(Buffer.from(value.replaceAll(':', ''), 'hex')),
  uuid: (writer, value: string) => writer.fixed(Buffer.from(value.replaceAll('-', ''), 'hex')),
  ip: (writer, value: string) => writer.fixed(addressBytes(value)),
  address: (writer, value: string | Uint8Array) => writeAddress(writer, value),
}

/** Text, or the bytes where they are at hand. */
export function writeAddress(writer: XdrWriter, address: string | Uint8Array): void {
  const bytes = typeof address === 'string' ? addressBytes(address) : address
  writer.u32(bytes.length === 4 ? 1 : 2)
  writer.fixed(bytes)
}
