/**
 * sFlow version 5 datagrams, from values to bytes: compact and expanded flow and counter samples,
 * discarded packets. `sflow_version_5.txt`, "sFlow Datagram". For the simulator and for tests.
 */
import { type RecordData, writeAddress } from './layout.ts'
import { XdrWriter } from './xdr-writer.ts'

/** What a sample is taken at: `sourceClass` 0 is an interface. */
export interface SourceData {
  readonly sourceClass: number
  readonly sourceIndex: number
}

/** Where a packet came in or went out; `format` 0 is one interface, 1 discarded, 2 several. */
export interface PortData {
  readonly format: number
  readonly value: number
}

interface SampleBase extends SourceData {
  readonly sequence: number
  readonly expanded?: boolean
  readonly records: readonly RecordData[]
}

export interface FlowSampleData extends SampleBase {
  readonly kind: 'flow'
  readonly samplingRate: number
  readonly samplePool: number
  readonly drops: number
  readonly input: PortData
  readonly output: PortData
}

export interface CounterSampleData extends SampleBase {
  readonly kind: 'counters'
}

/** `sflow_drops.txt`: there is only the expanded form. */
export interface DiscardSampleData extends SampleBase {
  readonly kind: 'discard'
  readonly drops: number
  readonly input: number
  readonly output: number
  readonly reason: number
}

/** A sample of bytes as they are: unknown kinds, damaged ones. */
export interface RawSampleData {
  readonly kind: 'raw'
  readonly tag: number
  readonly bytes: Uint8Array
}

export type SampleData = FlowSampleData | CounterSampleData | DiscardSampleData | RawSampleData

export interface DatagramData {
  readonly agent: string
  readonly subAgent?: number
  readonly sequence: number
  readonly uptimeMs: number
  readonly samples: readonly (SampleData | Uint8Array)[]
}

const VERSION = 5
const TAG_FLOW = 1
const TAG_COUNTERS = 2
const TAG_FLOW_EXPANDED = 3
const TAG_COUNTERS_EXPANDED = 4
const TAG_DISCARD = 5

/** The agent itself as input or output. */
export const INTERNAL = 0x3fffffff

export function port(ifIndex: number): PortData {
  return { format: 0, value: ifIndex }
}

/** A whole datagram. Samples may be given as data or as `encodeSample` made them. */
export function encodeDatagram(data: DatagramData, writer = new XdrWriter()): Uint8Array {
  const samples = data.samples.map(one => {
    return one instanceof Uint8Array ? one : encodeSample(one, writer)
  })
  writer.u32(VERSION)
  writeAddress(writer, data.agent)
  writer.u32(data.subAgent ?? 0)
  writer.u32(data.sequence)
  writer.u32(data.uptimeMs)
  writer.u32(data.samples.length)
  for (const sample of samples) writer.fixed(sample)
  return writer.finish()
}

/** Bytes that `encodeDatagram` puts before the samples. */
export function datagramHeaderBytes(agent: string): number {
  return agent.includes(':') ? 40 : 28
}

/** One sample with its tag and length. A writer that is given is empty before and after. */
export function encodeSample(sample: SampleData, writer = new XdrWriter()): Uint8Array {
  if (sample.kind === 'raw') {
    writer.u32(sample.tag)
    writer.opaque(sample.bytes)
    return writer.finish()
  }
  writer.u32(tagOf(sample))
  const length = writer.beginLength()
  writer.u32(sample.sequence)
  if (sample.expanded || sample.kind === 'discard') {
    writer.u32(sample.sourceClass)
    writer.u32(sample.sourceIndex)
  } else {
    writer.u32(sample.sourceClass * 2 ** 24 + sample.sourceIndex)
  }
  if (sample.kind === 'flow') writeFlowFields(writer, sample)
  if (sample.kind === 'discard') {
    for (const word of [sample.drops, sample.input, sample.output, sample.reason]) writer.u32(word)
  }
  writer.u32(sample.records.length)
  for (const one of sample.records) {
    writer.u32(one.tag)
    const recordLength = writer.beginLength()
    one.write(writer)
    writer.endLength(recordLength)
  }
  writer.endLength(length)
  return writer.finish()
}

function tagOf(sample: Exclude<SampleData, RawSampleData>): number {
  if (sample.kind === 'discard') return TAG_DISCARD
  if (sample.kind === 'flow') return sample.expanded ? TAG_FLOW_EXPANDED : TAG_FLOW
  return sample.expanded ? TAG_COUNTERS_EXPANDED : TAG_COUNTERS
}

function writeFlowFields(writer: XdrWriter, sample: FlowSampleData): void {
  writer.u32(sample.samplingRate)
  writer.u32(sample.samplePool)
  writer.u32(sample.drops)
  for (const side of [sample.input, sample.output]) {
    if (sample.expanded) {
      writer.u32(side.format)
      writer.u32(side.value)
    } else {
      writer.u32(side.format * 2 ** 30 + side.value)
    }
  }
}
