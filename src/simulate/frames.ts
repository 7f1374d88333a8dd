/**
 * The first bytes of a frame as a sampler sees them: Ethernet, one VLAN tag, IPv4 or IPv6, TCP, UDP,
 * ICMP, VXLAN around all of it, LLDP. Payloads are zeros, so every checksum here is right.
 */
import { addWords, checksumOf } from '../pcap/checksum.ts'

/** As most agents are set up. */
export const HEADER_BYTES_MAX = 128
/** The frame check sequence: counted in a frame's length, never in the sampled bytes. */
export const FCS_BYTES = 4
export const FRAME_BYTES_MIN = 64

export const PROTOCOL_ICMP = 1
export const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17
export const PROTOCOL_ICMPV6 = 58

export const TCP_SYN = 0x02
export const TCP_ACK = 0x10
export const TCP_PUSH_ACK = 0x18

const ETHERTYPE_VLAN = 0x8100
const ETHERTYPE_LLDP = 0x88cc
const VXLAN_PORT = 4789
const IP_DO_NOT_FRAGMENT = 0x4000
const IP_MORE_FRAGMENTS = 0x2000
const ETHERNET_BYTES = 14
const VLAN_BYTES = 4
/** Outer Ethernet, IPv4, UDP and VXLAN. */
export const VXLAN_OVERHEAD_BYTES = 50

export interface FrameShape {
  readonly sourceMac: Uint8Array
  readonly destinationMac: Uint8Array
  readonly vlan?: number
  /** 4 or 16 bytes, of one family. */
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly protocol: number
  /** ICMP: its type. */
  readonly sourcePort: number
  /** ICMP: its code. */
  readonly destinationPort: number
  readonly tcpFlags?: number
  readonly dscp?: number
  readonly ttl?: number
  /** The first piece of a packet that was cut into several; IPv4. */
  readonly fragment?: boolean
  /** Of the whole frame, frame check sequence included; with a tunnel, of the outer one. */
  readonly frameBytes: number
  readonly tunnel?: Tunnel
}

export interface Tunnel {
  readonly vni: number
  readonly sourceMac: Uint8Array
  readonly destinationMac: Uint8Array
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly sourcePort: number
}

/** The sampled bytes: at most `HEADER_BYTES_MAX`, fewer when the frame is shorter. */
export function frameHeader(shape: FrameShape): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES_MAX)
  const view = new DataView(bytes.buffer)
  const length = shape.frameBytes - FCS_BYTES
  let at = 0
  if (shape.tunnel) {
    const { tunnel } = shape
    at = writeEthernet(view, bytes, 0, { ...tunnel }, ethertypeOf(tunnel.source))
    at = writeIp(view, bytes, at, { ...tunnel, protocol: PROTOCOL_UDP }, length - at)
    at = writeUdp(view, at, tunnel.sourcePort, VXLAN_PORT, length - at)
    view.setUint32(at, 0x08000000)
    view.setUint32(at + 4, tunnel.vni * 256)
    at += 8
  }
  at = writeEthernet(view, bytes, at, shape, ethertypeOf(shape.source))
  at = writeIp(view, bytes, at, shape, length - at)
  writeTransport(view, bytes, at, shape, length - at, pseudoHeaderSum(shape, length - at))
  return bytes.subarray(0, Math.min(HEADER_BYTES_MAX, length))
}

/** A link-layer discovery frame of one neighbour to the other; short names only. */
export function lldpHeader(sourceMac: Uint8Array, portName: string): Uint8Array {
  const name = Buffer.from(portName)
  const macs = [1, 0x80, 0xc2, 0, 0, 0x0e, ...sourceMac, ETHERTYPE_LLDP >> 8, ETHERTYPE_LLDP & 255]
  const chassis = [2, 7, 4, ...sourceMac]
  const port = [4, name.length + 1, 5, ...name]
  const frame = new Uint8Array(FRAME_BYTES_MIN - FCS_BYTES)
  frame.set([...macs, ...chassis, ...port, 6, 2, 0, 120])
  return frame
}

