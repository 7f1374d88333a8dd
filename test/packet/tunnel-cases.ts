// Tunnels and what rides on UDP: bytes, and what keys must say of them.
import { eth, geneve, innerEth, ip, ip6, mpls, tcp, udp, vxlan } from './frames.ts'
import type { Case } from './plain-cases.ts'

const INNER = innerEth(0x0800) + ip(6, tcp, { at: 0x0b010203 })

export const TUNNEL_CASES: readonly Case[] = [
  {
    title: 'VXLAN',
    bytes: eth(0x0800) + ip(17, udp(40000, 4789, vxlan(0x2a2b2c) + INNER)),
    keys: {
      stack: 'eth.ip.udp.vxlan.eth.ip.tcp',
      vni: String(0x2a2b2c),
      vxlanvni: String(0x2a2b2c),
      ipsource: '10.1.2.3',
      'ipsource.1': '11.1.2.3',
      'ipdestination.1': '12.2.3.4',
      'macsource.1': '3A3B3C3D3E3F',
      'macdestination.1': '2A2B2C2D2E2F',
      tcpdestinationport: '443',
      'first:stack:.:ip:ip6': 'ip',
    },
  },
  {
    title: 'Geneve with options',
    bytes:
      eth(0x86dd) + ip6(17, udp(40000, 6081, geneve(0x0102, 0x6558, '0102800300000000') + INNER)),
    keys: {
      stack: 'eth.ip6.udp.geneve.eth.ip.tcp',
      genevevni: '258',
      vni: '258',
      ipsource: '11.1.2.3',
    },
  },
  {
    title: 'NVGRE',
    bytes: eth(0x0800) + ip(47, `2000 6558 0a0b0c0d ${INNER}`),
    keys: {
      stack: 'eth.ip.nvgre.eth.ip.tcp',
      grevsid: String(0x0a0b0c),
      grekey: String(0x0a0b0c0d),
      'ipsource.1': '11.1.2.3',
    },
  },
  {
    title: 'GRE with checksum, key and sequence',
    bytes: eth(0x0800) + ip(47, `b000 0800 00000000 01020304 00000007 ${ip(6, tcp)}`),
    keys: { stack: 'eth.ip.gre.ip.tcp', grekey: String(0x01020304), greprotocol: String(0x0800) },
  },
  {
    title: 'ERSPAN II',
    bytes: eth(0x0800) + ip(47, `1000 88be 00000001 1064 0123 00000000 ${INNER}`),
    keys: {
      stack: 'eth.ip.gre.erspan.eth.ip.tcp',
      erspansession: String(0x123),
      erspanvlan: '100',
    },
  },
  {
    title: 'ERSPAN III with its sub-header',
    bytes:
      eth(0x0800) +
      ip(47, `1000 22eb 00000001 2064 0123 00000000 00000001 0000000000000000 ${INNER}`),
    keys: { stack: 'eth.ip.gre.erspan.eth.ip.tcp', 'ipsource.1': '11.1.2.3' },
  },
  {
    title: 'IP in IP, both versions',
    bytes: eth(0x0800) + ip(4, ip(41, ip6(6, tcp), { at: 0x0c010203 })),
    keys: { stack: 'eth.ip.ip.ip6.tcp', 'ipsource.1': '12.1.2.3', ip6source: '2001:db8::1' },
  },
  {
    title: 'MPLS, two labels',
    bytes: eth(0x8847) + mpls(77, false) + mpls(78, true) + ip(6, tcp),
    keys: {
      stack: 'eth.mpls.mpls.ip.tcp',
      mplslabel: '77',
      'mplslabel.1': '78',
      mplstc: '5',
      mplsttl: '64',
    },
  },
  {
    title: 'a pseudowire with a control word',
    bytes: `${eth(0x8847)}${mpls(77, true)}00000001${INNER}`,
    keys: { stack: 'eth.mpls.eth.ip.tcp' },
  },
  {
    title: 'GTP-U with an extension header',
    bytes:
      eth(0x0800) +
      ip(
        17,
        udp(
          2152,
          2152,
          `34ff 0040 0a0b0c0d 0000 00 85 01 0009 00 ${ip(6, tcp, { at: 0x0d010203 })}`,
        ),
      ),
    keys: {
      stack: 'eth.ip.udp.gtpu.ip.tcp',
      gtputeid: String(0x0a0b0c0d),
      'ipsource.1': '13.1.2.3',
    },
  },
  {
    title: 'RoCEv2: an RDMA write',
    bytes:
      eth(0x0800) +
      ip(17, udp(49152, 4791, '0a c0 ffff 00 000123 00 000456 0000000000000001 00000002 00001000')),
    keys: {
      stack: 'eth.ip.udp.ibbt',
      ibbtopcode: '10',
      ibbtopname: 'RDMA_WRITE_ONLY',
      ibbtoptransport: 'RC',
      ibbtse: 'true',
      ibbtm: 'true',
      ibbtqp: String(0x123),
      ibbtpsn: String(0x456),
      ibbtrdmalen: '4096',
      ibbt_offset: '42',
      ibbtaethack: undefined,
    },
  },
  {
    title: 'RoCEv2: an acknowledge',
    bytes: eth(0x0800) + ip(17, udp(49152, 4791, '11 00 ffff 00 000123 00 000456 1f 000007')),
    keys: { ibbtopname: 'ACKNOWLEDGE', ibbtaethack: '31', ibbtse: 'false' },
  },
  {
    title: 'InfiniBand with a global route header',
    bytes: `00 03 0001 000a 0002 ${'00'.repeat(40)} 64 00 ffff 00 000123 00 000456`,
    protocol: 18,
    keys: { stack: 'ibbt', ibbtoptransport: 'UD', ibbtopname: 'SEND_ONLY' },
  },
]
