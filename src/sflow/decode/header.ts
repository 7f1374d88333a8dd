/**
 * A sampled packet header as `sflowtool -j` prints it: link layer, VLAN tags, IP, ports. What the
 * reference program leaves out of a short header is left out here, and what it reads from the bytes
 * behind one is read from there. Flow keys have their own reader in src/packet/, which knows more.
 */
import { HEADER_BYTES_MAX } from './bounded-text.ts'
import type { Cursor } from './cursor.ts'
import type { Fields } from './json.ts'
import { hex, ipv4Text, ipv6Text } from './numbers.ts'

const PROTOCOL_ETHERNET = 1
const PROTOCOL_IPV4 = 11
const PROTOCOL_IPV6 = 12
const PROTOCOL_80211 = 15

const ETHERNET_BYTES = 14
const IPV4_BYTES = 20
const IPV6_BYTES = 40
const WIRELESS_BYTES = 24
/** Types from here down are lengths of an 802.3 frame. */
const LENGTH_MAX = 1_500

const VLAN_TYPES: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100, 0x9200, 0x9300])
const IPX_TYPES: ReadonlySet<number> = new Set([0x0200, 0x0201, 0x0600])
const TYPE_IPV4 = 0x0800
const TYPE_IPV6 = 0x86dd
/** Hop by hop, routing, fragment, authentication, destination options. */
const IPV6_EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 44, 51, 60])

/** Where IP was found. It outlives a record: a second header of one sample may find it there. */
export class HeaderState {
  /** Offset in the header, or -1. */
  ipv4 = -1
  ipv6 = -1
}

/** Bytes of a header, and of what comes behind it in the datagram; beyond that all is 0. */
class Bytes {
  readonly view: DataView
  readonly start: number
  readonly length: number

  constructor(view: DataView, start: number, length: number) {
    this.view = view
    this.start = start
    this.length = length
  }

  byte(at: number): number {
    const place = this.start + at
    return place < this.view.byteLength ? this.view.getUint8(place) : 0
  }

  word(at: number): number {
    return (this.byte(at) << 8) | this.byte(at + 1)
  }

  mac(at: number): string {
    return Array.from({ length: 6 }, (_, byte) =>
      this.byte(at + byte)
        .toString(16)
        .padStart(2, '0'),
    ).join('')
  }
}

/** Record 1, and what follows the cipher in record 1013. */
export function decodeHeader(cursor: Cursor, out: Fields, state: HeaderState): void {
  out.put('flowSampleType', 'HEADER')
  const protocol = cursor.u32()
  const frameLength = cursor.u32()
  const stripped = cursor.u32()
  const length = cursor.u32()
  const start = cursor.take(length)
  if (start < 0) return
  out.put('headerProtocol', protocol)
  out.put('sampledPacketSize', frameLength)
  out.put('strippedBytes', stripped)
  out.put('headerLen', length)
  const shown = Math.min(length, HEADER_BYTES_MAX)
  out.put('headerBytes', hex(cursor.view, start, shown, '-').toUpperCase())
  const bytes = new Bytes(cursor.view, start, length)
  if (protocol === PROTOCOL_ETHERNET) decodeEthernet(bytes, out, state)
  else if (protocol === PROTOCOL_IPV4) state.ipv4 = 0
  else if (protocol === PROTOCOL_IPV6) state.ipv6 = 0
  else if (protocol === PROTOCOL_80211) decode80211(bytes, out, state)
  const at = state.ipv4 >= 0 ? state.ipv4 : state.ipv6
  if (at < 0) return
  // The reference program prints this difference as a signed number.
  out.put('IPSize', (frameLength - stripped - at) | 0)
  if (state.ipv4 >= 0) decodeIpv4(bytes, at, out)
  else decodeIpv6(bytes, at, out)
}

function decodeEthernet(bytes: Bytes, out: Fields, state: HeaderState): void {
  state.ipv4 = -1
  state.ipv6 = -1
  if (bytes.length < ETHERNET_BYTES) return
  out.put('dstMAC', bytes.mac(0))
  out.put('srcMAC', bytes.mac(6))
  let type = bytes.word(12)
  let at = ETHERNET_BYTES
  for (let depth = 0; VLAN_TYPES.has(type); depth++) {
    if (bytes.length - at < 4) return
    const tag = bytes.word(at)
    const suffix = depth === 0 ? '' : `.${depth}`
    out.put(`decodedVLAN${suffix}`, tag & 0x0fff)
    out.put(`decodedPriority${suffix}`, tag >> 13)
    type = bytes.word(at + 2)
    at += 4
  }
  if (bytes.length < IPV4_BYTES) return
  if (IPX_TYPES.has(type) && isIpx(bytes, at)) return
  if (type <= LENGTH_MAX) {
    if (bytes.byte(at) === 0xaa && bytes.byte(at + 1) === 0xaa && bytes.byte(at + 2) === 0x03) {
      const vendor = [3, 4, 5].map(byte => bytes.byte(at + byte))
      if (vendor.some(byte => byte !== 0)) {
        out.put('VSNAP_OUI', hex(bytes.view, bytes.start + at + 3, 3, '-').toUpperCase())
        return
      }
      type = bytes.word(at + 6)
      at += 8
    } else if (
      bytes.byte(at) === 0x06 &&
      bytes.byte(at + 1) === 0x06 &&
      (bytes.byte(at + 2) & 1) === 1
    ) {
      type = TYPE_IPV4
      at += 3
    } else {
      return
    }
  }
  out.put('ethernet_type', type)
  findIp(bytes, type, at, state)
}

