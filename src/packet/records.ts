/**
 * Records 2, 3 and 4 (sampled Ethernet, IPv4, IPv6) laid out as the packet that they describe, so
 * that the same keys read both. sflow_version_5.txt, "sampled_ethernet", "sampled_ipv4",
 * "sampled_ipv6". Fields that a record lacks stay 0, and keys that would show them are not given.
 */

export const RECORD_ETHERNET = 2
export const RECORD_IPV4 = 3
export const RECORD_IPV6 = 4

const TCP = 6
const UDP = 17
const SCTP = 132

/**
 * Writes one packet at 0 of `into` from the records that begin at `starts` (by tag, -1 is none) and
 * returns its length. The records are whole. Of 3 and 4, the first that is there is used.
 */
export function writeRecords(view: DataView, starts: Int32Array, into: DataView): number {
  for (let offset = 0; offset < into.byteLength; offset++) into.setUint8(offset, 0)
  const ethernet = starts[RECORD_ETHERNET] as number
  const ip = starts[RECORD_IPV4] as number
  const ip6 = starts[RECORD_IPV6] as number
  let to = 0
  if (ethernet >= 0) {
    copy(view, ethernet + 12, into, 0, 6)
    copy(view, ethernet + 4, into, 6, 6)
    into.setUint16(12, view.getUint32(ethernet + 20) & 0xffff)
    to = 14
  }
  if (ip >= 0) return writeIp(view, ip, into, to)
  if (ip6 >= 0) return writeIp6(view, ip6, into, to)
  return to
}

function writeIp(view: DataView, at: number, into: DataView, to: number): number {
  const protocol = view.getUint32(at + 4) & 255
  into.setUint8(to, 0x45)
  into.setUint8(to + 1, view.getUint32(at + 28) & 255)
  into.setUint16(to + 2, Math.min(view.getUint32(at), 0xffff))
  into.setUint8(to + 9, protocol)
  copy(view, at + 8, into, to + 12, 8)
  return to + 20 + writeTransport(view, protocol, at + 16, into, to + 20)
}

function writeIp6(view: DataView, at: number, into: DataView, to: number): number {
  const protocol = view.getUint32(at + 4) & 255
  into.setUint32(to, 0x60000000 | ((view.getUint32(at + 52) & 255) << 20))
  into.setUint16(to + 4, Math.min(Math.max(view.getUint32(at) - 40, 0), 0xffff))
  into.setUint8(to + 6, protocol)
  copy(view, at + 8, into, to + 8, 32)
  return to + 40 + writeTransport(view, protocol, at + 40, into, to + 40)
}

/** Source port, destination port, TCP flags: three words of the record. ICMP has no ports to show. */
function writeTransport(
  view: DataView,
  protocol: number,
  at: number,
  into: DataView,
  to: number,
): number {
  if (protocol !== TCP && protocol !== UDP && protocol !== SCTP) return 0
  into.setUint16(to, view.getUint32(at) & 0xffff)
  into.setUint16(to + 2, view.getUint32(at + 4) & 0xffff)
  if (protocol !== TCP) return 4
  into.setUint16(to + 12, 0x5000 | (view.getUint32(at + 8) & 0x1ff))
  return 20
}

function copy(from: DataView, at: number, into: DataView, to: number, bytes: number): void {
  for (let byte = 0; byte < bytes; byte++) into.setUint8(to + byte, from.getUint8(at + byte))
}