function ethertypeOf(address: Uint8Array): number {
  return address.length === 4 ? 0x0800 : 0x86dd
}

function writeEthernet(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  shape: Pick<FrameShape, 'sourceMac' | 'destinationMac' | 'vlan'>,
  ethertype: number,
): number {
  bytes.set(shape.destinationMac, at)
  bytes.set(shape.sourceMac, at + 6)
  if (shape.vlan === undefined) {
    view.setUint16(at + 12, ethertype)
    return at + ETHERNET_BYTES
  }
  view.setUint16(at + 12, ETHERTYPE_VLAN)
  view.setUint16(at + 14, shape.vlan)
  view.setUint16(at + 16, ethertype)
  return at + ETHERNET_BYTES + VLAN_BYTES
}

type IpShape = Pick<FrameShape, 'source' | 'destination' | 'protocol' | 'dscp' | 'ttl' | 'fragment'>

function writeIp(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  shape: IpShape,
  length: number,
): number {
  const { dscp = 0, ttl = 64 } = shape
  if (shape.source.length === 16) {
    view.setUint32(at, 0x60000000 | (dscp << 22))
    view.setUint16(at + 4, length - 40)
    view.setUint8(at + 6, shape.protocol)
    view.setUint8(at + 7, ttl)
    bytes.set(shape.source, at + 8)
    bytes.set(shape.destination, at + 24)
    return at + 40
  }
  view.setUint8(at, 0x45)
  view.setUint8(at + 1, dscp << 2)
  view.setUint16(at + 2, length)
  view.setUint16(at + 6, shape.fragment ? IP_MORE_FRAGMENTS : IP_DO_NOT_FRAGMENT)
  view.setUint8(at + 8, ttl)
  view.setUint8(at + 9, shape.protocol)
  bytes.set(shape.source, at + 12)
  bytes.set(shape.destination, at + 16)
  view.setUint16(at + 10, checksumOf(addWords(bytes, at, at + 20)))
  return at + 20
}

/** A checksum of zero is allowed over IPv4 (RFC 768), and usual for VXLAN (RFC 7348). */
function writeUdp(view: DataView, at: number, from: number, to: number, length: number): number {
  view.setUint16(at, from)
  view.setUint16(at + 2, to)
  view.setUint16(at + 4, length)
  return at + 8
}

function pseudoHeaderSum({ source, destination, protocol }: FrameShape, length: number): number {
  const addresses = addWords(source, 0, source.length, addWords(destination, 0, destination.length))
  return addresses + protocol + length
}

function writeTransport(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  shape: FrameShape,
  length: number,
  pseudoHeader: number,
): void {
  const { protocol, sourcePort, destinationPort } = shape
  if (protocol === PROTOCOL_UDP) {
    writeUdp(view, at, sourcePort, destinationPort, length)
    const sum = checksumOf(addWords(bytes, at, at + 8, pseudoHeader))
    view.setUint16(at + 6, sum || 0xffff)
  } else if (protocol === PROTOCOL_TCP) {
    view.setUint16(at, sourcePort)
    view.setUint16(at + 2, destinationPort)
    view.setUint8(at + 12, 5 << 4)
    view.setUint8(at + 13, shape.tcpFlags ?? TCP_PUSH_ACK)
    view.setUint16(at + 14, 0xffff)
    view.setUint16(at + 16, checksumOf(addWords(bytes, at, at + 20, pseudoHeader)))
  } else {
    view.setUint8(at, sourcePort)
    view.setUint8(at + 1, destinationPort)
    const sum = addWords(bytes, at, at + 8, protocol === PROTOCOL_ICMPV6 ? pseudoHeader : 0)
    view.setUint16(at + 2, checksumOf(sum))
  }
}
