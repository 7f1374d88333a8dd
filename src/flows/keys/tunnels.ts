/** Keys of tunnels and labels, in headers and in the tunnel records that a switch adds; InfiniBand. */
import { LAYER } from '../../packet/layers.ts'
import type { FlowView } from '../flow-view.ts'
import { type KeyDeclaration, type KeySources, keysOf } from './declare.ts'
import { completePlaces, Found, findField } from './expression.ts'
import { BOOLEAN, IP4, IP6, type Kind, MAC, NUMBER, named, SMALL } from './kinds.ts'

const tunnel = keysOf('Tunnels')
const infiniband = keysOf('InfiniBand')

const VNI_EGRESS = 1029
const VNI_INGRESS = 1030

/** Headers with a 24-bit virtual network identifier, and where it stands. */
const VNI_HEADERS = [
  [LAYER.vxlan, 4],
  [LAYER.geneve, 4],
] as const

const vniPlaces = completePlaces([{ tag: VNI_INGRESS }, { tag: VNI_EGRESS }])
const vniFound = new Found()
const VNI_SOURCES: KeySources = {
  layers: ['vxlan', 'geneve', 'nvgre'],
  records: [VNI_EGRESS, VNI_INGRESS],
}

/** From VXLAN, Geneve or NVGRE headers, else from the records of a switch that took them off. */
function vni(view: FlowView, into: Int32Array, at: number, depth: number): boolean {
  const { packet } = view
  for (const [layer, place] of VNI_HEADERS) {
    const offset = packet.offset(layer + depth * 32)
    if (offset < 0) continue
    into[at] = packet.view.getUint32(offset + place) >>> 8
    return true
  }
  if (virtualSubnet(view, into, at, depth)) return true
  if (depth > 0 || !findField(view, vniPlaces, vniFound)) return false
  if (vniFound.end - vniFound.offset < 4) return false
  into[at] = view.sample.view.getUint32(vniFound.offset) & 0x7fffffff
  return true
}

/** NVGRE: the upper 24 bits of the GRE key, RFC 7637. */
function virtualSubnet({ packet }: FlowView, into: Int32Array, at: number, depth: number): boolean {
  if (packet.offset(LAYER.nvgre + depth * 32) < 0) return false
  const key = packet.offset(LAYER['gre-key'] + depth * 32)
  if (key < 0) return false
  into[at] = packet.view.getUint32(key) >>> 8
  return true
}

/** Open vSwitch writes the outer port of VXLAN with its bytes swapped: 4789 comes as 46354. */
const SWAPPED_VXLAN_PORT = 46_354
const VXLAN_PORT = 4_789

/** Keys of what a tunnel's outer header was, for packets whose sample holds the inner one. */
function outer(
  side: 'input' | 'output',
  ethernet: number,
  ip: number,
  ip6: number,
): KeyDeclaration[] {
  const way = side === 'input' ? 'came in' : 'leaves'
  const found = new Found()
  const port = (fixed: number) => {
    const places = completePlaces([
      { tag: ip, fixed },
      { tag: ip6, fixed: fixed + 24 },
    ])
    return (view: FlowView, into: Int32Array, at: number) => {
      if (!findField(view, places, found) || found.end - found.offset < 4) return false
      const value = view.sample.view.getUint32(found.offset) & 0xffff
      into[at] = value === SWAPPED_VXLAN_PORT ? VXLAN_PORT : value
      return true
    }
  }
  // biome-ignore format: one key a line, as a table
  return [
    tunnel.record(
      `${side}macsource`,
      MAC,
      6,
      { tag: ethernet, fixed: 4 },
      `Source MAC address of the tunnel by which the packet ${way}.`,
    ),
    tunnel.record(
      `${side}macdestination`,
      MAC,
      6,
      { tag: ethernet, fixed: 12 },
      `Destination MAC address of the tunnel by which the packet ${way}.`,
    ),
    tunnel.record(`${side}ipsource`, IP4, 4, { tag: ip, fixed: 8 }, `Source address of the tunnel by which the packet ${way}.`),
    tunnel.record(
      `${side}ipdestination`,
      IP4,
      4,
      { tag: ip, fixed: 12 },
      `Destination address of the tunnel by which the packet ${way}.`,
    ),
    tunnel.record(
      `${side}ip6source`,
      IP6,
      16,
      { tag: ip6, fixed: 8 },
      `Source address of the IPv6 tunnel by which the packet ${way}.`,
    ),
    tunnel.record(
      `${side}ip6destination`,
      IP6,
      16,
      { tag: ip6, fixed: 24 },
      `Destination address of the IPv6 tunnel by which the packet ${way}.`,
    ),
    tunnel.record(
      `${side}ipprotocol`,
      SMALL,
      4,
      [
        { tag: ip, fixed: 4 },
        { tag: ip6, fixed: 4 },
      ],
      `Protocol of the tunnel by which the packet ${way}.`,
    ),
    tunnel.custom(`${side}udpsourceport`, SMALL, `Source port of the tunnel by which the packet ${way}.`, port(16)),
    tunnel.custom(`${side}udpdestinationport`, SMALL, `Destination port of the tunnel by which the packet ${way}.`, port(20)),
    tunnel.record(
      `${side}vni`,
      NUMBER,
      4,
      { tag: side === 'input' ? VNI_INGRESS : VNI_EGRESS },
      `VNI of the tunnel by which the packet ${way}.`,
    ),
  ]
}

