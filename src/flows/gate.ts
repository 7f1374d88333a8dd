/**
 * A question before the filters of several definitions: has the packet any of the values that they are
 * about? Most packets have none, to a port of DNS or with a lone SYN, and then no filter is asked.
 */
import type { PacketView } from '../packet/packet.ts'
import { FIELD_BYTES, fieldAt, fieldWord } from './field-words.ts'
import { hasBit, type OneOf } from './filter/one-of.ts'
import type { Expression } from './keys/expression.ts'

interface PlacedField {
  /** Where its four bytes begin, counted from the packet's first. */
  readonly at: number
  readonly shift: number
  readonly mask: number
  /** Values that matter, a bit each. */
  readonly values: Int32Array
}

/** Counted from where its layer begins. */
interface Field extends PlacedField {
  readonly layer: number
}

export class Gate {
  readonly #fields: readonly Field[]
  /** Some are not in the records 2, 3 and 4. */
  readonly #wireOnly: boolean

  private constructor(fields: readonly Field[], wireOnly: boolean) {
    this.#fields = fields
    this.#wireOnly = wireOnly
  }

  /**
   * For packets with just these layers: bits as of `PacketView.layers()`. Undefined: what passes some of the
   * filters cannot be told by fields.
   */
  static of(filters: readonly (readonly OneOf[] | undefined)[], layers: number): Gate | undefined {
    const fields = new Map<string, Field>()
    let wireOnly = false
    for (const any of filters) {
      if (any === undefined) return undefined
      for (const { key, values } of any) {
        if (isAbsent(key, layers)) continue
        const place = key.placeIn?.(layers)
        if (place === undefined || place.bytes > FIELD_BYTES || place.lowerPort) return undefined
        const field = { layer: place.slot, at: fieldAt(place), ...fieldWord(place) }
        const name = Object.values(field).join()
        const known = fields.get(name)?.values
        fields.set(name, { ...field, values: known === undefined ? values : either(known, values) })
        wireOnly ||= place.wireOnly
      }
    }
    return new Gate([...fields.values()], wireOnly)
  }

  /** The same question to packets whose layers begin at `offsets`; undefined: it cannot be put so. */
  placedAt(offsets: ReadonlyMap<number, number>): PlacedGate | undefined {
    const fields: PlacedField[] = []
    for (const { layer, at, ...rest } of this.#fields) {
      const offset = offsets.get(layer)
      if (offset === undefined) return undefined
      fields.push({ at: offset + at, ...rest })
    }
    return new PlacedGate(fields)
  }

  /** False: none of the filters passes. */
  isOpen({ view, offsets, end, synthetic }: PacketView): boolean {
    if (synthetic && this.#wireOnly) return true
    const fields = this.#fields
    for (let index = 0; index < fields.length; index++) {
      const { layer, at, shift, mask, values } = fields[index] as Field
      const from = (offsets[layer] as number) + at
      // Of one that was cut off the filters know what to think.
      if (from + FIELD_BYTES > end) return true
      if (hasBit(values, (view.getInt32(from) >>> shift) & mask)) return true
    }
    return false
  }
}

/** A gate for packets in which all fields stand at fixed places. */
export class PlacedGate {
  /** So long a packet must be. */
  readonly bytes: number
  readonly #fields: readonly PlacedField[]

  constructor(fields: readonly PlacedField[]) {
    this.#fields = fields
    this.bytes = Math.max(0, ...fields.map(({ at }) => at + FIELD_BYTES))
  }

  /** False: none of the filters passes. */
  isOpen(view: DataView, start: number): boolean {
    const fields = this.#fields
    for (let index = 0; index < fields.length; index++) {
      const { at, shift, mask, values } = fields[index] as PlacedField
      if (hasBit(values, (view.getInt32(start + at) >>> shift) & mask)) return true
    }
    return false
  }
}

/** No packet with just these layers has the key, so nothing passes for its sake. */
function isAbsent({ need }: Expression, layers: number): boolean {
  if (need === undefined || need.tags !== 0 || (need.traits ?? 0) !== 0) return false
  return (need.layers & layers) === 0
}

function either(some: Int32Array, others: Int32Array): Int32Array {
  return some.map((bits, index) => bits | (others[index] as number))
}
