/**
 * Fields at fixed places of packet headers: nearly all keys that matter are one, or the first of a few
 * that is there (`or:ipsource:ip6source`). One class reads them all, with a loop over plain numbers,
 * so that the call for a key of any definition is one and the same function to the engine:
 * test/benchmark/flow-keys.ts shows what that is worth.
 */
import type { Need } from '../compiled.ts'
import type { FlowView } from '../flow-view.ts'
import type { Expression } from './expression.ts'
import { ADDRESS, IP4, type Kind, NULL_WORD } from './kinds.ts'
import { copyField, type FieldBytes, readWord } from './wire.ts'

/** A field at a fixed place of a layer's header. */
export interface LayerField {
  readonly layer: number
  readonly offset: number
  readonly bytes: FieldBytes
  /** Applied to fields of up to 4 bytes: shifted right first, then masked. */
  readonly shift?: number
  readonly mask?: number
  /** Not in the records 2, 3 and 4, which are shown as packets too. */
  readonly wireOnly?: boolean
}

export interface Place {
  readonly slot: number
  readonly offset: number
  readonly bytes: FieldBytes
  readonly shift: number
  readonly mask: number
  readonly wireOnly: boolean
  /** An IPv4 address among addresses of both versions. */
  readonly mapped: boolean
  /** Two ports, of which the lower is meant if it is that of a service. */
  readonly lowerPort: boolean
}

export class FieldExpression implements Expression {
  readonly kind: Kind
  readonly need: Need | undefined
  /** Its first word is NULL_WORD where the sample has none of the fields. */
  readonly nullable: boolean
  readonly signature: string
  readonly #places: readonly Place[]

  private constructor(kind: Kind, places: readonly Place[], nullable: boolean) {
    this.kind = kind
    this.nullable = nullable
    this.#places = places
    this.signature = `${nullable ? 'null' : ''}${kind.width}${JSON.stringify(places)}`
    const layers = places.reduce((mask, { slot }) => mask | (1 << (slot & 31)), 0)
    this.need = nullable ? undefined : { layers, tags: 0 }
  }

  static of(kind: Kind, field: LayerField, depth: number): FieldExpression {
    const { layer, offset, bytes, shift = 0, mask = -1, wireOnly = false } = field
    const slot = layer + depth * 32
    const place = { slot, offset, bytes, shift, mask, wireOnly, mapped: false, lowerPort: false }
    return new FieldExpression(kind, [place], false)
  }

  /** The first of several; they have one kind, or are numbers, or addresses. */
  static first(kind: Kind, fields: readonly FieldExpression[]): FieldExpression {
    const places = fields.flatMap(field => {
      const mapped = kind === ADDRESS && field.kind === IP4
      return field.#places.map(place => ({ ...place, mapped }))
    })
    return new FieldExpression(kind, places, false)
  }

  /** The same, never absent. `kind` shows NULL_WORD. */
  orNull(kind: Kind): FieldExpression {
    return new FieldExpression(kind, this.#places, true)
  }

  /**
   * Where the field stands in every packet that has just these layers (a bit each), unless it was cut
   * off; undefined: they do not tell.
   */
  placeIn(layers: number): Place | undefined {
    const place = this.#places.find(({ slot }) => ((layers >>> (slot & 31)) & 1) === 1)
    return place !== undefined && place.slot < 32 ? place : undefined
  }

  read(view: FlowView, into: Int32Array, at: number): boolean {
    const { packet } = view
    const places = this.#places
    for (let index = 0; index < places.length; index++) {
      const place = places[index] as Place
      const layer = packet.offset(place.slot)
      if (layer < 0) continue
      const offset = layer + place.offset
      if (offset + place.bytes > packet.end) continue
      if (place.wireOnly && packet.synthetic) continue
      if (place.bytes > 4) copyField(packet.view, offset, place.bytes, into, at)
      else if (place.mapped) {
        into[at] = 0
        into[at + 1] = 0
        into[at + 2] = 0xffff
        into[at + 3] = packet.view.getInt32(offset)
      } else into[at] = (readWord(packet.view, offset, place.bytes) >>> place.shift) & place.mask
      return true
    }
    if (!this.nullable) return false
    into[at] = NULL_WORD
    for (let word = 1; word < this.kind.width; word++) into[at + word] = 0
    return true
  }
}
