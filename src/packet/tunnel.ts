/**
 * Tunnels and what rides on UDP: GRE and NVGRE, VXLAN, Geneve, GTP-U, RoCEv2 and InfiniBand, DNS.
 * A tunnel's header names the layer inside it; where it does not, nothing is guessed.
 */
import { etherTypeLayer } from './ethernet.ts'
import { LAYER, NOTHING } from './layers.ts'
import type { PacketView } from './packet.ts'

const TRANSPARENT_ETHERNET = 0x6558
const ERSPAN_II = 0x88be
const ERSPAN_III = 0x22eb

/** RFC 2784 and 2890: optional checksum, key and sequence; NVGRE (RFC 7637) is Ethernet with a key. */
export function readGre(packet: PacketView, at: number): number {
  if (packet.end - at < 4) return NOTHING
  const { view } = packet
  const flags = view.getUint16(at)
  const type = view.getUint16(at + 2)
  const routed = (flags & 0x4000) !== 0
  const version = flags & 7
  let next = at + 4
  if ((flags & 0x8000) !== 0) next += 4
  const keyed = (flags & 0x2000) !== 0 && version === 0
  packet.add(keyed && type === TRANSPARENT_ETHERNET ? LAYER.nvgre : LAYER.gre, at)
  if (routed || version !== 0) return NOTHING
  if (keyed && packet.end - next >= 4) packet.add(LAYER['gre-key'], next)
  if ((flags & 0x2000) !== 0) next += 4
  const sequenced = (flags & 0x1000) !== 0
  if (sequenced) next += 4
  packet.next = next
  if (type === TRANSPARENT_ETHERNET) return LAYER.eth
  // ERSPAN type I has neither a sequence number nor a header of its own.
  if (type === ERSPAN_II) return sequenced ? LAYER.erspan : LAYER.eth
  if (type === ERSPAN_III) return LAYER.erspan
  return etherTypeLayer(type)
}

/** RFC 7348: 8 bytes; without the I flag the identifier is not valid, so it is no VXLAN. */
export function readVxlan(packet: PacketView, at: number): number {
  if (packet.end - at < 8 || (packet.view.getUint8(at) & 0x08) === 0) return NOTHING
  packet.add(LAYER.vxlan, at)
  packet.next = at + 8
  return LAYER.eth
}

/** RFC 8926: options in words of 4 bytes, then a frame or packet by EtherType. */
export function readGeneve(packet: PacketView, at: number): number {
  const { view } = packet
  if (packet.end - at < 8 || view.getUint8(at) >>> 6 !== 0) return NOTHING
  packet.add(LAYER.geneve, at)
  packet.next = at + 8 + (view.getUint8(at) & 0x3f) * 4
  const type = view.getUint16(at + 2)
  return type === TRANSPARENT_ETHERNET ? LAYER.eth : etherTypeLayer(type)
}

const GTP_EXTENSIONS_MAX = 4

/** 3GPP TS 29.281: version 1, message type 255 carries an IP packet. */
export function readGtpu(packet: PacketView, at: number): number {
  const { view } = packet
  if (packet.end - at < 8) return NOTHING
  const flags = view.getUint8(at)
  if (flags >>> 5 !== 1 || (flags & 0x10) === 0) return NOTHING
  packet.add(LAYER.gtpu, at)
  if (view.getUint8(at + 1) !== 255) return NOTHING
  let next = at + 8
  if ((flags & 7) !== 0) {
    next += 4
    for (let count = 0; count <= GTP_EXTENSIONS_MAX; count++) {
      if (count === GTP_EXTENSIONS_MAX || next >= packet.end) return NOTHING
      if (view.getUint8(next - 1) === 0) break
      const words = view.getUint8(next)
      if (words === 0) return NOTHING
      next += words * 4
    }
  }
  if (next >= packet.end) return NOTHING
  packet.next = next
  const version = view.getUint8(next) >>> 4
  return version === 4 ? LAYER.ip : version === 6 ? LAYER.ip6 : NOTHING
}

/** InfiniBand local route header; its last two bits name what follows: 2 a BTH, 3 a GRH before it. */
export function readInfiniband(packet: PacketView, at: number): number {
  if (packet.end - at < 8) return NOTHING
  const following = packet.view.getUint8(at + 1) & 3
  if (following < 2) return NOTHING
  packet.next = at + (following === 3 ? 48 : 8)
  return LAYER.ibbt
}

/** Operations, the low 5 bits of the opcode, that carry an RDMA or an acknowledge header. */
const RETH_OPERATIONS = new Set([6, 10, 11, 12])
const AETH_OPERATIONS = new Set([13, 15, 16, 17, 18])

/** Base transport header, InfiniBand architecture 1, 9.2: 12 bytes. */
export function readIbbt(packet: PacketView, at: number): number {
  if (packet.end - at < 12) return NOTHING
  packet.add(LAYER.ibbt, at)
  const operation = packet.view.getUint8(at) & 31
  const end = at + 12
  if (RETH_OPERATIONS.has(operation) && packet.end - end >= 16) packet.add(LAYER['ibbt-reth'], end)
  if (AETH_OPERATIONS.has(operation) && packet.end - end >= 4) packet.add(LAYER['ibbt-aeth'], end)
  return NOTHING
}

/** The question itself is read by the keys that show it. */
export function readDns(packet: PacketView, at: number): number {
  if (packet.end - at >= 12) packet.add(LAYER.dns, at)
  return NOTHING
}
