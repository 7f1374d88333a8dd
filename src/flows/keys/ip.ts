/** Keys of IPv4 and IPv6. */
import { LAYER } from '../../packet/layers.ts'
import type { FlowView } from '../flow-view.ts'
import { type KeyDeclaration, keysOf } from './declare.ts'
import type { NeedOf } from './expression.ts'
import { BOOLEAN, bits, IP4, IP6, type Kind, named, SMALL } from './kinds.ts'

const ip = keysOf('IPv4')
const ip6 = keysOf('IPv6')

/** RFC 2474, 2597, 3246, 5865, 8622. */
const DSCP_NAMES = new Map([
  [0, 'be'],
  [1, 'le'],
  ...[1, 2, 3, 4, 5, 6, 7].map((precedence): [number, string] => [
    precedence * 8,
    `cs${precedence}`,
  ]),
  ...[1, 2, 3, 4].flatMap(group =>
    [1, 2, 3].map((drop): [number, string] => [group * 8 + drop * 2, `af${group}${drop}`]),
  ),
  [44, 'va'],
  [46, 'ef'],
])

const DSCP_NAME: Kind = named('name of a DSCP', DSCP_NAMES)

const PROTOCOL_NAME: Kind = named(
  'name of a protocol',
  new Map([
    [0, 'hopopt'],
    [1, 'icmp'],
    [2, 'igmp'],
    [4, 'ipip'],
    [6, 'tcp'],
    [17, 'udp'],
    [41, 'ip6'],
    [47, 'gre'],
    [50, 'esp'],
    [51, 'ah'],
    [58, 'icmp6'],
    [88, 'eigrp'],
    [89, 'ospf'],
    [103, 'pim'],
    [112, 'vrrp'],
    [132, 'sctp'],
  ]),
)

const WIRE = { wireOnly: true }

/** An offset, or more to come: RFC 791, and the fragment header of RFC 8200. */
function isFragment({ packet }: FlowView, into: Int32Array, at: number, depth: number): boolean {
  if (packet.synthetic) return false
  const offset = packet.offset(LAYER.ip + depth * 32)
  if (offset >= 0) into[at] = (packet.view.getUint16(offset + 6) & 0x3fff) === 0 ? 0 : 1
  else if (packet.offset(LAYER.ip6 + depth * 32) < 0) return false
  else into[at] = packet.offset(LAYER['ip6-fragment'] + depth * 32) < 0 ? 0 : 1
  return true
}

/** Any fragment, perhaps of an inner packet: packets without one are not asked. */
const fragmentNeed: NeedOf = (wanted, negated) => {
  if (negated || wanted.includes(0)) return undefined
  const layers = (1 << LAYER['ip-fragment']) | (1 << LAYER['ip6-fragment'])
  return { need: { layers, tags: 0 }, decides: false }
}

// biome-ignore format: one key a line, as a table
export const IP_KEYS: readonly KeyDeclaration[] = [
  ip.field('ipsource', IP4, ['ip', 12, 4], 'Source address.'),
  ip.field('ipdestination', IP4, ['ip', 16, 4], 'Destination address.'),
  ip.field('ipprotocol', SMALL, ['ip', 9, 1], 'Protocol: 1 ICMP, 6 TCP, 17 UDP, 47 GRE.'),
  ip.field('ipprotocolname', PROTOCOL_NAME, ['ip', 9, 1], 'Protocol by its name, or its number.'),
  ip.field('iptos', SMALL, ['ip', 1, 1], 'Type of service, all 8 bits.'),
  ip.field('ipdscp', SMALL, ['ip', 1, 1], 'DSCP, 0 to 63.', { shift: 2 }),
  ip.field('ipdscpname', DSCP_NAME, ['ip', 1, 1], 'DSCP by its name (be, ef, af11, cs1, ...), or its number.', { shift: 2 }),
  ip.field('ipecn', SMALL, ['ip', 1, 1], 'ECN, 0 to 3; 3 is congestion experienced.', { mask: 3 }),
  ip.field('ipbytes', SMALL, ['ip', 2, 2], 'Length of the packet.'),
  ip.field('ipid', SMALL, ['ip', 4, 2], 'Identification.', WIRE),
  ip.field('ipflags', bits(3), ['ip', 6, 2], 'Flags, three bits: reserved, do not fragment, more fragments.', {
    ...WIRE,
    shift: 13,
  }),
  ip.field('ipfragoffset', SMALL, ['ip', 6, 2], 'Fragment offset, in units of 8 bytes.', {
    ...WIRE,
    mask: 0x1fff,
  }),
  ip.custom('ipfragment', BOOLEAN, 'Whether the packet is a fragment, of IPv4 or of IPv6. Not of sFlow-RT.', isFragment, 3, { layers: ['ip', 'ip6'], needOf: fragmentNeed }),
  ip.field('ipttl', SMALL, ['ip', 8, 1], 'Time to live.', WIRE),
]

