/** Datagrams with one packet sample of a small UDP packet, for tests of the whole engine. */
import { encodeDatagram, port } from '../../src/simulate/encode.ts'
import { SAMPLED_ETHERNET, SAMPLED_IPV4 } from '../../src/simulate/flow-layouts.ts'
import { type RecordData, record } from '../../src/simulate/layout.ts'

export const FRAME = { length: 1_000, samplingRate: 100 } as const

export interface FlowSent {
  readonly agent?: string
  readonly sequence: number
  readonly uptimeMs: number
  readonly input: number
  readonly output?: number
  /** Where it was taken if not on its way in. */
  readonly sampledAt?: number
  readonly source?: string
  readonly destination?: string
}

export function flowDatagram(sent: FlowSent): Uint8Array {
  const { agent = '10.0.0.1', sequence, uptimeMs, input, output = 99 } = sent
  const { source = '10.9.0.1', destination = '10.9.0.2', sampledAt = input } = sent
  const packet = record(SAMPLED_IPV4, {
    length: FRAME.length,
    protocol: 17,
    source,
    destination,
    sourcePort: 40_000,
    destinationPort: 53,
    tcpFlags: 0,
    tos: 0,
  })
  return oneSample({ agent, sequence, uptimeMs, sampledAt, input, output }, packet)
}

/** A packet of which only its Ethernet header is known. */
export function frameDatagram(sent: {
  readonly sequence: number
  readonly uptimeMs: number
  /** Twelve digits. */
  readonly source: string
}): Uint8Array {
  const { sequence, uptimeMs, source } = sent
  const packet = record(SAMPLED_ETHERNET, {
    length: FRAME.length,
    sourceMac: source,
    destinationMac: '0242ac110002',
    type: 0x0800,
  })
  const place = { agent: '10.0.0.1', sampledAt: 1, input: 1, output: 99 }
  return oneSample({ ...place, sequence, uptimeMs }, packet)
}

function oneSample(
  place: Required<
    Pick<FlowSent, 'agent' | 'sequence' | 'uptimeMs' | 'input' | 'output' | 'sampledAt'>
  >,
  packet: RecordData,
): Uint8Array {
  const { agent, sequence, uptimeMs, sampledAt, input, output } = place
  return encodeDatagram({
    agent,
    sequence,
    uptimeMs,
    samples: [
      {
        kind: 'flow',
        sequence,
        sourceClass: 0,
        sourceIndex: sampledAt,
        samplingRate: FRAME.samplingRate,
        samplePool: sequence * FRAME.samplingRate,
        drops: 0,
        input: port(input),
        output: port(output),
        records: [packet],
      },
    ],
  })
}
