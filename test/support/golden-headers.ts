/** Packets for sampled headers: what a header golden is about, and its bytes. */

export interface Header {
  readonly name: string
  readonly why: string
  readonly protocol: number
  readonly bytes: readonly number[]
}

const DESTINATION = [0x02, 0x42, 0xac, 0x11, 0x00, 0x03]
const SOURCE = [0x02, 0x42, 0xac, 0x11, 0x00, 0x02]
const ETHERNET = [...DESTINATION, ...SOURCE]

function word(value: number): number[] {
  return [(value >> 8) & 255, value & 255]
}

function ipv4(protocol: number, payload: readonly number[], fragment = 0x4000): number[] {
  const head = [
    0x45,
    0x28,
    ...word(20 + payload.length),
    0x1d,
    0x2e,
    ...word(fragment),
    63,
    protocol,
  ]
  return [...head, 0xab, 0xcd, 172, 17, 0, 2, 172, 17, 0, 3, ...payload]
}

function ipv6(next: number, payload: readonly number[]): number[] {
  const address = (last: number) => [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]
  const head = [0x6a, 0xb1, 0x23, 0x45, ...word(payload.length), next, 61]
  return [...head, ...address(1), ...address(2), ...payload]
}

const TCP = [
  ...word(40_001),
  ...word(443),
  0,
  0,
  0,
  1,
  0,
  0,
  0,
  2,
  0x50,
  0x12,
  ...word(8_192),
  0,
  0,
  0,
  0,
]
const UDP = [...word(5_353), ...word(4_789), ...word(18), 0, 0, ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]
const ICMP = [8, 3, 0, 0, 0, 1, 0, 2]

export const HEADERS: readonly Header[] = [
  {
    name: 'tcp',
    why: 'Ethernet, one VLAN tag, IPv4, TCP.',
    protocol: 1,
    bytes: [...ETHERNET, 0x81, 0, 0xa0, 0x64, 8, 0, ...ipv4(6, TCP)],
  },
  {
    name: 'qinq',
    why: 'Two VLAN tags, the second with a suffix, then ICMP.',
    protocol: 1,
    bytes: [...ETHERNET, 0x88, 0xa8, 0x60, 0x0a, 0x81, 0, 0x20, 0x0b, 8, 0, ...ipv4(1, ICMP)],
  },
  {
    name: 'fragment',
    why: 'A later fragment has no ports: what stands there is not looked at.',
    protocol: 1,
    bytes: [...ETHERNET, 8, 0, ...ipv4(17, UDP, 0x00b9)],
  },
  {
    name: 'ipv6-udp',
    why: 'IPv6 with a hop-by-hop header before UDP.',
    protocol: 1,
    bytes: [...ETHERNET, 0x86, 0xdd, ...ipv6(0, [17, 0, 5, 2, 0, 0, 1, 0, ...UDP])],
  },
  {
    name: 'ipv6-jumbo',
    why: 'A payload length of 0 is a jumbo payload; the transport is one without ports.',
    protocol: 12,
    bytes: ipv6(0x3b, []),
  },
  {
    name: 'raw-ipv4',
    why: 'A header that begins with IPv4: no addresses of the link layer.',
    protocol: 11,
    bytes: ipv4(17, UDP),
  },
  {
    name: 'snap',
    why: '802.3 with SNAP around IPv4.',
    protocol: 1,
    bytes: [...ETHERNET, 0, 60, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0, ...ipv4(6, TCP)],
  },
  {
    name: 'snap-vendor',
    why: 'SNAP of a vendor: its number, and nothing behind it.',
    protocol: 1,
    bytes: [...ETHERNET, 0, 40, 0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0, ...ICMP, ...ICMP],
  },
  {
    name: 'wireless',
    why: 'An 802.11 data frame from the distribution system to a station.',
    protocol: 15,
    bytes: [8, 2, 0x30, 0, ...DESTINATION, 2, 0, 0, 0, 0, 9, ...SOURCE, 0x10, 0x22, 1, 2, 3, 4],
  },
  {
    name: 'mpls',
    why: 'A header protocol whose layers the reference program does not read.',
    protocol: 13,
    bytes: [0, 0x10, 1, 0x40, ...ipv4(6, TCP)],
  },
  {
    name: 'short',
    why: 'Cut in the middle of the IPv4 header: the link layer is told, no more.',
    protocol: 1,
    bytes: [...ETHERNET, 8, 0, ...ipv4(6, TCP).slice(0, 10)],
  },
]
