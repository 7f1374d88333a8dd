/**
 * Writes a pcap file (Ethernet, microseconds, little-endian) of UDP datagrams: pure functions from
 * values to bytes, with checksums that other tools accept. Both addresses are of one family.
 */

import { addressBytes } from './address-bytes.ts'
import { addWords, checksumOf } from './checksum.ts'

const MAGIC_MICROSECONDS = 0xa1b2c3d4
const LINK_TYPE_ETHERNET = 1
const SNAPSHOT_BYTES = 262_144

const ETHERNET_BYTES = 14
const UDP_BYTES = 8
const PROTOCOL_UDP = 17
const HOP_LIMIT = 64

export interface Endpoint {
  readonly address: string
  readonly port: number
}

export function pcapFileHeader(): Uint8Array {
  const bytes = new Uint8Array(24)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC_MICROSECONDS, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, SNAPSHOT_BYTES, true)
  view.setUint32(20, LINK_TYPE_ETHERNET, true)
  return bytes
}

/** One record: header and frame. */
export function pcapRecord(timeMs: number, frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + frame.length)
  const view = new DataView(bytes.buffer)
  const microseconds = Math.round(timeMs * 1_000)
  view.setUint32(0, Math.floor(microseconds / 1_000_000), true)
  view.setUint32(4, microseconds % 1_000_000, true)
  view.setUint32(8, frame.length, true)
  view.setUint32(12, frame.length, true)
  bytes.set(frame, 16)
  return bytes
}

/** An Ethernet frame that carries the payload from one address and port to another. */
export function udpFrame(source: Endpoint, destination: Endpoint, payload: Uint8Array): Uint8Array {
  const from = addressBytes(source.address)
  const to = addressBytes(destination.address)
  if (from.length !== to.length) {
    throw new Error(`${source.address} and ${destination.address} are of two families`)
  }
  const udpBytes = UDP_BYTES + payload.length
  const ipBytes = from.length === 4 ? 20 : 40
  const frame = new Uint8Array(ETHERNET_BYTES + ipBytes + udpBytes)
  const view = new DataView(frame.buffer)
  frame.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1])
  view.setUint16(12, from.length === 4 ? 0x0800 : 0x86dd)
  if (from.length === 4) writeIpv4(frame, view, from, to, udpBytes)
  else writeIpv6(frame, view, from, to, udpBytes)
  const udp = ETHERNET_BYTES + ipBytes
  view.setUint16(udp, source.port)
  view.setUint16(udp + 2, destination.port)
  view.setUint16(udp + 4, udpBytes)
  frame.set(payload, udp + UDP_BYTES)
  const addresses = addWords(from, 0, from.length, addWords(to, 0, to.length))
  const sum = addWords(frame, udp, frame.length, addresses + PROTOCOL_UDP + udpBytes)
  // RFC 768: a sum of zero is sent as all ones.
  view.setUint16(udp + 6, checksumOf(sum) || 0xffff)
  return frame
}

function writeIpv4(
  frame: Uint8Array,
  view: DataView,
  from: Uint8Array,
  to: Uint8Array,
  payloadBytes: number,
): void {
  view.setUint8(14, 0x45)
  view.setUint16(16, 20 + payloadBytes)
  view.setUint8(22, HOP_LIMIT)
  view.setUint8(23, PROTOCOL_UDP)
  frame.set(from, 26)
  frame.set(to, 30)
  view.setUint16(24, checksumOf(addWords(frame, 14, 34)))
}

function writeIpv6(
  frame: Uint8Array,
  view: DataView,
  from: Uint8Array,
  to: Uint8Array,
  payloadBytes: number,
): void {
  view.setUint8(14, 0x60)
  view.setUint16(18, payloadBytes)
  view.setUint8(20, PROTOCOL_UDP)
  view.setUint8(21, HOP_LIMIT)
  frame.set(from, 22)
  frame.set(to, 38)
}
