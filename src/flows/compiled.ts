/**
 * What a compiled flow definition is, and the view of a sample that it reads: the contract between
 * those who compile definitions (keys/, functions/, filter/) and those who count (the flow tables).
 * A view is re-used for every sample and keeps nothing; a compiled flow allocates nothing per sample.
 */
import { PacketView } from '../packet/packet.ts'
import type { DatagramHeader } from '../sflow/samples.ts'
import {
  INTERNAL_INTERFACE,
  PORT_DISCARDED,
  PORT_SINGLE,
  SAMPLE_DISCARD,
  Sample,
} from '../sflow/samples.ts'
import type { OneOf } from './filter/one-of.ts'
import type { Expression } from './keys/expression.ts'

/** Where a sample was taken, seen from its agent: design, "Direction". */
export const DIRECTION_UNKNOWN = 0
export const DIRECTION_INGRESS = 1
export const DIRECTION_EGRESS = 2

/** What a sample is, as bits: of each pair or group one is set, but for the first two. */
export const TRAIT = {
  packet: 1,
  outputDiscarded: 2,
  sampled: 4,
  dropped: 8,
  firstSighting: 16,
  secondSighting: 32,
  edge: 64,
  core: 128,
  /** Shifted by the direction's number. */
  directions: 256,
} as const

/** The flow records that describe the packet itself; the first of these that is there is used. */
const SAMPLED_HEADER = 1
const SAMPLED_ETHERNET = 2
const SAMPLED_IPV6 = 4

/** Least bytes of the records 1 to 4, by tag. */
const RECORD_BYTES = [0, 16, 24, 32, 56] as const

/** A flow or discard sample as flows see it. `load` it, then hand it to every compiled flow. */
export class FlowView {
  sample: Sample = new Sample()
  /** Layers of the sampled packet, found at the first question that needs them. */
  readonly packet: PacketView = new PacketView()
  /** The agent address: word 0 for IPv4 (type 1), words 0 to 3 for IPv6 (type 2). The header's own. */
  addressType = 0
  address = new Int32Array(4)
  subAgent = 0
  /** It is known to be of the agent of the sample before it. */
  sameAgent = false
  nowMs = 0
  /** Another number for each sample: whoever remembers a result of this sample compares it. */
  stamp = 0
  /** Bytes of the packet, with its FCS; 0 when the sample holds no packet (a transaction). */
  frameLength = 0
  /** Packets that this sample stands for: the sampling rate, at least 1; 1 for discard samples. */
  scale = 1
  /** A discard sample: read by definitions with `dropped`, and by no other. */
  dropped = false
  /** DIRECTION_UNKNOWN, _INGRESS or _EGRESS. */
  direction = DIRECTION_UNKNOWN
  /** The real input port where there is one, else the source's ifIndex, else 0. */
  ifIndex = 0
  /**
   * The same packet was sampled on its way in: set by whoever applies the direction rule
   * (direction.ts). Flows that do not look at `direction` leave such a sample out.
   */
  secondSighting = false
  /** The port of this sample leads to another switch of the topology: topology.ts. */
  core = false
  /** Bit n: a record whose tag ends in n (5 bits), so that most questions for one need no search. */
  tags = 0

  /**
   * Looks at a sample. Its bytes must stay as they are while the view is in use. Where a call for each
   * sample may make no object, set `nowMs` before instead.
   */
  load(header: DatagramHeader, sample: Sample, nowMs?: number): void {
    // Storing a reference costs more than to see that it is there.
    if (this.sample !== sample) this.sample = sample
    this.addressType = header.addressType
    if (this.address !== header.address) this.address = header.address
    this.subAgent = header.subAgent
    if (nowMs !== undefined) this.nowMs = nowMs
    this.stamp = (this.stamp + 1) | 0
    this.dropped = sample.kind === SAMPLE_DISCARD
    this.scale = sample.samplingRate > 1 && !this.dropped ? sample.samplingRate : 1
    this.secondSighting = false
    this.core = false
    this.#loadPorts(sample)
    this.#loadPacket(sample)
  }

  /** TRAIT bits. */
  traits(): number {
    let traits = TRAIT.directions << this.direction
    if (this.frameLength > 0) traits |= TRAIT.packet
    if (this.sample.outputFormat === PORT_DISCARDED) traits |= TRAIT.outputDiscarded
    traits |= this.dropped ? TRAIT.dropped : TRAIT.sampled
    traits |= this.secondSighting ? TRAIT.secondSighting : TRAIT.firstSighting
    return traits | (this.core ? TRAIT.core : TRAIT.edge)
  }

  /** Position of the first record with this tag, or -1. */
  record(tag: number): number {
    if (((this.tags >>> (tag & 31)) & 1) === 0) return -1
    const { recordTags, recordCount } = this.sample
    for (let index = 0; index < recordCount; index++) {
      if (recordTags[index] === tag) return index
    }
    return -1
  }

  #loadPorts(sample: Sample): void {
    const input = realPort(sample.inputFormat, sample.inputValue)
    const output = realPort(sample.outputFormat, sample.outputValue)
    const source = sample.sourceClass === 0 ? sample.sourceIndex : 0
    this.ifIndex = input > 0 ? input : source
    this.direction = DIRECTION_UNKNOWN
    if (source === 0) return
    if (source === input) this.direction = DIRECTION_INGRESS
    else if (source === output) this.direction = DIRECTION_EGRESS
  }

  /** Record 1 before 2 before 3 and 4, and never summed: they describe one packet. */
  #loadPacket(sample: Sample): void {
    const { view, recordCount, recordTags, recordStarts, recordEnds } = sample
    let tags = 0
    let header = -1
    for (let index = 0; index < recordCount; index++) {
      const tag = recordTags[index] as number
      tags |= 1 << (tag & 31)
      if (tag === SAMPLED_HEADER && header < 0 && isWhole(sample, index, tag)) header = index
    }
    this.tags = tags
    if (header < 0) {
      this.#loadRecords(sample)
      return
    }
    const start = recordStarts[header] as number
    const bytes = start + 16
    const end = Math.min(recordEnds[header] as number, bytes + view.getUint32(start + 12))
    this.frameLength = view.getUint32(start + 4)
    this.packet.setHeader(view, view.getUint32(start), bytes, end, view.getUint32(start + 8))
  }

  #loadRecords(sample: Sample): void {
    const { view, recordStarts } = sample
    this.frameLength = 0
    this.packet.clear()
    for (let tag = SAMPLED_ETHERNET; tag <= SAMPLED_IPV6; tag++) {
      const index = whole(sample, tag)
      if (index < 0) continue
      const start = recordStarts[index] as number
      if (this.frameLength === 0) this.frameLength = view.getUint32(start)
      this.packet.setRecord(view, tag, start)
    }
  }
}

/** The first record with this tag that is as long as it must be, or -1. */
function whole(sample: Sample, tag: number): number {
  const { recordTags, recordCount } = sample
  for (let index = 0; index < recordCount; index++) {
    if (recordTags[index] === tag && isWhole(sample, index, tag)) return index
  }
  return -1
}

function isWhole({ recordStarts, recordEnds }: Sample, index: number, tag: number): boolean {
  const bytes = (recordEnds[index] as number) - (recordStarts[index] as number)
  return bytes >= (RECORD_BYTES[tag] as number)
}

function realPort(format: number, value: number): number {
  return format === PORT_SINGLE && value !== INTERNAL_INTERFACE ? value : 0
}

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
