/**
 * The walk over one datagram: header, samples, records; sflow_version_5.txt, "sample_datagram".
 * Every length is checked against its container before anything behind it is read, and every loop
 * ends by a bound named here. It throws nothing, allocates nothing, and returns a refusal code.
 */
import { REFUSAL } from './refusal.ts'
import {
  type DatagramHeader,
  PORT_MULTIPLE,
  RECORDS_MAX,
  SAMPLE_COUNTERS,
  SAMPLE_DISCARD,
  SAMPLE_FLOW,
  type Sample,
  type Sink,
} from './samples.ts'

/** A sample takes 8 bytes or more, a UDP payload has at most 65,507: more than this is a lie. */
export const SAMPLES_MAX = 8_188

const FLOW = 1
const COUNTERS = 2
const FLOW_EXPANDED = 3
const COUNTERS_EXPANDED = 4
const DISCARD = 5
/** 1991:1, Brocade's wrapper: length, flags, group, then an ordinary sample. */
const BROCADE_WRAPPER = 1991 * 4096 + 1
const BROCADE_WRAPPER_BYTES = 12

/** Header bytes before the records' count, by sample format. */
const HEAD_BYTES = [0, 28, 8, 40, 12, 28] as const

/** Fills `header`, or returns why not. */
export function readHeader(
  view: DataView,
  offset: number,
  length: number,
  header: DatagramHeader,
): number {
  if (length < 8) return REFUSAL.too_short
  if (view.getUint32(offset) !== 5) return REFUSAL.version
  const type = view.getUint32(offset + 4)
  if (type !== 1 && type !== 2) return REFUSAL.address_type
  const words = type === 1 ? 1 : 4
  if (length < headerBytes(type)) return REFUSAL.too_short
  header.addressType = type
  let at = offset + 8
  for (let word = 0; word < 4; word++) {
    header.address[word] = word < words ? view.getInt32(at + word * 4) : 0
  }
  at += words * 4
  header.subAgent = view.getUint32(at)
  header.sequence = view.getUint32(at + 4)
  header.uptimeMs = view.getUint32(at + 8)
  header.sampleCount = view.getUint32(at + 12)
  return header.sampleCount > SAMPLES_MAX ? REFUSAL.too_many_samples : REFUSAL.none
}

/** Bytes of a datagram's header, by the type of its address. */
export function headerBytes(addressType: number): number {
  return addressType === 1 ? 28 : 40
}

/** Walks `length` bytes at `offset`; `header` and `sample` are re-used views. 0, or a refusal code. */
export function walk(
  view: DataView,
  offset: number,
  length: number,
  header: DatagramHeader,
  sample: Sample,
  sink: Sink,
): number {
  const fault = readHeader(view, offset, length, header)
  if (fault !== 0) return fault
  const refusal = sink.datagram(header)
  if (refusal !== 0) return refusal
  const end = offset + length
  let at = offset + headerBytes(header.addressType)
  for (let index = 0; index < header.sampleCount; index++) {
    if (end - at < 8) return REFUSAL.sample_truncated
    const tag = view.getUint32(at)
    const bytes = view.getUint32(at + 4)
    at += 8
    if (bytes > end - at) return REFUSAL.sample_truncated
    sample.wrapped = false
    const next = Math.min(end, at + padded(bytes))
    readSample(view, tag, at, next, sample, sink)
    at = next
  }
  return 0
}

function readSample(
  view: DataView,
  tag: number,
  start: number,
  end: number,
  sample: Sample,
  sink: Sink,
): void {
  if (tag === BROCADE_WRAPPER) {
    readWrapped(view, start, end, sample, sink)
    return
  }
  if (tag < FLOW || tag > DISCARD) {
    sink.unknownSample(tag, view, start, end)
    return
  }
  if (end - start < (HEAD_BYTES[tag] as number) + 4) {
    sink.refused(REFUSAL.sample_short)
    return
  }
  // Storing a reference costs more than to see that it is there.
  if (sample.view !== view) sample.view = view
  sample.start = start
  sample.end = end
  const at = readHead(view, tag, start, sample)
  readRecords(view, at, end, sample, sink)
  sink.sample(sample)
}

