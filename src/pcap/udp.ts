/**
 * Finds the UDP payload of a captured packet: link layers Ethernet (with VLAN tags), Linux cooked
 * v1 and v2, raw IP, BSD null and loopback; IPv4 and IPv6 with extension headers. Fragments are not
 * put together: that sFlow was ever fragmented is worth a count, not a reassembly.
 */

/** Filled anew for each packet. Offsets count from the start of the packet. */
export interface UdpPlace {
  sourceOffset: number
  addressBytes: 4 | 16
  sourcePort: number
  destinationPort: number
  payloadOffset: number
  payloadLength: number
  /** The capture holds less of the payload than was sent. */
  cut: boolean
}

export const OTHER_PACKETS = ['not_ip', 'not_udp', 'fragment', 'malformed', 'link_type'] as const
export type OtherPacket = (typeof OTHER_PACKETS)[number]

const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
const VLAN_ETHERTYPES: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100])
const VLAN_TAGS_MAX = 4
const PROTOCOL_UDP = 17
const UDP_HEADER_BYTES = 8
const IPV4_HEADER_BYTES = 20
const IPV6_HEADER_BYTES = 40
const IPV6_FRAGMENT = 44
const IPV6_AUTHENTICATION = 51
const IPV6_EXTENSIONS: ReadonlySet<number> = new Set([
  0,
  43,
  60,
  IPV6_FRAGMENT,
  IPV6_AUTHENTICATION,
])
const IPV6_EXTENSIONS_MAX = 8

interface Link {
  readonly headerBytes: number
  /** Where the ethertype lies; absent: the version of the IP header tells. */
  readonly ethertypeOffset?: number
}

/** By the numbers of tcpdump.org/linktypes.html. */
const LINKS: Readonly<Record<number, Link>> = {
  0: { headerBytes: 4 }, // null: an address family in the byte order of the capturing machine
  1: { headerBytes: 14, ethertypeOffset: 12 },
  12: { headerBytes: 0 },
  14: { headerBytes: 0 },
  101: { headerBytes: 0 },
  108: { headerBytes: 4 }, // OpenBSD loopback
  113: { headerBytes: 16, ethertypeOffset: 14 },
  228: { headerBytes: 0 },
  229: { headerBytes: 0 },
  276: { headerBytes: 20, ethertypeOffset: 0 },
}

/** Fills `place` and returns undefined, or says what the packet is instead. */
export function findUdp(
  bytes: Uint8Array,
  linkType: number,
  place: UdpPlace,
): OtherPacket | undefined {
  const link = LINKS[linkType]
  if (link === undefined) return 'link_type'
  let at = link.headerBytes
  if (bytes.length < at + 1) return 'malformed'
  let ethertype = ethertypeOfVersion(bytes, at)
  if (link.ethertypeOffset !== undefined) {
    ethertype = uint16(bytes, link.ethertypeOffset)
    for (let tags = 0; tags < VLAN_TAGS_MAX && VLAN_ETHERTYPES.has(ethertype); tags++) {
      if (bytes.length < at + 4) return 'malformed'
      ethertype = uint16(bytes, at + 2)
      at += 4
    }
  }
  if (ethertype === ETHERTYPE_IPV4) return inIpv4(bytes, at, place)
  return ethertype === ETHERTYPE_IPV6 ? inIpv6(bytes, at, place) : 'not_ip'
}

function ethertypeOfVersion(bytes: Uint8Array, at: number): number {
  const version = (bytes[at] as number) >> 4
  if (version === 4) return ETHERTYPE_IPV4
  return version === 6 ? ETHERTYPE_IPV6 : 0
}

function inIpv4(bytes: Uint8Array, at: number, place: UdpPlace): OtherPacket | undefined {
  if (bytes.length < at + IPV4_HEADER_BYTES) return 'malformed'
  const headerBytes = ((bytes[at] as number) & 15) * 4
  if (headerBytes < IPV4_HEADER_BYTES) return 'malformed'
  if (bytes[at + 9] !== PROTOCOL_UDP) return 'not_udp'
  const moreOrOffset = uint16(bytes, at + 6) & 0x3fff
  if (moreOrOffset !== 0) return 'fragment'
  place.sourceOffset = at + 12
  place.addressBytes = 4
  return inUdp(bytes, at + headerBytes, place)
}

function inIpv6(bytes: Uint8Array, at: number, place: UdpPlace): OtherPacket | undefined {
  if (bytes.length < at + IPV6_HEADER_BYTES) return 'malformed'
  let next = bytes[at + 6] as number
  let header = at + IPV6_HEADER_BYTES
  for (let count = 0; IPV6_EXTENSIONS.has(next); count++) {
    if (count === IPV6_EXTENSIONS_MAX || bytes.length < header + 8) return 'malformed'
    const lengthField = bytes[header + 1] as number
    if (next === IPV6_FRAGMENT && (uint16(bytes, header + 2) & 0xfff9) !== 0) return 'fragment'
    const kind = next
    next = bytes[header] as number
    if (kind === IPV6_FRAGMENT) header += 8
    else header += kind === IPV6_AUTHENTICATION ? (lengthField + 2) * 4 : (lengthField + 1) * 8
  }
  if (next !== PROTOCOL_UDP) return 'not_udp'
  place.sourceOffset = at + 8
  place.addressBytes = 16
  return inUdp(bytes, header, place)
}

function inUdp(bytes: Uint8Array, at: number, place: UdpPlace): OtherPacket | undefined {
  if (bytes.length < at + UDP_HEADER_BYTES) return 'malformed'
  const length = uint16(bytes, at + 4)
  const here = bytes.length - at - UDP_HEADER_BYTES
  // 0 is what a capture shows before the hardware cuts a large send into segments.
  const sent = length === 0 ? here : length - UDP_HEADER_BYTES
  if (sent < 0) return 'malformed'
  place.sourcePort = uint16(bytes, at)
  place.destinationPort = uint16(bytes, at + 2)
  place.payloadOffset = at + UDP_HEADER_BYTES
  place.payloadLength = Math.min(sent, here)
  place.cut = here < sent
  return undefined
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number)
}
