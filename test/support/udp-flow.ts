/** A datagram with one packet sample of a UDP packet, of any agent and sub-agent, of any size. */
import { encodeDatagram, port } from '../../src/simulate/encode.ts'
import { SAMPLED_IPV4 } from '../../src/simulate/flow-layouts.ts'
import { record } from '../../src/simulate/layout.ts'

export interface UdpFlowSent {
  readonly agent: string
  readonly subAgent?: number
  readonly sequence: number
  readonly uptimeMs: number
  readonly source?: string
  readonly destination?: string
  readonly sourcePort?: number
  readonly length?: number
}

export const SAMPLING_RATE = 100
export const LENGTH = 1_000

export function udpFlow(sent: UdpFlowSent): Uint8Array {
  const { agent, subAgent = 0, sequence, uptimeMs, length = LENGTH } = sent
  const { source = '10.9.0.1', destination = '10.9.0.2', sourcePort = 40_000 } = sent
  const packet = record(SAMPLED_IPV4, {
    length,
    protocol: 17,
    source,
    destination,
    sourcePort,
    destinationPort: 53,
    tcpFlags: 0,
    tos: 0,
  })
  return encodeDatagram({
    agent,
    subAgent,
    sequence,
    uptimeMs,
    samples: [
      {
        kind: 'flow',
        sequence,
        sourceClass: 0,
        sourceIndex: 1 + subAgent,
        samplingRate: SAMPLING_RATE,
        samplePool: sequence * SAMPLING_RATE,
        drops: 0,
        input: port(1 + subAgent),
        output: port(99),
        records: [packet],
      },
    ],
  })
}
