/**
 * How a flow key is declared: one entry with its name, its kind, what it tells, and how it is read.
 * Definitions, error messages, `/api/v1/flowkeys` and docs/reference/flow-keys.md come from these.
 */
import { DEPTHS, LAYER, type LayerName } from '../../packet/layers.ts'
import type { Need } from '../compiled.ts'
import type { FlowView } from '../flow-view.ts'
import type { FlowContext } from '../functions/context.ts'
import {
  CustomExpression,
  type CustomRead,
  completePlaces,
  type Expression,
  Found,
  findField,
  type NeedOf,
  needOfRecords,
  OncePerSample,
  RecordExpression,
  type RecordPlace,
} from './expression.ts'
import { FieldExpression, type LayerField } from './field.ts'
import { ADDRESS, type Kind, textKind } from './kinds.ts'
import type { FieldBytes } from './wire.ts'

export type KeyGroup =
  | 'Source of the sample'
  | 'Packet'
  | 'Ethernet'
  | 'Switch'
  | 'ARP'
  | 'IPv4'
  | 'IPv6'
  | 'Transport'
  | 'ICMP'
  | 'DNS'
  | 'Tunnels'
  | 'Router and BGP'
  | 'Queue, delay, drop'
  | 'InfiniBand'
  | 'Hosts and applications'

export interface KeyDeclaration {
  readonly name: string
  readonly group: KeyGroup
  /** Text says `text`: its kind needs the table of texts of a context. */
  readonly kind: Kind | 'text'
  /** A sentence with a full stop. */
  readonly help: string
  /** Appearances of its layer that can be read: 3 with `.1` and `.2`, else 1. */
  readonly depths: number
  readonly compile: (context: FlowContext, depth: number) => Expression
}

/** Layers and records of which a sample must have one. */
export interface KeySources {
  readonly layers?: readonly LayerName[]
  readonly records?: readonly number[]
  /** What its values need. */
  readonly needOf?: NeedOf
}

function needOf({ layers = [], records = [] }: KeySources): Need | undefined {
  if (layers.length + records.length === 0) return undefined
  const mask = layers.reduce((bits, layer) => bits | (1 << LAYER[layer]), 0)
  return { layers: mask, tags: needOfRecords(records).tags }
}

/** Makes the helpers that declare the keys of one group. */
export function keysOf(group: KeyGroup) {
  /** A field of a header. Inner headers by `.1` and `.2`. */
  function field(
    name: string,
    kind: Kind,
    place: readonly [layer: LayerName, offset: number, bytes: FieldBytes],
    help: string,
    options: Pick<LayerField, 'shift' | 'mask' | 'wireOnly'> = {},
  ): KeyDeclaration {
    const [layer, offset, bytes] = place
    const where = { layer: LAYER[layer], offset, bytes, ...options }
    const compile = (_: FlowContext, depth: number) => FieldExpression.of(kind, where, depth)
    return { name, group, kind, help, depths: DEPTHS, compile }
  }

  /** A field of a flow record; with several places, the first record that is there. */
  function record(
    name: string,
    kind: Kind,
    bytes: FieldBytes,
    places: RecordPlace | readonly RecordPlace[],
    help: string,
  ): KeyDeclaration {
    const list = Array.isArray(places)
      ? (places as readonly RecordPlace[])
      : [places as RecordPlace]
    const compile = () => new RecordExpression(kind, list, bytes)
    return { name, group, kind, help, depths: 1, compile }
  }

  /** An XDR string of a flow record, as a text. */
  function recordText(
    name: string,
    places: RecordPlace | readonly RecordPlace[],
    help: string,
  ): KeyDeclaration {
    const list = completePlaces(
      Array.isArray(places) ? (places as readonly RecordPlace[]) : [places as RecordPlace],
    )
    const compile = ({ texts }: FlowContext) => {
      const found = new Found()
      const read: CustomRead = (view, into, at) => {
        if (!findField(view, list, found) || found.end - found.offset < 4) return false
        const bytes = view.sample.view
        const length = bytes.getUint32(found.offset)
        if (length === 0 || length > found.end - found.offset - 4) return false
        into[at] = texts.ofBytes(bytes, found.offset + 4, length)
        return true
      }
      return new OncePerSample(
        new CustomExpression(textKind(texts), read, needOfRecords(list.map(({ tag }) => tag))),
      )
    }
    return { name, group, kind: 'text', help, depths: 1, compile }
  }

  /** An address with its type (1 IPv4, 2 IPv6) before it. */
  function recordAddress(name: string, place: RecordPlace, help: string): KeyDeclaration {
    const compile = () => {
      const found = new Found()
      const places = completePlaces([place])
      const read: CustomRead = (view, into, at) => {
        if (!findField(view, places, found)) return false
        return readAddress(view.sample.view, found.offset, found.end, into, at) > 0
      }
      return new CustomExpression(ADDRESS, read, needOfRecords([place.tag]))
    }
    return { name, group, kind: ADDRESS, help, depths: 1, compile }
  }

  /** A key that is read by a function of its own; without one of `sources` there is never a value. */
  function custom(
    name: string,
    kind: Kind,
    help: string,
    read: CustomRead,
    depths = 1,
    sources: KeySources = {},
  ): KeyDeclaration {
    const need = needOf(sources)
    const compile = (_: FlowContext, depth: number) =>
      new CustomExpression(kind, read, need, depth, sources.needOf)
    return { name, group, kind, help, depths, compile }
  }

  /** A text that is made by a function of its own, once per sample; -1: there is none. */
  function customText(
    name: string,
    help: string,
    word: (view: FlowView, context: FlowContext, depth: number) => number,
    depths = 1,
    sources: KeySources = {},
  ): KeyDeclaration {
    const compile = (context: FlowContext, depth: number) => {
      const read = (view: FlowView, into: Int32Array, at: number) => {
        const text = word(view, context, depth)
        into[at] = text
        return text >= 0
      }
      return new OncePerSample(new CustomExpression(textKind(context.texts), read, needOf(sources)))
    }
    return { name, group, kind: 'text', help, depths, compile }
  }

  return { field, record, recordText, recordAddress, custom, customText }
}

/** Writes an address and returns the bytes that it took, type included; 0: it is none or is cut. */
export function readAddress(
  view: DataView,
  offset: number,
  end: number,
  into: Int32Array,
  at: number,
): number {
  if (end - offset < 8) return 0
  const type = view.getUint32(offset)
  if (type === 1) {
    into[at] = 0
    into[at + 1] = 0
    into[at + 2] = 0xffff
    into[at + 3] = view.getInt32(offset + 4)
    return 8
  }
  if (type !== 2 || end - offset < 20) return 0
  for (let word = 0; word < 4; word++) into[at + word] = view.getInt32(offset + 4 + word * 4)
  return 20
}
