/**
 * IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200). The length field shortens what
 * inner layers may read, so that padding of short frames is never taken for a payload.
 */
import { DEPTHS, LAYER, NOTHING } from './layers.ts'
import type { PacketView } from './packet.ts'

/** Real packets carry one or two extension headers; the numbers of four fit into a word. */
const EXTENSIONS_MAX = 4

const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const AUTHENTICATION = 51
const DESTINATION = 60
const MOBILITY = 135

/** The layer that an IP protocol number announces. */
function protocolLayer(protocol: number): number {
  switch (protocol) {
    case 6:
      return LAYER.tcp
    case 17:
      return LAYER.udp
    case 1:
      return LAYER.icmp
    case 58:
      return LAYER.icmp6
    case 47:
      return LAYER.gre
    case 4:
      return LAYER.ip
    case 41:
      return LAYER.ip6
    case 132:
      return LAYER.sctp
    case 50:
      return LAYER.esp
    case 137:
      return LAYER.mpls
    default:
      return NOTHING
  }
}

export function readIp(packet: PacketView, at: number): number {
  if (packet.end - at < 20) return NOTHING
  const { view } = packet
  const first = view.getUint8(at)
  const headerBytes = (first & 15) * 4
  if (first >>> 4 !== 4 || headerBytes < 20) return NOTHING
  packet.add(LAYER.ip, at)
  const total = view.getUint16(at + 2)
  // 0 is what a host writes into segments that its network card will cut.
  if (total >= headerBytes) packet.end = Math.min(packet.end, at + total)
  const fragment = view.getUint16(at + 6) & 0x3fff
  if (fragment !== 0) {
    packet.add(LAYER['ip-fragment'], at)
    if ((fragment & 0x1fff) !== 0) return NOTHING
  }
  const protocol = view.getUint8(at + 9)
  packet.next = at + headerBytes
  if (protocol !== AUTHENTICATION) return protocolLayer(protocol)
  return skipAuthentication(packet)
}

/** RFC 4302: next header, length in words minus 2. */
function skipAuthentication(packet: PacketView): number {
  const at = packet.next
  if (packet.end - at < 12) return NOTHING
  packet.next = at + (packet.view.getUint8(at + 1) + 2) * 4
  return protocolLayer(packet.view.getUint8(at))
}

export function readIp6(packet: PacketView, at: number): number {
  if (packet.end - at < 40) return NOTHING
  const { view } = packet
  if (view.getUint8(at) >>> 4 !== 6) return NOTHING
  const depth = packet.add(LAYER.ip6, at)
  const payload = view.getUint16(at + 4)
  if (payload > 0) packet.end = Math.min(packet.end, at + 40 + payload)
  let named = at + 6
  let protocol = view.getUint8(named)
  let offset = at + 40
  let count = 0
  let extensions = 0
  let whole = true
  while (isExtension(protocol) && count < EXTENSIONS_MAX) {
    if (packet.end - offset < 8) {
      whole = false
      break
    }
    count += 1
    extensions = (extensions << 8) | protocol
    named = offset
    if (protocol === FRAGMENT) {
      packet.add(LAYER['ip6-fragment'], offset)
      if (view.getUint16(offset + 2) >>> 3 !== 0) whole = false
    }
    offset += extensionBytes(protocol, view.getUint8(offset + 1))
    protocol = view.getUint8(named)
    if (!whole) break
  }
  packet.add(LAYER['ip6-next'], named)
  if (depth < DEPTHS) {
    packet.ip6ExtensionCount[depth] = count
    packet.ip6Extensions[depth] = extensions
  }
  packet.next = offset
  return whole ? protocolLayer(protocol) : NOTHING
}

function isExtension(protocol: number): boolean {
  return (
    protocol === HOP_BY_HOP ||
    protocol === FRAGMENT ||
    protocol === DESTINATION ||
    protocol === ROUTING ||
    protocol === AUTHENTICATION ||
    protocol === MOBILITY
  )
}

function extensionBytes(protocol: number, length: number): number {
  if (protocol === FRAGMENT) return 8
  return protocol === AUTHENTICATION ? (length + 2) * 4 : (length + 1) * 8
}
