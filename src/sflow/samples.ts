/**
 * The re-used views that a walk fills: one datagram header, one sample in any of its forms.
 * All fields are small numbers; nothing here is kept by whoever receives it.
 */

/** More records than this in one sample are not read; real agents send at most some 25. */
export const RECORDS_MAX = 64

/** The word that the specification uses for "the agent itself" as input or output. */
export const INTERNAL_INTERFACE = 0x3fffffff

/** Formats of an input or output: sflow_version_5.txt, "interface". */
export const PORT_SINGLE = 0
export const PORT_DISCARDED = 1
export const PORT_MULTIPLE = 2

export class DatagramHeader {
  /** 1 is IPv4 (word 0 only), 2 is IPv6 (words 0 to 3). */
  addressType = 0
  readonly address = new Int32Array(4)
  subAgent = 0
  sequence = 0
  uptimeMs = 0
  sampleCount = 0
}

export const SAMPLE_FLOW = 1
export const SAMPLE_COUNTERS = 2
export const SAMPLE_DISCARD = 5

export class Sample {
  /** The bytes of the datagram; offsets below are offsets into them. */
  view: DataView = new DataView(new ArrayBuffer(0))
  /** SAMPLE_FLOW, SAMPLE_COUNTERS or SAMPLE_DISCARD, compact and expanded alike. */
  kind = 0
  expanded = false
  /** It came inside Brocade's wrapper, 1991:1. */
  wrapped = false
  /** The sample's bytes, without its tag and length. */
  start = 0
  end = 0
  sequence = 0
  sourceClass = 0
  sourceIndex = 0
  samplingRate = 0
  samplePool = 0
  /** Samples that the agent itself lost, cumulative. */
  drops = 0
  inputFormat = 0
  inputValue = 0
  outputFormat = 0
  outputValue = 0
  /** Discard samples: why. */
  reason = 0
  recordCount = 0
  readonly recordTags = new Uint32Array(RECORDS_MAX)
  readonly recordStarts = new Int32Array(RECORDS_MAX)
  readonly recordEnds = new Int32Array(RECORDS_MAX)
}

/** What a walk tells. Every method returns at once and keeps nothing of what it is given. */
export interface Sink {
  /** After the header. A refusal code other than 0 ends the walk with it. */
  datagram(header: DatagramHeader): number
  /** A whole sample with its records found; records refused on the way were told before. */
  sample(sample: Sample): void
  /** A sample of a kind that is not read: skipped by its length. `start` is after its length word. */
  unknownSample(tag: number, view: DataView, start: number, end: number): void
  /** A fault inside one sample: it loses that sample or record, never the datagram. */
  refused(code: number): void
}
