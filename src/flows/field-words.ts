/** Fields of a packet as some bits of four bytes at a known place of a known layer. */
import type { Place } from './keys/field.ts'

export const FIELD_BYTES = 4

/** What is made of the four bytes: shifted right first, then masked. */
export interface FieldWord {
  readonly shift: number
  readonly mask: number
}

/** Where they begin in the layer: they end with the field, or are the first four. */
export function fieldAt({ offset, bytes }: Place): number {
  return Math.max(0, offset + bytes - FIELD_BYTES)
}

export function fieldWord(place: Place): FieldWord {
  const { offset, bytes, shift, mask } = place
  const behind = 8 * (fieldAt(place) + FIELD_BYTES - offset - bytes)
  const own = bytes === FIELD_BYTES ? -1 : 2 ** (8 * bytes) - 1
  return { shift: behind + shift, mask: (own >>> shift) & mask }
}
