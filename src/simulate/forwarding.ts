/**
 * Moves the packets of a stream along its path for one step: the same packets are counted by the
 * ports and offered to the samplers, so counters and samples can never disagree. Damaged packets
 * count as errors, packets without room or without a way as discards, and neither goes further.
 */
import type { Port } from './fabric.ts'
import type { Hop, Stream } from './stream.ts'

/** Why packets were discarded: sflow_drops.txt. */
export const DROP_NO_BUFFER_SPACE = 259
export const DROP_UNRESOLVED_NEIGHBOUR = 279
export const DROP_ACL = 258

/** Told while packets move; nothing is kept by reference. */
export interface ForwardingSink {
  /** A packet was sampled at a port, which it entered or, on hosts, left. */
  sampled(stream: Stream, hop: Hop, at: Port, dropped: number | undefined): void
  /** Packets of a stream were discarded at a hop, for a reason. */
  discarded(stream: Stream, hop: Hop, packets: number, reason: number): void
  /** Packets left a host or reached one. */
  atEndpoint(stream: Stream, direction: 'sent' | 'received', packets: number): void
}

/** `packets` of the stream enter the network. */
export function forward(stream: Stream, packets: number, sink: ForwardingSink): void {
  if (packets === 0) return
  const { shape } = stream.options
  stream.packets += packets
  stream.bytes += packets * shape.frameBytes
  sink.atEndpoint(stream, 'sent', packets)
  let left = packets
  for (const hop of stream.hops) {
    left = throughHop(stream, hop, left, sink)
    if (left === 0) return
  }
  // A path that ends where a host sends leads nowhere: the cable is out.
  const last = stream.hops.at(-1)
  if (last === undefined || (last.input === undefined && last.local)) return
  stream.packetsDelivered += left
  sink.atEndpoint(stream, 'received', left)
}

function throughHop(stream: Stream, hop: Hop, packets: number, sink: ForwardingSink): number {
  const { input, output } = hop
  const arrived = input ? arriveAt(input, stream, packets) : packets
  const ends = hop.local === true && output === undefined
  const filtered = stream.options.filtered === true && hop.local !== true
  const room = ends ? arrived : filtered ? 0 : roomAt(output, stream, arrived)
  const reason = filtered ? DROP_ACL : output ? DROP_NO_BUFFER_SPACE : DROP_UNRESOLVED_NEIGHBOUR
  // Switches sample what comes in, hosts also what they send. The last packets find no room.
  const at = input ?? (output?.device.kind === 'host' ? output : undefined)
  if (at) stream.packetsOffered += arrived
  at?.sampler.batch(arrived, position => {
    sink.sampled(stream, hop, at, position < room ? undefined : reason)
  })
  if (room < arrived) {
    if (output && !filtered) countDiscards(output, 'outDiscards', arrived - room)
    else if (input) countDiscards(input, 'inDiscards', arrived - room)
    sink.discarded(stream, hop, arrived - room, reason)
  }
  return output ? leaveBy(output, stream, room) : room
}

function leaveBy(output: Port, stream: Stream, packets: number): number {
  const collided = stream.random.binomial(packets, output.collisionRatio)
  output.counters.outErrors += collided
  count(output, 'out', stream, packets - collided)
  return packets - collided
}

function arriveAt(input: Port, stream: Stream, packets: number): number {
  const damaged = stream.random.binomial(packets, input.errorRatio)
  input.counters.inErrors += damaged
  if (input.aggregate) input.aggregate.counters.inErrors += damaged
  count(input, 'in', stream, packets - damaged)
  return packets - damaged
}

function roomAt(output: Port | undefined, stream: Stream, packets: number): number {
  if (output === undefined) return 0
  output.offeredBytes += packets * stream.options.shape.frameBytes
  return packets - stream.random.binomial(packets, output.discardRatio)
}

function countDiscards(port: Port, counter: 'inDiscards' | 'outDiscards', packets: number): void {
  port.counters[counter] += packets
  if (port.aggregate) port.aggregate.counters[counter] += packets
}

function count(port: Port, direction: 'in' | 'out', stream: Stream, packets: number): void {
  const { shape, multicast } = stream.options
  for (const one of port.aggregate ? [port, port.aggregate] : [port]) {
    const { counters } = one
    if (direction === 'in') {
      counters.inOctets += packets * shape.frameBytes
      if (multicast) counters.inMulticast += packets
      else counters.inUnicast += packets
    } else {
      counters.outOctets += packets * shape.frameBytes
      if (multicast) counters.outMulticast += packets
      else counters.outUnicast += packets
    }
  }
}

/**
 * At the end of a step: what the ports were offered decides how much the next step discards. A port
 * carries what its line can carry, and a queue of a moment is not modelled.
 */
export function settle(ports: Iterable<Port>, stepMs: number): void {
  for (const port of ports) {
    const capacity = (port.speed / 8) * (stepMs / 1_000)
    port.discardRatio = port.offeredBytes > capacity ? 1 - capacity / port.offeredBytes : 0
    port.offeredBytes = 0
  }
}
