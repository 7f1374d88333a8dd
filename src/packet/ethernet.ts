/**
 * Link layers: Ethernet, 802.1Q and QinQ tags, LLC and SNAP, MPLS, PPP and PPPoE, 802.11.
 * Each reader checks that its header lies inside the sampled bytes, records where it begins, sets
 * `packet.next` and answers which layer is there, or NOTHING.
 */
import { LAYER, NOTHING } from './layers.ts'
import type { PacketView } from './packet.ts'

/** Below this the type word of an Ethernet header is a length: IEEE 802.3, 3.2.6. */
const TYPE_MIN = 0x600

/** The layer that an EtherType announces. */
export function etherTypeLayer(type: number): number {
  switch (type) {
    case 0x0800:
      return LAYER.ip
    case 0x86dd:
      return LAYER.ip6
    case 0x8100: // 802.1Q
    case 0x88a8: // 802.1ad
    case 0x9100: // QinQ before it was a standard
    case 0x9200:
    case 0x9300:
      return LAYER.vlan
    case 0x0806:
    case 0x8035: // RARP has the form of ARP
      return LAYER.arp
    case 0x8847:
    case 0x8848:
      return LAYER.mpls
    case 0x8864:
      return LAYER.pppoe
    default:
      return NOTHING
  }
}

export function readEthernet(packet: PacketView, at: number): number {
  if (packet.end - at < 14) return NOTHING
  packet.add(LAYER.eth, at)
  return readType(packet, at + 12)
}

/** `at` is the tag control word: the type of the tag was the EtherType before it. */
export function readVlan(packet: PacketView, at: number): number {
  if (packet.end - at < 4) return NOTHING
  packet.add(LAYER.vlan, at)
  return readType(packet, at + 2)
}

/** The type word at `at`, and what stands behind it. */
function readType(packet: PacketView, at: number): number {
  const type = packet.view.getUint16(at)
  packet.next = at + 2
  if (type < TYPE_MIN) return LAYER.llc
  const layer = etherTypeLayer(type)
  if (layer !== LAYER.vlan) packet.add(LAYER.ethertype, at)
  return layer
}

/** LLC; with DSAP and SSAP 0xaa a SNAP header whose type word is an EtherType: RFC 1042. */
export function readLlc(packet: PacketView, at: number): number {
  if (packet.end - at < 3) return NOTHING
  packet.add(LAYER.llc, at)
  const { view } = packet
  if (view.getUint16(at) !== 0xaaaa || packet.end - at < 8) return NOTHING
  if (view.getUint16(at + 3) !== 0 || view.getUint8(at + 5) !== 0) return NOTHING
  return readType(packet, at + 6)
}

/** One label: RFC 3032. Behind the last stands IP by its version, or a pseudowire's control word. */
export function readMpls(packet: PacketView, at: number): number {
  const { view } = packet
  if (packet.end - at < 4) return NOTHING
  packet.add(LAYER.mpls, at)
  packet.next = at + 4
  const last = (view.getUint8(at + 2) & 1) === 1
  if (!last) return LAYER.mpls
  if (packet.end - at < 5) return NOTHING
  const version = view.getUint8(at + 4) >>> 4
  if (version === 4) return LAYER.ip
  if (version === 6) return LAYER.ip6
  if (version !== 0 || packet.end - at < 22) return NOTHING
  // RFC 4385: a first nibble of 0 is a control word. Only a frame of a known type is believed.
  const type = view.getUint16(at + 20)
  packet.next = at + 8
  return type >= TYPE_MIN && etherTypeLayer(type) !== NOTHING ? LAYER.eth : NOTHING
}

/** PPPoE session, RFC 2516: 6 bytes, then the PPP protocol. */
export function readPppoe(packet: PacketView, at: number): number {
  if (packet.end - at < 8) return NOTHING
  packet.add(LAYER.pppoe, at)
  packet.next = at + 8
  return pppLayer(packet.view.getUint16(at + 6))
}

/** PPP, with or without address and control bytes (ff 03), RFC 1662; Cisco HDLC carries an EtherType. */
export function readPpp(packet: PacketView, at: number): number {
  if (packet.end - at < 4) return NOTHING
  packet.add(LAYER.ppp, at)
  const { view } = packet
  const first = view.getUint16(at)
  packet.next = at + 4
  if (first === 0xff03) return pppLayer(view.getUint16(at + 2))
  if (first === 0x0f00 || first === 0x8f00) return etherTypeLayer(view.getUint16(at + 2))
  packet.next = at + 2
  return pppLayer(first)
}

function pppLayer(protocol: number): number {
  if (protocol === 0x0021) return LAYER.ip
  if (protocol === 0x0057) return LAYER.ip6
  if (protocol === 0x0281 || protocol === 0x0283) return LAYER.mpls
  return NOTHING
}

/** 802.11: only data frames that are not protected carry an LLC header that can be read. */
export function readWlan(packet: PacketView, at: number): number {
  if (packet.end - at < 24) return NOTHING
  packet.add(LAYER.wlan, at)
  const { view } = packet
  const control = view.getUint8(at)
  const flags = view.getUint8(at + 1)
  const data = ((control >>> 2) & 3) === 2
  const withoutBody = (control & 0x40) !== 0
  const isProtected = (flags & 0x40) !== 0
  if (!data || withoutBody || isProtected) return NOTHING
  const fourth = (flags & 3) === 3 ? 6 : 0
  const qos = (control & 0x80) !== 0 ? 2 : 0
  packet.next = at + 24 + fourth + qos
  return LAYER.llc
}
