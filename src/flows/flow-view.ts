/**
 * The view of a sample that compiled flows read. It is re-used for every sample and keeps nothing.
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

/** Before the bytes of a sampled header: its protocol, the frame's length, bytes taken off, their number. */
const HEADER_BYTES = 16
/** Least bytes of the records 1 to 4, by tag. */
const RECORD_BYTES = [0, HEADER_BYTES, 24, 32, 56] as const

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
  /** Where the bytes of a sampled header begin and end; the start is -1 if there is none. */
  headerStart = -1
  headerEnd = -1
  #isFinished = true

  /** Looks at a sample. Its bytes must stay as they are while the view is in use. */
  load(header: DatagramHeader, sample: Sample, nowMs: number): void {
    this.nowMs = nowMs
    this.begin(header, sample)
    this.finish()
  }

  /** The same of all but the packet's layers: `finish` shows those. `nowMs` is set before. */
  begin(header: DatagramHeader, sample: Sample): void {
    // Storing a reference costs more than to see that it is there.
    if (this.sample !== sample) this.sample = sample
    this.addressType = header.addressType
    if (this.address !== header.address) this.address = header.address
    this.subAgent = header.subAgent
    this.stamp = (this.stamp + 1) | 0
    this.dropped = sample.kind === SAMPLE_DISCARD
    this.scale = sample.samplingRate > 1 && !this.dropped ? sample.samplingRate : 1
    this.secondSighting = false
    this.core = false
    this.#loadPorts(sample)
    this.#findHeader(sample)
  }

  /** What is left of `load`, if it was not done yet. */
  finish(): void {
    if (this.#isFinished) return
    this.#isFinished = true
    const { headerStart: start, headerEnd: end } = this
    const { view } = this.sample
    const at = start - HEADER_BYTES
    this.packet.setHeader(view, view.getUint32(at), start, end, view.getUint32(at + 8))
  }

  /** header_protocol of the sampled header, if there is one. */
  headerProtocol(): number {
    return this.sample.view.getUint32(this.headerStart - HEADER_BYTES)
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
  #findHeader(sample: Sample): void {
    const { view, recordCount, recordTags, recordStarts, recordEnds } = sample
    let tags = 0
    let header = -1
    for (let index = 0; index < recordCount; index++) {
      const tag = recordTags[index] as number
      tags |= 1 << (tag & 31)
      if (tag === SAMPLED_HEADER && header < 0 && isWhole(sample, index, tag)) header = index
    }
    this.tags = tags
    this.#isFinished = header < 0
    this.headerStart = -1
    if (header < 0) {
      this.#loadRecords(sample)
      return
    }
    const at = recordStarts[header] as number
    this.frameLength = view.getUint32(at + 4)
    this.headerStart = at + HEADER_BYTES
    this.headerEnd = Math.min(
      recordEnds[header] as number,
      at + HEADER_BYTES + view.getUint32(at + 12),
    )
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