/** Numbers of the extension headers in their order, `0.44`: how many, then a byte each. */
const EXTENSIONS: Kind = {
  name: 'list of header numbers',
  width: 2,
  spare: true,
  format: (words, at) => {
    const count = words[at] as number
    const packed = words[at + 1] as number
    return Array.from(
      { length: count },
      (_, index) => (packed >>> ((count - 1 - index) * 8)) & 255,
    ).join('.')
  },
  parse: text => {
    const numbers = text === '' ? [] : text.split('.')
    if (numbers.length > 4 || numbers.some(one => !/^\d{1,3}$/.test(one) || Number(one) > 255))
      return undefined
    return [numbers.length, numbers.reduce((packed, one) => (packed << 8) | Number(one), 0)]
  },
}

// biome-ignore format: one key a line, as a table
export const IP6_KEYS: readonly KeyDeclaration[] = [
  ip6.field('ip6source', IP6, ['ip6', 8, 16], 'Source address.'),
  ip6.field('ip6destination', IP6, ['ip6', 24, 16], 'Destination address.'),
  ip6.field('ip6nexthdr', SMALL, ['ip6-next', 0, 1], 'Protocol behind all extension headers: 6 TCP, 17 UDP, 58 ICMPv6.'),
  ip6.field('ip6protocolname', PROTOCOL_NAME, ['ip6-next', 0, 1], 'Protocol behind all extension headers by its name, or its number.'),
  ip6.field('ip6tos', SMALL, ['ip6', 0, 2], 'Traffic class, all 8 bits.', { shift: 4, mask: 255 }),
  ip6.field('ip6dscp', SMALL, ['ip6', 0, 2], 'DSCP, 0 to 63.', { shift: 6, mask: 63 }),
  ip6.field('ip6dscpname', DSCP_NAME, ['ip6', 0, 2], 'DSCP by its name, or its number.', {
    shift: 6,
    mask: 63,
  }),
  ip6.field('ip6ecn', SMALL, ['ip6', 0, 2], 'ECN, 0 to 3.', { shift: 4, mask: 3 }),
  ip6.custom(
    'ip6bytes',
    SMALL,
    'Length of the packet with its header of 40 bytes.',
    ({ packet }, into, at, depth) => {
      const offset = packet.offset(LAYER.ip6 + depth * 32)
      if (offset < 0) return false
      into[at] = packet.view.getUint16(offset + 4) + 40
      return true
    },
    3,
  ),
  ip6.field('ip6flowlabel', SMALL, ['ip6', 0, 4], 'Flow label.', { ...WIRE, mask: 0xfffff }),
  ip6.field('ip6ttl', SMALL, ['ip6', 7, 1], 'Hop limit.', WIRE),
  ip6.custom(
    'ip6extensions',
    EXTENSIONS,
    'Numbers of the extension headers, in order, such as 0.44.',
    ({ packet }, into, at, depth) => {
      if (packet.offset(LAYER.ip6 + depth * 32) < 0 || packet.synthetic) return false
      into[at] = packet.ip6ExtensionCount[depth] as number
      into[at + 1] = packet.ip6Extensions[depth] as number
      return (packet.ip6ExtensionCount[depth] as number) > 0
    },
    3,
  ),
  ip6.field('ip6fragoffset', SMALL, ['ip6-fragment', 2, 2], 'Fragment offset, in units of 8 bytes.', { shift: 3 }),
  ip6.field('ip6fragm', BOOLEAN, ['ip6-fragment', 2, 2], 'Whether more fragments follow.', {
    mask: 1,
  }),
  ip6.field('ip6fragid', SMALL, ['ip6-fragment', 4, 4], 'Identification of the fragmented packet, lower 31 bits.', {
    mask: 0x7fffffff,
  }),
]
