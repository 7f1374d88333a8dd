/**
 * What a compiled flow definition is: the contract between those who compile definitions (keys/,
 * functions/, filter/) and those who count (the flow tables). A compiled flow allocates nothing per sample.
 */
import type { OneOf } from './filter/one-of.ts'
import type { FlowView } from './flow-view.ts'
import type { Expression } from './keys/expression.ts'

/** How the samples of one flow become one number. */
export type MeasureKind = 'sum' | 'count' | 'avg' | 'min' | 'max'

/** A number that is carried for each flow. */
export interface Measure {
  /** As written: `bytes`, `count:ipsource`. */
  readonly name: string
  /** The same in the characters of a metric name: `count_ipsource`. */
  readonly metricName: string
  /** `sum` is scaled by the sampling rate, `avg` weighed by it; `count` counts distinct words. */
  readonly kind: MeasureKind
  /** It is the frame's length, or one for each frame: known without reading. */
  readonly plain?: 'bytes' | 'frames'
  /** The number of this sample before scaling; for `count` a 32-bit hash of the key. NaN: none. */
  read(view: FlowView): number
}

/** A definition as it was checked: what the configuration and `/api/v1/flows` say, defaults filled in. */
export interface FlowDefinition {
  readonly name: string
  /** Key expressions, one text each. */
  readonly keys: readonly string[]
  readonly value: string
  readonly values: readonly string[]
  /** Empty: no filter. */
  readonly filter: string
  /** Time constant of the smoothed rate, in seconds. */
  readonly t: number
  /** Flows kept at the top of each unit of `by`. */
  readonly n: number
  readonly by: 'interface' | 'agent' | 'all'
  /** Discard samples instead of flow samples. */
  readonly dropped: boolean
  /** Ports whose samples are read: all, those with no link in the topology, or those with one. */
  readonly ports: 'all' | 'edge' | 'core'
  /** Most series at a time. */
  readonly max: number
  /** Most series created in an hour. */
  readonly budget: number
  /** Whether its flows become series; false: for events and `/api/v1/activeflows` only. */
  readonly series: boolean
  /** Label names by position; shorter than `keys` or with empty texts: the key's own name. */
  readonly labels: readonly string[]
}

/** A sample must have one of these layers, records (by the end of their tags) or traits to be read. */
export interface Need {
  /** Bits as in `PacketView.layers()`. */
  readonly layers: number
  /** Bits as in `FlowView.tags`. */
  readonly tags: number
  /** Bits as in `FlowView.traits()`. */
  readonly traits?: number
}

export interface CompiledFlow {
  readonly definition: FlowDefinition
  /** One label name a key, in order, [a-zA-Z0-9_] only, all different. */
  readonly labels: readonly string[]
  /** 32-bit words of a key, always all of them written. */
  readonly keyWords: number
  readonly value: Measure
  readonly values: readonly Measure[]
  /** Of `keyWords` together, in order. Absent: `readKey` alone knows. */
  readonly keys?: readonly Expression[]
  /** All of these hold for whatever matches and has the key: cheap to ask first. Absent: nothing is known. */
  readonly needs?: readonly Need[]
  /** Words of its keys mean something in this engine alone: some are texts. Absent: none are. */
  readonly localKey?: boolean
  /** Kind of sample, second sightings, ports, needs, and the filter. */
  matches(view: FlowView): boolean
  /** What is left of `matches` for a sample that meets the needs; absent: nothing. */
  readonly passes?: ((view: FlowView) => boolean) | undefined
  /** Whatever passes has one of these values of one of these keys. Absent: not known. */
  readonly among?: readonly OneOf[] | undefined
  /** Writes `keyWords` words. False: the sample lacks a key, so it is left out. */
  readKey(view: FlowView, into: Int32Array, at: number): boolean
  /** The label values of a key. Only for what is shown: it makes texts. */
  formatKey(words: Int32Array, at: number): string[]
}

/** Why a definition is refused. */
export interface DefinitionFault {
  /** The attribute: `keys`, `filter`, ... */
  readonly attribute: string
  /** What was given, as text. */
  readonly text: string
  /** Character in `text`, from 0, where the fault begins. */
  readonly position: number
  /** A sentence without a full stop. */
  readonly message: string
}

export type Compiled =
  | { readonly flow: CompiledFlow; readonly fault?: undefined }
  | { readonly fault: DefinitionFault; readonly flow?: undefined }
