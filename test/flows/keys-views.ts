// Views of samples for tests of keys: from the captures, beside what sflowtool prints for each, and
// from bytes written here.
import { readFileSync } from 'node:fs'
import { FlowView } from '../../src/flows/flow-view.ts'
import { newDatagramCounts, readDatagrams, SFLOW_PORT } from '../../src/pcap/datagrams.ts'
import { openCapture } from '../../src/pcap/open.ts'
import { DatagramHeader, SAMPLE_FLOW, Sample, type Sink } from '../../src/sflow/samples.ts'
import { walk } from '../../src/sflow/walk.ts'

const CAPTURES = new URL('../captures/', import.meta.url)

/** Captures with packet samples, and how many flow samples each holds. */
export const FLOW_CAPTURES = {
  'hsflowd-docker': 760,
  'hsflowd-host': 172,
  ovs: 92,
  'ovs3-vxlan': 109,
  pmacct: 63,
} as const

export type Reference = Readonly<Record<string, string>>

interface ReferenceSample {
  readonly sampleType: string
  readonly elements?: readonly Reference[]
}

/** Every flow sample of a capture as a view, with its elements in sflowtool's words, merged. */
export async function eachFlowSample(
  name: string,
  look: (view: FlowView, reference: Reference) => void,
): Promise<void> {
  const lines = readFileSync(new URL(`${name}.sflowtool.jsonl`, CAPTURES), 'utf8')
    .trim()
    .split('\n')
  const { chunks } = await openCapture(new URL(`${name}.pcap`, CAPTURES).pathname)
  const options = { name, port: SFLOW_PORT, counts: newDatagramCounts() }
  const view = new FlowView()
  let line = 0
  for await (const { bytes, timeMs } of readDatagrams(chunks, options)) {
    // sflowtool prints null into arrays where it has nothing to say.
    const samples = (JSON.parse(lines[line++] as string).samples ??
      []) as (ReferenceSample | null)[]
    const flows = samples.filter(sample => sample?.sampleType === 'FLOWSAMPLE')
    const at = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    eachSample(at, (header, sample) => {
      if (sample.kind !== SAMPLE_FLOW) return
      const { elements = [], ...fields } = flows.shift() as ReferenceSample
      view.load(header, sample, timeMs)
      look(view, Object.assign({}, fields as unknown as Reference, ...elements.filter(Boolean)))
    })
  }
}

/** Walks one datagram. */
export function eachSample(
  datagram: DataView,
  look: (header: DatagramHeader, sample: Sample) => void,
): void {
  const header = new DatagramHeader()
  const sink: Sink = {
    datagram: () => 0,
    sample: sample => look(header, sample),
    unknownSample: () => {},
    refused: () => {},
  }
  walk(datagram, 0, datagram.byteLength, header, new Sample(), sink)
}

export interface SampleOptions {
  readonly source?: number
  readonly input?: number
  readonly output?: number
  readonly rate?: number
  readonly agent?: number
  readonly nowMs?: number
  readonly kind?: number
  readonly reason?: number
}

/** A view of one flow sample with these records: tag and body as hexadecimal digits. */
export function viewOf(
  records: readonly (readonly [tag: number, body: string])[],
  options: SampleOptions = {},
): FlowView {
  const bodies = records.map(
    ([tag, body]) => [tag, Buffer.from(body.replace(/\s/g, ''), 'hex')] as const,
  )
  const bytes = Buffer.concat(bodies.map(([, body]) => body))
  const sample = new Sample()
  sample.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  sample.kind = options.kind ?? SAMPLE_FLOW
  sample.sourceIndex = options.source ?? 1
  sample.samplingRate = options.rate ?? 100
  sample.inputValue = options.input ?? 1
  sample.outputValue = options.output ?? 2
  sample.reason = options.reason ?? 0
  let at = 0
  for (const [index, [tag, body]] of bodies.entries()) {
    sample.recordTags[index] = tag
    sample.recordStarts[index] = at
    at += body.length
    sample.recordEnds[index] = at
    sample.recordCount = index + 1
  }
  const header = new DatagramHeader()
  header.addressType = 1
  header.address[0] = options.agent ?? 0x0a000001
  const view = new FlowView()
  view.load(header, sample, options.nowMs ?? 1_000_000)
  return view
}

/** A sampled header record around these bytes; protocol 1 is Ethernet. */
export function header(
  bytes: string,
  protocol = 1,
  frameLength?: number,
): readonly [number, string] {
  const length = bytes.replace(/\s/g, '').length / 2
  const words = [protocol, frameLength ?? length + 4, 4, length]
  return [1, words.map(word => word.toString(16).padStart(8, '0')).join('') + bytes]
}
