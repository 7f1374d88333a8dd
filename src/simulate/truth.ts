/**
 * What really happened in a simulation: exact bytes of every interface, stream and host, the
 * datagrams that were lost, the incidents. Tests hold what a monitor says against it.
 */
import type { Device, Port } from './fabric.ts'
import type { Incident } from './incidents.ts'
import type { PortCounters } from './port-counters.ts'
import type { Stream } from './stream.ts'
import type { Arrived, ToldRecord } from './told-records.ts'

export interface InterfaceTruth {
  readonly agent: string
  readonly ifIndex: number
  readonly ifName: string
  readonly device: Device['kind']
  /** As the device counts, from before the simulation; not cut to 32 bits. */
  readonly counters: Readonly<PortCounters>
  /** Since the simulation began. */
  readonly since: Readonly<PortCounters>
  readonly samples: number
  readonly samplePool: number
}

export interface StreamTruth {
  readonly id: number
  /** Agents whose samplers it passes, in order. */
  readonly agents: readonly string[]
  /** Guest or host at each end; empty: outside. */
  readonly from: string
  readonly to: string
  readonly dscp: number
  readonly label: string
  /** Bytes of the addresses: 4 or 16. */
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
  readonly frameBytes: number
  readonly tunnelled: boolean
  /** Addresses and ports of its packets differ. */
  readonly varied: boolean
  readonly startMs: number
  readonly endMs: number
  readonly packets: number
  readonly bytes: number
  readonly packetsDelivered: number
  /** To all samplers on its way together. */
  readonly packetsOffered: number
}

export interface AgentTruth {
  readonly agent: string
  readonly datagramsMade: number
  /** Notifications of discarded packets. */
  readonly discardSamples: number
  /** Of those, never handed out: lost on the way. */
  readonly datagramsLost: number
  readonly datagramsTwice: number
  /** Overtaken by the next. */
  readonly datagramsLate: number
  /** With `keepTruth`: what was handed out. */
  readonly arrived: Arrived
}

export interface Truth {
  interfaces(): readonly InterfaceTruth[]
  /** Those that live; with `keepTruth` also those that ended. */
  streams(): readonly StreamTruth[]
  agents(): readonly AgentTruth[]
  /** In the order of their beginning; without `keepTruth` only the latest. */
  incidents(): readonly Incident[]
  /** With `keepTruth`: the latest counter records of every source that arrived. */
  records(): readonly ToldRecord[]
}

export function interfaceTruth(port: Port): InterfaceTruth {
  const { device, ifIndex, name, counters, countersBase, sampler } = port
  const since = { ...counters }
  for (const key of Object.keys(since) as (keyof PortCounters)[]) since[key] -= countersBase[key]
  return {
    agent: device.agent,
    ifIndex,
    ifName: name,
    device: device.kind,
    counters: { ...counters },
    since,
    samples: sampler.sequence,
    samplePool: sampler.pool,
  }
}

export function streamTruth(stream: Stream): StreamTruth {
  const { label, shape, startMs, endMs, vary } = stream.options
  const { source, destination, protocol, sourcePort, destinationPort, frameBytes, tunnel } = shape
  const { from, to } = stream.options
  return {
    id: stream.id,
    agents: stream.hops.flatMap(({ input, output }) => (input ?? output)?.device.agent ?? []),
    from: from.guest?.name ?? from.host?.name ?? '',
    to: to.guest?.name ?? to.host?.name ?? '',
    dscp: shape.dscp ?? 0,
    label,
    source,
    destination,
    protocol,
    sourcePort,
    destinationPort,
    frameBytes,
    tunnelled: tunnel !== undefined,
    varied: vary !== undefined,
    startMs,
    endMs,
    packets: stream.packets,
    bytes: stream.bytes,
    packetsDelivered: stream.packetsDelivered,
    packetsOffered: stream.packetsOffered,
  }
}