// biome-ignore format: one key a line, as a table
export const TUNNEL_KEYS: readonly KeyDeclaration[] = [
  tunnel.custom(
    'vni',
    SMALL,
    'Virtual network: VXLAN, Geneve or NVGRE, else what the switch says it took off or puts on.',
    vni,
    3,
    VNI_SOURCES,
  ),
  tunnel.field('vxlanvni', SMALL, ['vxlan', 4, 3], 'Virtual network of a VXLAN header.'),
  tunnel.field('genevevni', SMALL, ['geneve', 4, 3], 'Virtual network of a Geneve header.'),
  tunnel.custom('grevsid', SMALL, 'Virtual subnet of an NVGRE header.', virtualSubnet, 3),
  tunnel.field('grekey', NUMBER, ['gre-key', 0, 4], 'Key of a GRE header.'),
  tunnel.field('greprotocol', SMALL, ['gre', 2, 2], 'EtherType inside a GRE header.'),
  tunnel.field('gtputeid', NUMBER, ['gtpu', 4, 4], 'Tunnel endpoint of a GTP-U header.'),
  tunnel.field('erspansession', SMALL, ['erspan', 2, 2], 'Session of an ERSPAN header.', {
    mask: 0x3ff,
  }),
  tunnel.field('erspanvlan', SMALL, ['erspan', 0, 2], 'VLAN of the mirrored frame in an ERSPAN header.', { mask: 0xfff }),
  tunnel.field('mplslabel', SMALL, ['mpls', 0, 3], 'Label of the first MPLS entry; mplslabel.1 is the next.', { shift: 4 }),
  tunnel.field('mplstc', SMALL, ['mpls', 2, 1], 'Traffic class of the first MPLS entry.', {
    shift: 1,
    mask: 7,
  }),
  tunnel.field('mplsttl', SMALL, ['mpls', 3, 1], 'Time to live of the first MPLS entry.'),
  ...outer('output', 1021, 1023, 1025),
  ...outer('input', 1022, 1024, 1026),
]

/** InfiniBand architecture 1, 9.2: operations by the low 5 bits of the opcode. */
const OPERATIONS = [
  'SEND_FIRST',
  'SEND_MIDDLE',
  'SEND_LAST',
  'SEND_LAST_IMMEDIATE',
  'SEND_ONLY',
  'SEND_ONLY_IMMEDIATE',
  'RDMA_WRITE_FIRST',
  'RDMA_WRITE_MIDDLE',
  'RDMA_WRITE_LAST',
  'RDMA_WRITE_LAST_IMMEDIATE',
  'RDMA_WRITE_ONLY',
  'RDMA_WRITE_ONLY_IMMEDIATE',
  'RDMA_READ_REQUEST',
  'RDMA_READ_RESPONSE_FIRST',
  'RDMA_READ_RESPONSE_MIDDLE',
  'RDMA_READ_RESPONSE_LAST',
  'RDMA_READ_RESPONSE_ONLY',
  'ACKNOWLEDGE',
  'ATOMIC_ACKNOWLEDGE',
  'COMPARE_SWAP',
  'FETCH_ADD',
  'RESERVED',
  'SEND_LAST_INVALIDATE',
  'SEND_ONLY_INVALIDATE',
]

const OPERATION: Kind = named('InfiniBand operation', new Map(OPERATIONS.entries()))

const TRANSPORT: Kind = named(
  'InfiniBand transport',
  new Map([
    [0, 'RC'],
    [1, 'UC'],
    [2, 'RD'],
    [3, 'UD'],
    [4, 'CNP'],
    [5, 'XRC'],
  ]),
)

/** AETH syndrome: 000 and 5 bits of credit for an ACK, 011 and a code for a NAK. */
function syndrome(sort: number) {
  return ({ packet }: FlowView, into: Int32Array, at: number): boolean => {
    const offset = packet.offset(LAYER['ibbt-aeth'])
    if (offset < 0) return false
    const value = packet.view.getUint8(offset)
    into[at] = value & 31
    return value >>> 5 === sort
  }
}

// biome-ignore format: one key a line, as a table
export const INFINIBAND_KEYS: readonly KeyDeclaration[] = [
  infiniband.field('ibbtopcode', SMALL, ['ibbt', 0, 1], 'Operation code, with the transport in its upper 3 bits.'),
  infiniband.field('ibbtopname', OPERATION, ['ibbt', 0, 1], 'Operation by its name, such as RDMA_WRITE_ONLY.', { mask: 31 }),
  infiniband.field('ibbtoptransport', TRANSPORT, ['ibbt', 0, 1], 'Transport: RC, UC, RD, UD, CNP, XRC.', { shift: 5 }),
  infiniband.field('ibbtse', BOOLEAN, ['ibbt', 1, 1], 'Whether an event is asked for (solicited event).', { shift: 7 }),
  infiniband.field('ibbtm', BOOLEAN, ['ibbt', 1, 1], 'Whether the path has migrated.', {
    shift: 6,
    mask: 1,
  }),
  infiniband.field('ibbtpkey', SMALL, ['ibbt', 2, 2], 'Partition key.'),
  infiniband.field('ibbtqp', SMALL, ['ibbt', 5, 3], 'Destination queue pair.'),
  infiniband.field('ibbtpsn', SMALL, ['ibbt', 9, 3], 'Packet sequence number.'),
  infiniband.field('ibbtrdmalen', NUMBER, ['ibbt-reth', 12, 4], 'Bytes that an RDMA request asks for.'),
  infiniband.custom('ibbtaethack', SMALL, 'Credits that an acknowledge gives, as its code of 5 bits.', syndrome(0)),
  infiniband.custom('ibbtaethnak', SMALL, 'Code of a negative acknowledge.', syndrome(3)),
]
