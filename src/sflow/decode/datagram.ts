/**
 * One datagram as an object: every key that `sflowtool -j` prints with the same text, and keys of
 * ours for what it does not read. Faults do not stop it: what is whole is there, `refused` says what
 * is not and why. Allocates freely; this is for people and files, not for the ingest path.
 */

import type { Structure } from '../../structures/define.ts'
import { discardReason } from '../../structures/discard-reasons.ts'
import { counterStructureOf, flowStructureByTag } from '../../structures/index.ts'
import { REFUSAL, REFUSALS } from '../refusal.ts'
import { RTMETRIC_TAG } from '../rtmetric.ts'
import {
  DatagramHeader,
  PORT_SINGLE,
  SAMPLE_COUNTERS,
  SAMPLE_DISCARD,
  SAMPLE_FLOW,
  Sample,
  type Sink,
} from '../samples.ts'
import { walk } from '../walk.ts'
import { Cursor } from './cursor.ts'
import { decodeFields } from './fields.ts'
import { HeaderState } from './header.ts'
import { Fields, type JsonObject } from './json.ts'
import { ipv4Text, ipv6Text, localTime, tagText } from './numbers.ts'
import { decodeRtFlow, decodeRtMetric, RTFLOW_TAG } from './rt.ts'
import { COUNTER_READERS, FLOW_READERS, type Reader } from './special.ts'

/** Where a datagram comes from. */
export interface Origin {
  /** Milliseconds since 1970, with microseconds behind the point. */
  readonly timeMs: number
  readonly sourceAddress: string
}

/** Codes that the published list has wrong or not at all, so that the reference program knows no name. */
const REASONS_UNKNOWN_THERE: ReadonlySet<number> = new Set([332, 366, 372])

const SAMPLE_TYPES: Readonly<Record<number, string>> = {
  [SAMPLE_FLOW]: 'FLOWSAMPLE',
  [SAMPLE_COUNTERS]: 'COUNTERSSAMPLE',
  [SAMPLE_DISCARD]: 'DISCARD',
}

export function decodeDatagram(bytes: Uint8Array, origin: Origin): JsonObject {
  const object: JsonObject = {}
  const out = new Fields(object)
  putOrigin(bytes, origin, out)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length >= 4) out.put('datagramVersion', view.getUint32(0))
  const sample = new Sample()
  const assembly = new Assembly(view, out, sample)
  const refusal = walk(view, 0, bytes.length, new DatagramHeader(), sample, assembly)
  if (refusal !== REFUSAL.none) putRefusal(out, refusal)
  return object
}

function putOrigin(bytes: Uint8Array, { timeMs, sourceAddress }: Origin, out: Fields): void {
  const seconds = Math.floor(timeMs / 1_000)
  const microseconds = Math.round((timeMs - seconds * 1_000) * 1_000)
  out.put('datagramSourceIP', sourceAddress)
  out.put('datagramSize', bytes.length)
  out.put('unixSecondsUTC', seconds)
  out.put('unixSecondsUTC_uS', microseconds)
  out.put('localtime', localTime(timeMs))
  if (seconds === 0) return
  out.put('pcapTimestamp', localTime(timeMs))
  out.put('pcapTimestamp_uS', microseconds)
}

function putRefusal(out: Fields, code: number): void {
  out.put('refused', REFUSALS[code]?.reason ?? 'internal')
}

/** Collects what the walk finds. A refusal inside a sample is told before the sample itself. */
class Assembly implements Sink {
  readonly #view: DataView
  readonly #out: Fields
  readonly #samples: JsonObject[] = []
  /** The walk's own: it says whether what is told came inside a wrapper. */
  readonly #sample: Sample
  #refusedInSample = 0

  constructor(view: DataView, out: Fields, sample: Sample) {
    this.#view = view
    this.#out = out
    this.#sample = sample
  }

