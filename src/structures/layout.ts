/**
 * A declaration as the reader wants it: small typed arrays, made once at start-up. One column per
 * field; numbers stand in it as they are, texts and opaques as a fingerprint of their bytes.
 */
import { type Field, KIND_BYTES, type Kind, type Structure } from './define.ts'

export const OP_U32 = 0
export const OP_U64 = 1
export const OP_F32 = 2
export const OP_I32 = 3
/** So many bytes as they are: addresses, UUIDs. Its size stands in `sizes`. */
export const OP_BYTES = 4
/** A length word, bytes, padding. */
export const OP_TEXT = 5
/** A type word, then 4 or 16 bytes. */
export const OP_ADDRESS = 6
/** A count word, then as many elements of the size in `sizes`. */
export const OP_LIST = 7
/** To the end of the record: for hand-written readers. */
export const OP_REST = 8

const OPS: Readonly<Record<Kind, number>> = {
  u32: OP_U32,
  u64: OP_U64,
  f32: OP_F32,
  i32: OP_I32,
  mac: OP_BYTES,
  uuid: OP_BYTES,
  ipv4: OP_BYTES,
  ipv6: OP_BYTES,
  bytes4: OP_U32,
  text: OP_TEXT,
  opaque: OP_TEXT,
  address: OP_ADDRESS,
  u32list: OP_LIST,
  maclist: OP_LIST,
  aspath: OP_REST,
  rest: OP_REST,
}

/** Bytes of one element of a list. */
const LIST_BYTES: Readonly<Partial<Record<Kind, number>>> = { u32list: 4, maclist: 8 }

export interface Layout {
  readonly columns: number
  readonly ops: Uint8Array
  readonly sizes: Uint8Array
  /** 1 where the column is a 32-bit cumulative count, to be widened. */
  readonly counters32: Uint8Array
  /** 1 where the column is a 64-bit cumulative count, whose fall tells a reset. */
  readonly counters64: Uint8Array
  readonly lengthMin: number
}

export function layoutOf(fields: readonly Field[], lengthMin: number): Layout {
  return {
    columns: fields.length,
    ops: Uint8Array.from(fields, field => OPS[field.kind]),
    sizes: Uint8Array.from(fields, field => LIST_BYTES[field.kind] ?? KIND_BYTES[field.kind]),
    counters32: Uint8Array.from(fields, field => Number(field.counter && field.kind === 'u32')),
    counters64: Uint8Array.from(fields, field => Number(field.counter && field.kind === 'u64')),
    lengthMin,
  }
}

export function columnOf(structure: Structure, fieldName: string): number {
  const column = structure.fields.findIndex(field => field.name === fieldName)
  if (column < 0) throw new Error(`${structure.name} has no field ${fieldName}`)
  return column
}

/** How many elements a record announces: its count field, or one where the record is the element. */
export function elementCount(structure: Structure, values: Float64Array): number {
  const countField = structure.group?.countField
  if (countField === undefined) return structure.group === undefined ? 0 : 1
  return values[columnOf(structure, countField)] as number
}
