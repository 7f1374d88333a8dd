/** Flow records that hold the packet itself, or the fields that hardware read off it. */
import { defineFlowRecord, type Field, ipv4, ipv6, mac, opaque, u32 } from './define.ts'

const SPEC = 'sflow_version_5.txt'
const TUNNELS = 'sflow_tunnels.txt'

export const sampledHeader = defineFlowRecord({
  name: 'sampled_header',
  format: 1,
  spec: SPEC,
  about: 'The first bytes of a packet. Its layers become flow keys.',
  agents: 'all',
  toolHead: { flowSampleType: 'HEADER' },
  fields: [
    u32('protocol', { tool: 'headerProtocol' }),
    u32('frame_length', { unit: 'bytes', tool: 'sampledPacketSize' }),
    u32('stripped', { unit: 'bytes', tool: 'strippedBytes' }),
    opaque('header', { tool: 'headerBytes' }),
  ],
})

const ETHERNET: readonly Field[] = [
  u32('length', { unit: 'bytes', tool: 'ethernet_len' }),
  mac('src_mac', { tool: 'ethernet_src' }),
  mac('dst_mac', { tool: 'ethernet_dst' }),
  u32('type', { tool: 'ethernet_type' }),
]

const PORTS: readonly Field[] = [
  u32('src_port', { tool: 'TCPSrcPort' }),
  u32('dst_port', { tool: 'TCPDstPort' }),
  u32('tcp_flags', { tool: 'TCPFlags' }),
]

const IPV4: readonly Field[] = [
  u32('length', { unit: 'bytes', tool: 'sampledPacketSize' }),
  u32('protocol', { tool: 'IPProtocol' }),
  ipv4('src_ip', { tool: 'srcIP' }),
  ipv4('dst_ip', { tool: 'dstIP' }),
  ...PORTS,
  u32('tos', { tool: 'IPTOS' }),
]

const IPV6: readonly Field[] = [
  u32('length', { unit: 'bytes', tool: 'sampledPacketSize' }),
  u32('protocol', { tool: 'IPProtocol' }),
  ipv6('src_ip', { tool: 'srcIP6' }),
  ipv6('dst_ip', { tool: 'dstIP6' }),
  ...PORTS,
  u32('priority'),
]

export const sampledEthernet = defineFlowRecord({
  name: 'sampled_ethernet',
  format: 2,
  spec: SPEC,
  about:
    'The Ethernet header of a packet. Used where there is no record 1. Huawei sends 20 bytes, without padding.',
  agents: 'switches, Huawei with records 1, 2 and 3 for one packet',
  toolHead: { flowSampleType: 'ETHERNET' },
  fields: ETHERNET,
})

export const sampledIpv4 = defineFlowRecord({
  name: 'sampled_ipv4',
  format: 3,
  spec: SPEC,
  about: 'The IPv4 and transport header of a packet. Used where there is no record 1.',
  agents: 'switches, Huawei with records 1, 2 and 3 for one packet',
  toolHead: { flowSampleType: 'IPV4' },
  fields: IPV4,
})

export const sampledIpv6 = defineFlowRecord({
  name: 'sampled_ipv6',
  format: 4,
  spec: SPEC,
  about: 'The IPv6 and transport header of a packet. Used where there is no record 1.',
  agents: 'switches',
  toolHead: { flowSampleType: 'IPV6' },
  fields: IPV6,
})

/** Outer headers of a tunnel: `way` is what the agent did with them. */
function tunnel(
  format: number,
  kind: 'L2' | 'ipv4' | 'ipv6',
  way: 'egress' | 'ingress',
  fields: readonly Field[],
) {
  const short = way === 'egress' ? 'out' : 'in'
  const type = kind === 'L2' ? 'ETHERNET' : kind.toUpperCase()
  const done = way === 'egress' ? 'put on' : 'took off'
  return defineFlowRecord({
    name: `extended_${kind}_tunnel_${way}`,
    format,
    spec: TUNNELS,
    about: `The outer ${kind === 'L2' ? 'Ethernet' : type} header that the agent ${done} the packet.`,
    agents: kind === 'ipv4' ? 'Open vSwitch' : 'none seen',
    toolHead: { flowSampleType: `tunnel_${kind.toLowerCase()}_${short}_${type}` },
    toolPrefix: `tunnel_${kind.toLowerCase()}_${short}_`,
    fields,
  })
}

export const TUNNEL_RECORDS = [
  tunnel(1021, 'L2', 'egress', ETHERNET),
  tunnel(1022, 'L2', 'ingress', ETHERNET),
  tunnel(1023, 'ipv4', 'egress', IPV4),
  tunnel(1024, 'ipv4', 'ingress', IPV4),
  tunnel(1025, 'ipv6', 'egress', IPV6),
  tunnel(1026, 'ipv6', 'ingress', IPV6),
  ...(['egress', 'ingress'] as const).map((way, index) =>
    defineFlowRecord({
      name: `extended_decapsulate_${way}`,
      format: 1027 + index,
      spec: TUNNELS,
      about: 'Where the inner header begins that the agent looked at.',
      agents: 'none seen',
      toolHead: { extendedType: `${index === 0 ? 'out' : 'in'}_decap` },
      toolPrefix: index === 0 ? 'out_' : 'in_',
      fields: [u32('inner_header_offset', { unit: 'bytes', tool: 'decap_inner_header_offset' })],
    }),
  ),
  ...(['egress', 'ingress'] as const).map((way, index) =>
    defineFlowRecord({
      name: `extended_vni_${way}`,
      format: 1029 + index,
      spec: TUNNELS,
      about: 'The virtual network that the packet belongs to.',
      agents: 'Open vSwitch',
      toolHead: { extendedType: `${index === 0 ? 'out' : 'in'}_VNI` },
      toolPrefix: index === 0 ? 'out_' : 'in_',
      fields: [u32('vni', { tool: 'VNI' })],
    }),
  ),
]