function readWrapped(view: DataView, start: number, end: number, sample: Sample, sink: Sink): void {
  sample.wrapped = true
  const at = start + BROCADE_WRAPPER_BYTES
  if (end - at < 8) {
    sink.refused(REFUSAL.sample_short)
    return
  }
  const tag = view.getUint32(at)
  const bytes = view.getUint32(at + 4)
  if (bytes > end - at - 8) sink.refused(REFUSAL.sample_truncated)
  else if (tag === BROCADE_WRAPPER) sink.refused(REFUSAL.sample_short)
  else readSample(view, tag, at + 8, Math.min(end, at + 8 + padded(bytes)), sample, sink)
}

/** The fields before the records; returns where the records' count stands. */
function readHead(view: DataView, tag: number, start: number, sample: Sample): number {
  sample.sequence = view.getUint32(start)
  sample.expanded = tag === FLOW_EXPANDED || tag === COUNTERS_EXPANDED
  let at = start + 4
  if (tag === FLOW || tag === COUNTERS) {
    const source = view.getUint32(at)
    sample.sourceClass = source >>> 24
    sample.sourceIndex = source & 0xffffff
    at += 4
  } else {
    sample.sourceClass = view.getUint32(at)
    sample.sourceIndex = view.getUint32(at + 4)
    at += 8
  }
  if (tag === COUNTERS || tag === COUNTERS_EXPANDED) {
    sample.kind = SAMPLE_COUNTERS
    return at
  }
  if (tag === DISCARD) {
    sample.kind = SAMPLE_DISCARD
    sample.samplingRate = 1
    sample.samplePool = 0
    sample.drops = view.getUint32(at)
    readPort(view.getUint32(at + 4), sample, true)
    readPort(view.getUint32(at + 8), sample, false)
    sample.reason = view.getUint32(at + 12)
    return at + 16
  }
  sample.kind = SAMPLE_FLOW
  sample.reason = 0
  sample.samplingRate = view.getUint32(at)
  sample.samplePool = view.getUint32(at + 4)
  sample.drops = view.getUint32(at + 8)
  if (tag === FLOW) {
    readPort(view.getUint32(at + 12), sample, true)
    readPort(view.getUint32(at + 16), sample, false)
    return at + 20
  }
  sample.inputFormat = view.getUint32(at + 12)
  sample.inputValue = view.getUint32(at + 16)
  sample.outputFormat = view.getUint32(at + 20)
  sample.outputValue = view.getUint32(at + 24)
  return at + 28
}

/** Two bits of format over 30 of value. One output of unknown number is what Open vSwitch sends as 0x80000001. */
function readPort(word: number, sample: Sample, input: boolean): void {
  const format = word >>> 30
  const value = word & 0x3fffffff
  if (input) {
    sample.inputFormat = format
    sample.inputValue = value
    return
  }
  const one = format === PORT_MULTIPLE && value === 1
  sample.outputFormat = format
  sample.outputValue = one ? 1 : value
}

function readRecords(view: DataView, at: number, end: number, sample: Sample, sink: Sink): void {
  const announced = view.getUint32(at)
  let offset = at + 4
  sample.recordCount = 0
  if (announced > RECORDS_MAX && announced > (end - offset) / 8) {
    sink.refused(REFUSAL.too_many_records)
  }
  for (let index = 0; index < announced; index++) {
    if (end - offset < 8) {
      sink.refused(REFUSAL.record_truncated)
      return
    }
    if (index === RECORDS_MAX) {
      sink.refused(REFUSAL.too_many_records)
      return
    }
    const bytes = view.getUint32(offset + 4)
    if (bytes > end - offset - 8) {
      sink.refused(REFUSAL.record_truncated)
      return
    }
    const next = Math.min(end, offset + 8 + padded(bytes))
    sample.recordTags[index] = view.getUint32(offset)
    sample.recordStarts[index] = offset + 8
    sample.recordEnds[index] = next
    sample.recordCount = index + 1
    offset = next
  }
}

/** Bodies are padded to 4; an agent that announces an unpadded length still pads on the wire. */
function padded(bytes: number): number {
  return (bytes + 3) & ~3
}