  datagram(header: DatagramHeader): number {
    const out = this.#out
    out.put('agentSubId', header.subAgent)
    out.put('agent', header.addressType === 1 ? ipv4Text(this.#view, 8) : ipv6Text(this.#view, 8))
    out.put('packetSequenceNo', header.sequence)
    out.put('sysUpTime', header.uptimeMs)
    out.put('samplesInPacket', header.sampleCount)
    out.put('samples', this.#samples)
    return REFUSAL.none
  }

  sample(sample: Sample): void {
    this.#fill(sample, this.#begin())
  }

  unknownSample(tag: number, view: DataView, start: number, end: number): void {
    const out = this.#begin()
    out.put('sampleType_tag', tagText(tag))
    let refusal: number = REFUSAL.none
    if (tag === RTMETRIC_TAG) refusal = decodeRtMetric(view, start, end, out)
    if (tag === RTFLOW_TAG) refusal = decodeRtFlow(view, start, end, out)
    if (refusal !== REFUSAL.none) putRefusal(out, refusal)
  }

  refused(code: number): void {
    this.#refusedInSample = code
    // A sample that is too short for its own header is never told: it would leave no trace.
    if (code !== REFUSAL.sample_short && code !== REFUSAL.sample_truncated) return
    putRefusal(this.#begin(), code)
    this.#refusedInSample = 0
  }

  /** Where the next sample goes: into the list, or into a wrapper that is in the list. */
  #begin(): Fields {
    const out = new Fields({})
    this.#samples.push(out.object)
    if (!this.#sample.wrapped) return out
    out.put('sampleType_tag', '1991:1')
    const inner = new Fields({})
    out.put('wrapped', inner.object)
    return inner
  }

  #fill(sample: Sample, out: Fields): void {
    putSampleHead(sample, out)
    const discard = sample.kind === SAMPLE_DISCARD
    const state = new HeaderState()
    const elements: JsonObject[] = []
    out.put('elements', elements)
    for (let index = 0; index < sample.recordCount; index++) {
      const record = new Fields({}, discard ? 'discarded_' : '')
      decodeRecord(sample, index, record, state)
      elements.push(record.object)
    }
    if (this.#refusedInSample !== 0) putRefusal(out, this.#refusedInSample)
    this.#refusedInSample = 0
  }
}

function putSampleHead(sample: Sample, out: Fields): void {
  const formats = sample.kind === SAMPLE_FLOW ? [1, 3] : [2, 4]
  const format = sample.kind === SAMPLE_DISCARD ? 5 : formats[sample.expanded ? 1 : 0]
  out.put('sampleType_tag', `0:${format}`)
  out.put('sampleType', SAMPLE_TYPES[sample.kind] as string)
  out.put('sampleSequenceNo', sample.sequence)
  out.put('sourceId', `${sample.sourceClass}:${sample.sourceIndex}`)
  if (sample.kind === SAMPLE_COUNTERS) return
  if (sample.kind === SAMPLE_FLOW) {
    out.put('meanSkipCount', sample.samplingRate)
    out.put('samplePool', sample.samplePool)
  }
  out.put('dropEvents', sample.drops)
  if (sample.kind === SAMPLE_FLOW) {
    out.put('inputPort', portText(sample.inputFormat, sample.inputValue))
    out.put('outputPort', portText(sample.outputFormat, sample.outputValue))
    return
  }
  // The reference program does not take the two bits of format off here.
  out.put('inputPort', wholePort(sample.inputFormat, sample.inputValue))
  out.put('outputPort', wholePort(sample.outputFormat, sample.outputValue))
  const { reason } = sample
  const name = discardReason(reason)
  const known = name !== undefined && !REASONS_UNKNOWN_THERE.has(reason)
  out.put('discardCode', reason)
  out.put('discardReason', known ? name : 'NotFound')
  if (name !== undefined && !known) out.put('reason', name)
}

const PORT_WORDS: Readonly<Record<number, string>> = {
  1: 'dropCode ',
  2: 'multiple ',
  3: 'format==3 ',
}

function portText(format: number, value: number): string {
  if (format === PORT_SINGLE) return String(value)
  const word = PORT_WORDS[format]
  return word === undefined ? '' : `${word}${value}`
}

function wholePort(format: number, value: number): string {
  return String(((format << 30) | value) >>> 0)
}

/** One record; a fault in it is told in it, and loses nothing else. */
function decodeRecord(sample: Sample, index: number, out: Fields, state: HeaderState): void {
  const tag = sample.recordTags[index] as number
  const start = sample.recordStarts[index] as number
  const end = sample.recordEnds[index] as number
  const counters = sample.kind === SAMPLE_COUNTERS
  out.put(counters ? 'counterBlock_tag' : 'flowBlock_tag', tagText(tag))
  const reader = (counters ? COUNTER_READERS : FLOW_READERS).get(tag)
  const structure = counters ? counterStructureOf(tag, end - start) : flowStructureByTag.get(tag)
  if (structure === undefined) return
  if (reader === undefined && end - start < structure.lengthMin) {
    putRefusal(out, REFUSAL.record_short)
    return
  }
  const cursor = new Cursor(sample.view, start, end)
  read(structure, reader, cursor, out, state)
  if (cursor.short) putRefusal(out, REFUSAL.list_too_long)
}

function read(
  structure: Structure,
  reader: Reader | undefined,
  cursor: Cursor,
  out: Fields,
  state: HeaderState,
): void {
  if (reader !== undefined) {
    reader(cursor, out, state)
    return
  }
  const { at, end } = cursor
  const fields = new Fields({}, out.prefix)
  decodeFields(structure, cursor, fields)
  if (structure.longer !== undefined && (cursor.short || cursor.at !== end)) {
    // Where two layouts have one tag, the one that ends where the record does is meant.
    const other = new Cursor(cursor.view, at, end)
    const otherFields = new Fields({}, out.prefix)
    decodeFields(structure.longer, other, otherFields)
    if (!other.short && other.at === end) {
      Object.assign(out.object, otherFields.object)
      cursor.short = false
      return
    }
  }
  Object.assign(out.object, fields.object)
}
