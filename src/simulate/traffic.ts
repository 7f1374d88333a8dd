/**
 * Who talks to whom, how much and how long: a matrix of services, a day curve, conversations that
 * come and go. The streams it starts are bounded in number; what would be more waits its turn.
 */

import { addressBytes } from '../pcap/address-bytes.ts'
import type { Fabric, Host } from './fabric.ts'
import {
  type FrameShape,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  TCP_ACK,
  TCP_PUSH_ACK,
  VXLAN_OVERHEAD_BYTES,
} from './frames.ts'
import { GUEST_RUNNING, type Role } from './guests.ts'
import type { Random } from './random.ts'
import type { Endpoint, StreamOptions } from './stream.ts'

interface Service {
  readonly from: Role | 'outside'
  readonly to: Role
  readonly protocol: number
  readonly port: number
  /** Of all conversations, relative to the others. */
  readonly weight: number
  /** Bytes that the server sends for one that it receives. */
  readonly answerRatio: number
  readonly meanBytesPerSecond: number
  /** What its hosts mark its packets with. */
  readonly dscp: number
}

/** Data that matters, and work that can wait: RFC 4594. */
const DSCP_AF21 = 18
const DSCP_CS1 = 8

/** Kilobytes and megabytes a second are those of one conversation. */
const MATRIX: readonly Service[] = [
  service('outside', 'web', PROTOCOL_TCP, 443, 10, 12, 400_000),
  service('outside', 'web', PROTOCOL_UDP, 443, 5, 14, 500_000),
  service('outside', 'web', PROTOCOL_TCP, 80, 1, 8, 100_000),
  service('web', 'api', PROTOCOL_TCP, 8080, 9, 3, 500_000),
  service('api', 'db', PROTOCOL_TCP, 5432, 8, 4, 700_000, DSCP_AF21),
  service('api', 'cache', PROTOCOL_TCP, 6379, 8, 2, 300_000),
  service('api', 'queue', PROTOCOL_TCP, 9092, 5, 0.1, 900_000),
  service('batch', 'queue', PROTOCOL_TCP, 9092, 4, 9, 900_000, DSCP_CS1),
  service('batch', 'db', PROTOCOL_TCP, 5432, 2, 6, 2_000_000, DSCP_CS1),
  service('batch', 'batch', PROTOCOL_TCP, 2049, 2, 5, 4_000_000, DSCP_CS1),
  service('web', 'cache', PROTOCOL_UDP, 53, 3, 2, 8_000),
  service('batch', 'web', PROTOCOL_TCP, 9100, 1, 20, 15_000),
]

function service(
  from: Role | 'outside',
  to: Role,
  protocol: number,
  port: number,
  weight: number,
  answerRatio: number,
  meanBytesPerSecond: number,
  dscp = 0,
): Service {
  return { from, to, protocol, port, weight, answerRatio, meanBytesPerSecond, dscp }
}

const WEIGHT_TOTAL = MATRIX.reduce((sum, one) => sum + one.weight, 0)
/** A frame of 1500 bytes of IP, and one that only acknowledges. */
const FRAME_BYTES_FULL = 1_518
const FRAME_BYTES_ACK = 78
const FRAME_BYTES_SMALL = 220
export const LIFETIME_MEAN_MS = 20_000
const BYTES_PER_SECOND_MAX = 60_000_000
/** Of the conversations between hosts, how many are IPv6, and how many of VMs are in a tunnel. */
const IPV6_RATIO = 0.15
const VNI = 4_200

/**
 * How busy it is, 0.3 at night to 1 at the two peaks of a working day. `dayMs` long days are for
 * those who cannot wait.
 */
export function dayCurve(timeMs: number, dayMs: number): number {
  const hour = (((timeMs % dayMs) + dayMs) % dayMs) / (dayMs / 24)
  const peak = (at: number, width: number) => Math.exp(-(((hour - at) / width) ** 2))
  return 0.3 + 0.7 * Math.min(1, peak(10.5, 3) + 0.95 * peak(16, 3.5) + 0.35 * peak(21, 2))
}

