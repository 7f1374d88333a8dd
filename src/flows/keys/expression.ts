/**
 * A compiled key or function: it writes the words of one value of a sample, or says that the sample
 * has none. Classes, one for each manner of reading, so that the hot path meets few shapes of object.
 */
import type { Need } from '../compiled.ts'
import type { FlowView } from '../flow-view.ts'
import type { Place } from './field.ts'
import type { Kind } from './kinds.ts'
import { copyField, type FieldBytes, readWord } from './wire.ts'

/** `decides`: whatever meets the need has such a value. Asked for keys of one word. */
export type NeedOf = (
  wanted: readonly number[],
  negated: boolean,
) => { readonly need: Need; readonly decides: boolean } | undefined

export interface Expression {
  readonly kind: Kind
  /** What a sample must have, or there is no value; absent: not known. */
  readonly need?: Need | undefined
  /** What a sample must have for the value to be (or not to be) one of some words; absent: not known. */
  readonly needOf?: NeedOf | undefined
  /** Expressions of one signature read the same words: one of them is enough. Absent: not known. */
  readonly signature?: string | undefined
  /**
   * Where its last word stands in every packet that has just these layers (a bit each), unless it was
   * cut off; undefined: they do not tell.
   */
  placeIn?(layers: number): Place | undefined
  /** Writes `kind.width` words at `at`, all of them, or returns false. */
  read(view: FlowView, into: Int32Array, at: number): boolean
}

/** Where a field stands, complete: objects of one shape, which the hot path reads faster. */
export type CompletePlace = Required<RecordPlace>

export function completePlaces(places: readonly RecordPlace[]): readonly CompletePlace[] {
  return places.map(({ tag, fixed = 0, texts = 0, after = 0 }) => ({ tag, fixed, texts, after }))
}

export function needOfRecords(tags: readonly number[]): Need {
  return { layers: 0, tags: tags.reduce((mask, tag) => mask | (1 << (tag & 31)), 0) }
}

/** What a sample must have for one of several: each of them has to be known. */
export function eitherNeed(needs: readonly (Need | undefined)[]): Need | undefined {
  let [layers, tags, traits] = [0, 0, 0]
  for (const need of needs) {
    if (need === undefined) return undefined
    layers |= need.layers
    tags |= need.tags
    traits |= need.traits ?? 0
  }
  return { layers, tags, traits }
}

/** Where a field of a flow record stands: `fixed` bytes, then `texts` XDR strings, then `after` bytes. */
export interface RecordPlace {
  readonly tag: number
  readonly fixed?: number
  readonly texts?: number
  readonly after?: number
}

/** The first of the places whose record is there and long enough; offset and end in `found`. */
export function findField(view: FlowView, places: readonly CompletePlace[], found: Found): boolean {
  for (let index = 0; index < places.length; index++) {
    const place = places[index] as CompletePlace
    const record = view.record(place.tag)
    if (record < 0) continue
    const { sample } = view
    const end = sample.recordEnds[record] as number
    let offset = (sample.recordStarts[record] as number) + place.fixed
    for (let text = 0; text < place.texts; text++) {
      if (end - offset < 4) return false
      const bytes = sample.view.getUint32(offset)
      if (bytes > end - offset - 4) return false
      offset += 4 + bytes + ((4 - (bytes & 3)) & 3)
    }
    found.offset = offset + place.after
    found.end = end
    return found.offset < end
  }
  return false
}

export class Found {
  offset = 0
  end = 0
}

/** A field of a flow record. */
export class RecordExpression implements Expression {
  readonly kind: Kind
  readonly need: Need
  readonly #places: readonly CompletePlace[]
  readonly #bytes: FieldBytes
  readonly #found = new Found()

  constructor(kind: Kind, places: readonly RecordPlace[], bytes: FieldBytes) {
    this.kind = kind
    this.need = needOfRecords(places.map(({ tag }) => tag))
    this.#places = completePlaces(places)
    this.#bytes = bytes
  }

  read(view: FlowView, into: Int32Array, at: number): boolean {
    const found = this.#found
    if (!findField(view, this.#places, found) || found.end - found.offset < this.#bytes)
      return false
    const bytes = view.sample.view
    if (this.#bytes > 4) copyField(bytes, found.offset, this.#bytes, into, at)
    else into[at] = readWord(bytes, found.offset, this.#bytes)
    return true
  }
}

/** Anything else: a function that does what the other classes cannot. */
export class CustomExpression implements Expression {
  readonly kind: Kind
  readonly need: Need | undefined
  readonly needOf: NeedOf | undefined
  readonly #read: CustomRead
  readonly #depth: number

  constructor(kind: Kind, read: CustomRead, need?: Need, depth = 0, needOf?: NeedOf) {
    this.kind = kind
    this.need = need
    this.needOf = needOf
    this.#read = read
    this.#depth = depth
  }

  read(view: FlowView, into: Int32Array, at: number): boolean {
    return this.#read(view, into, at, this.#depth)
  }
}

/** `depth` is 1 for `.1`, 2 for `.2`. */
export type CustomRead = (view: FlowView, into: Int32Array, at: number, depth: number) => boolean

/** Remembers the value for the length of one sample: for what is dear and asked for more than once. */
export class OncePerSample implements Expression {
  readonly kind: Kind
  readonly need: Need | undefined
  readonly #inner: Expression
  readonly #words: Int32Array
  #view: FlowView | undefined
  #stamp = 0
  #has = false

  constructor(inner: Expression) {
    this.kind = inner.kind
    this.need = inner.need
    this.#inner = inner
    this.#words = new Int32Array(inner.kind.width)
  }

  read(view: FlowView, into: Int32Array, at: number): boolean {
    if (this.#stamp !== view.stamp || this.#view !== view) {
      this.#stamp = view.stamp
      this.#view = view
      this.#has = this.#inner.read(view, this.#words, 0)
    }
    if (!this.#has) return false
    for (let word = 0; word < this.#words.length; word++)
      into[at + word] = this.#words[word] as number
    return true
  }
}
