/**
 * Transport headers. Their keys need only the first bytes (ports, type), so a header that the agent
 * cut short still counts; each key checks that its own field is there.
 */
import { LAYER, NOTHING } from './layers.ts'
import type { PacketView } from './packet.ts'

const PORT_DNS = 53
const PORT_GTPU = 2152
const PORT_VXLAN = 4789
/** What Linux used before the number above was assigned. */
const PORT_VXLAN_LINUX = 8472
const PORT_ROCE = 4791
const PORT_GENEVE = 6081
const PORT_MPLS = 6635

/** TCP, ICMP, ICMPv6, SCTP, ARP, ESP: nothing behind them is looked at. */
export function readLeaf(packet: PacketView, layer: number, at: number): number {
  if (packet.end - at >= (layer === LAYER.arp ? 8 : 4)) packet.add(layer, at)
  return NOTHING
}

/** UDP; tunnels and DNS are known by their ports. */
export function readUdp(packet: PacketView, at: number): number {
  if (packet.end - at < 4) return NOTHING
  packet.add(LAYER.udp, at)
  const { view } = packet
  packet.next = at + 8
  return layerInUdp(view.getUint16(at), view.getUint16(at + 2))
}

/** The layer that UDP ports announce. */
export function layerInUdp(source: number, destination: number): number {
  switch (destination) {
    case PORT_VXLAN:
    case PORT_VXLAN_LINUX:
      return LAYER.vxlan
    case PORT_GENEVE:
      return LAYER.geneve
    case PORT_GTPU:
      return LAYER.gtpu
    case PORT_ROCE:
      return LAYER.ibbt
    case PORT_MPLS:
      return LAYER.mpls
    case PORT_DNS:
      return LAYER.dns
    default:
      return source === PORT_DNS ? LAYER.dns : NOTHING
  }
}

/** ERSPAN type II (8 bytes) or III (12, or 20 with its sub-header): a mirrored Ethernet frame follows. */
export function readErspan(packet: PacketView, at: number): number {
  if (packet.end - at < 8) return NOTHING
  packet.add(LAYER.erspan, at)
  const version = packet.view.getUint8(at) >>> 4
  if (version === 1) packet.next = at + 8
  else if (version !== 2 || packet.end - at < 12) return NOTHING
  else packet.next = at + ((packet.view.getUint8(at + 11) & 1) === 1 ? 20 : 12)
  return LAYER.eth
}