/** One conversation between two of the matrix: a stream each way. */
export function startConversation(
  fabric: Fabric,
  random: Random,
  nowMs: number,
): readonly StreamOptions[] {
  const one = pickService(random)
  const server = pickGuest(fabric, one.to, random)
  const client =
    one.from === 'outside' ? outsider(fabric, random) : pickGuest(fabric, one.from, random)
  if (server === undefined || client === undefined || server.guest === client.guest) return []
  // Guests of one host talk without the network, and only Docker's over a bridge that tells of it.
  if (server.host === client.host && server.host?.bridge === undefined) return []
  const rate = Math.min(BYTES_PER_SECOND_MAX, one.meanBytesPerSecond * random.pareto(0.35, 1.6))
  const toServer = rate / (1 + one.answerRatio)
  const shape = conversationShape(client, server, one, random)
  const times = { startMs: nowMs, endMs: nowMs + 1_000 + random.exponential(LIFETIME_MEAN_MS) }
  const label = `${one.from}-${one.to}`
  return [
    { label, from: client, to: server, shape, bytesPerSecond: toServer, ...times },
    {
      label,
      from: server,
      to: client,
      shape: answerOf(shape, one.answerRatio >= 1),
      bytesPerSecond: rate - toServer,
      ...times,
    },
  ]
}

function conversationShape(
  client: Endpoint,
  server: Endpoint,
  { protocol, port, answerRatio, dscp }: Service,
  random: Random,
): FrameShape {
  const v6 = client.host && server.host && random.fraction() < IPV6_RATIO
  const tunnelled = client.guest?.kind === 'vm' && server.guest?.kind === 'vm'
  const inner = answerRatio < 1 ? FRAME_BYTES_FULL : FRAME_BYTES_SMALL
  const shape: FrameShape = {
    sourceMac: client.mac,
    destinationMac: server.mac,
    source: v6 ? (client.host?.address6 as Uint8Array) : client.address,
    destination: v6 ? (server.host?.address6 as Uint8Array) : server.address,
    protocol,
    sourcePort: 32_768 + random.integer(28_000),
    destinationPort: port,
    tcpFlags: answerRatio < 1 ? TCP_PUSH_ACK : TCP_ACK,
    dscp,
    frameBytes: inner,
  }
  if (!tunnelled) return shape
  const outer = {
    sourceMac: client.host?.nic.mac as Uint8Array,
    destinationMac: server.host?.nic.mac as Uint8Array,
    source: client.host?.address as Uint8Array,
    destination: server.host?.address as Uint8Array,
  }
  const tunnel = { ...outer, vni: VNI, sourcePort: 49_152 + random.integer(16_000) }
  return { ...shape, frameBytes: inner + VXLAN_OVERHEAD_BYTES, tunnel }
}

/** The other direction: addresses and ports exchanged, full frames where the first had small ones. */
export function answerOf(shape: FrameShape, isBulk: boolean): FrameShape {
  const { tunnel } = shape
  const inner = isBulk ? FRAME_BYTES_FULL : FRAME_BYTES_ACK
  const answer = {
    ...shape,
    sourceMac: shape.destinationMac,
    destinationMac: shape.sourceMac,
    source: shape.destination,
    destination: shape.source,
    sourcePort: shape.destinationPort,
    destinationPort: shape.sourcePort,
    tcpFlags: isBulk ? TCP_PUSH_ACK : TCP_ACK,
    frameBytes: inner,
  }
  if (tunnel === undefined) return answer
  return {
    ...answer,
    frameBytes: inner + VXLAN_OVERHEAD_BYTES,
    tunnel: {
      ...tunnel,
      sourceMac: tunnel.destinationMac,
      destinationMac: tunnel.sourceMac,
      source: tunnel.destination,
      destination: tunnel.source,
    },
  }
}

function pickService(random: Random): Service {
  let left = random.fraction() * WEIGHT_TOTAL
  for (const one of MATRIX) {
    left -= one.weight
    if (left < 0) return one
  }
  return MATRIX[0] as Service
}

function pickGuest(fabric: Fabric, role: Role, random: Random): Endpoint | undefined {
  const able = fabric.hosts.flatMap(host => {
    return host.guests
      .filter(guest => guest.role === role && guest.state === GUEST_RUNNING)
      .filter(guest => guest.kind === 'container' || guest.kind === 'vm')
      .map(guest => ({ host, guest, mac: guest.mac, address: guest.address }))
  })
  return able.length ? random.pick(able) : undefined
}

export function hostEndpoint(host: Host): Endpoint {
  return { host, guest: undefined, mac: host.nic.mac, address: host.address }
}

/** A client somewhere: from networks that are set aside for documentation and benchmarks. */
export function outsider(fabric: Fabric, random: Random): Endpoint {
  const address = addressBytes(`198.18.${random.integer(4)}.${1 + random.integer(250)}`)
  return { host: undefined, guest: undefined, mac: fabric.outsideMac, address }
}
