/**
 * A capture with every record that the encoder knows, each field another number: a datagram for each
 * layout, compact and expanded in turn. `every-record.sflowtool.jsonl` is what sflowtool 6.11 prints
 * for it with `-r FILE -j`.
 */
import { pcapFileHeader, pcapRecord, udpFrame } from '../../src/pcap/writer.ts'
import * as counterLayouts from '../../src/simulate/counter-layouts.ts'
import { encodeDatagram, port, type SampleData } from '../../src/simulate/encode.ts'
import * as flowLayouts from '../../src/simulate/flow-layouts.ts'
import * as hostLayouts from '../../src/simulate/host-layouts.ts'
import { type Fields, type Layout, type RecordData, record } from '../../src/simulate/layout.ts'

const { PORT_NAME } = counterLayouts
const { EGRESS_QUEUE, VNI_EGRESS, HEADER_PROTOCOL_ETHERNET: _, ...flowRecords } = flowLayouts
const COUNTER_LAYOUTS: readonly Layout[] = [
  ...Object.values(counterLayouts),
  ...Object.values(hostLayouts),
]
const FLOW_LAYOUTS: readonly Layout[] = [EGRESS_QUEUE, VNI_EGRESS, ...Object.values(flowRecords)]
const ENDPOINT = { address: '127.0.0.1', port: 6343 }

export function everyRecordCapture(): Buffer {
  const filler = new Filler()
  const parts: Uint8Array[] = [pcapFileHeader()]
  const add = (samples: readonly SampleData[]) => {
    const data = { agent: '10.9.9.9', sequence: parts.length, uptimeMs: 1_000, samples }
    const frame = udpFrame(ENDPOINT, ENDPOINT, encodeDatagram(data))
    parts.push(pcapRecord(1_600_000_000_000 + parts.length, frame))
  }
  for (const layout of COUNTER_LAYOUTS) {
    const records = [filler.record(layout), record(PORT_NAME, { name: 'after' })]
    const expanded = parts.length % 2 === 0
    const place = { sequence: parts.length, sourceClass: 0, sourceIndex: 7 }
    add([{ kind: 'counters', ...place, expanded, records }])
  }
  for (const layout of FLOW_LAYOUTS) {
    const place = { sequence: parts.length, sourceClass: 0, sourceIndex: 7 }
    const flow = {
      kind: 'flow',
      ...place,
      expanded: parts.length % 2 === 0,
      samplingRate: 10,
      samplePool: 100,
      drops: 1,
      input: port(3),
      output: { format: 1, value: 256 },
      records: [filler.record(layout), record(VNI_EGRESS, { vni: 4242 })],
    } as const
    const ports = { drops: 2, input: 3, output: 4, reason: 258 }
    add([
      flow,
      { kind: 'discard', ...place, ...ports, records: [record(EGRESS_QUEUE, { queue: 3 })] },
    ])
  }
  return Buffer.concat(parts)
}

/** Sampled IPv6 and the IPv6 socket: laid out as their IPv4 siblings, but for the addresses. */
const IPV6_TAGS: ReadonlySet<number> = new Set([4, 2101])

/** Makes a value for a field; numbers count up, so no two are alike. */
class Filler {
  #number = 0
  #isIpv6 = false

  record(layout: Layout): RecordData {
    this.#isIpv6 = IPV6_TAGS.has(layout.tag)
    return record(layout, this.#values(layout.fields))
  }

  #values(fields: Fields): never {
    const entries = Object.entries(fields).map(([name, kind]) => {
      this.#number += 1
      if (typeof kind !== 'object') return [name, this.#value(name, kind)]
      return [name, [this.#values(kind.list), this.#values(kind.list)]]
    })
    // The types of the values follow from a layout that is known only while it runs.
    return Object.fromEntries(entries) as never
  }

  #value(name: string, kind: string): unknown {
    const number = this.#number
    if (name === 'status' || name === 'direction') return 1 + (number % 2)
    if (kind === 'text') return `t${name}`
    if (kind === 'mac') return `02000000${number.toString(16).padStart(4, '0')}`
    if (kind === 'uuid') return '00112233-4455-6677-8899-aabbccddeeff'
    if (kind === 'opaque') return Uint8Array.from({ length: 62 }, (_, at) => number + at)
    if (kind === 'ip' && this.#isIpv6) return `2001:db8::${number}`
    if (kind === 'ip' || kind === 'address') return `10.0.1.${number % 250}`
    return kind === 'f32' ? number + 0.5 : number
  }
}