function isIpx(bytes: Bytes, at: number): boolean {
  const length = bytes.word(at + 2)
  return bytes.word(at) === 0xffff && length >= 30 && length <= 576
}

function findIp(bytes: Bytes, type: number, at: number, state: HeaderState): void {
  const first = bytes.byte(at)
  if (type === TYPE_IPV4 && bytes.length - at >= IPV4_BYTES && first >> 4 === 4) {
    if ((first & 15) >= 5) state.ipv4 = at
  }
  if (type === TYPE_IPV6 && first >> 4 === 6) state.ipv6 = at
}

/** Addresses of a data frame; which is which depends on its direction (IEEE 802.11, table 9-30). */
function decode80211(bytes: Bytes, out: Fields, state: HeaderState): void {
  state.ipv4 = -1
  state.ipv6 = -1
  if (bytes.length < WIRELESS_BYTES) return
  const control = (bytes.byte(1) << 8) | bytes.byte(0)
  if (((control >> 2) & 3) !== 2) return
  const toSystem = ((control >> 8) & 1) === 1
  const fromSystem = ((control >> 9) & 1) === 1
  const [first, second, third, fourth] = [4, 10, 16, 24] as const
  const source = fromSystem ? (toSystem ? fourth : third) : second
  out.put('srcMAC', bytes.mac(source))
  out.put('dstMAC', bytes.mac(toSystem ? third : first))
  out.put('txMAC', bytes.mac(second))
  out.put('rxMAC', bytes.mac(first))
}

function decodeIpv4(bytes: Bytes, at: number, out: Fields): void {
  if (bytes.length - at < IPV4_BYTES) return
  const place = bytes.start + at
  const protocol = bytes.byte(at + 9)
  out.put('ip.tot_len', bytes.word(at + 2))
  out.put('srcIP', ipv4Text(bytes.view, place + 12))
  out.put('dstIP', ipv4Text(bytes.view, place + 16))
  out.put('IPProtocol', protocol)
  out.put('IPTOS', bytes.byte(at + 1))
  out.put('IPTTL', bytes.byte(at + 8))
  // Read in the order of the machine there: little-endian.
  out.put('IPID', (bytes.byte(at + 5) << 8) | bytes.byte(at + 4))
  const fragmentOffset = bytes.word(at + 6) & 0x1fff
  if (fragmentOffset > 0) {
    out.put('IPFragmentOffset', fragmentOffset)
    return
  }
  const headerBytes = (bytes.byte(at) & 15) * 4
  if (bytes.length - at >= headerBytes) decodeTransport(bytes, at + headerBytes, protocol, out)
}

function decodeIpv6(bytes: Bytes, at: number, out: Fields): void {
  if (bytes.length - at < IPV6_BYTES || bytes.byte(at) >> 4 !== 6) return
  const place = bytes.start + at
  out.put('IPTOS', ((bytes.byte(at) & 15) << 4) | (bytes.byte(at + 1) >> 4))
  const label = ((bytes.byte(at + 1) & 15) << 16) | bytes.word(at + 2)
  out.put('IP6_label', `0x${label.toString(16)}`)
  const payload = bytes.word(at + 4)
  out.put('IPV6_payloadLen', payload === 0 ? '<jumbo>' : payload)
  out.put('IPTTL', bytes.byte(at + 7))
  out.put('srcIP6', ipv6Text(bytes.view, place + 8))
  out.put('dstIP6', ipv6Text(bytes.view, place + 24))
  let next = bytes.byte(at + 6)
  let behind = at + IPV6_BYTES
  while (IPV6_EXTENSIONS.has(next)) {
    out.put('IP6HeaderExtension', next)
    next = bytes.byte(behind)
    behind += 8 * (bytes.byte(behind + 1) + 1)
    if (behind > bytes.length) return
  }
  out.put('IPProtocol', next)
  decodeTransport(bytes, behind, next, out)
}

const ICMP = 1
const TCP = 6
const UDP = 17

function decodeTransport(bytes: Bytes, at: number, protocol: number, out: Fields): void {
  if (at > bytes.length - 8) return
  if (protocol === ICMP) {
    out.put('ICMPType', bytes.byte(at))
    out.put('ICMPCode', bytes.byte(at + 1))
  } else if (protocol === TCP) {
    out.put('TCPSrcPort', bytes.word(at))
    out.put('TCPDstPort', bytes.word(at + 2))
    out.put('TCPFlags', bytes.byte(at + 13))
  } else if (protocol === UDP) {
    out.put('UDPSrcPort', bytes.word(at))
    out.put('UDPDstPort', bytes.word(at + 2))
    out.put('UDPBytes', bytes.word(at + 4))
  }
}
