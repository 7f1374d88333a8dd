// Packets without tunnels: bytes, and what keys must say of them.
import { eth, icmp, ip, ip6, mpls, tcp, udp, vlan } from './frames.ts'

export interface Case {
  readonly title: string
  readonly bytes: string
  readonly protocol?: number
  readonly keys: Readonly<Record<string, string | undefined>>
}

const QUESTION =
  '0001 0100 0001 0000 0000 0000 03 57 57 57 07 65 78 61 6d 70 6c 65 03 63 6f 6d 00 001c 0001'

export const PLAIN_CASES: readonly Case[] = [
  {
    title: 'TCP over IPv4',
    bytes: eth(0x0800) + ip(6, tcp),
    keys: {
      stack: 'eth.ip.tcp',
      macsource: '1A1B1C1D1E1F',
      macdestination: '0A0B0C0D0E0F',
      ipsource: '10.1.2.3',
      ipdestination: '11.2.3.4',
      ipdscp: '46',
      ipdscpname: 'ef',
      ipecn: '1',
      ipid: String(0x1234),
      ipflags: '010',
      ipfragment: 'false',
      ipttl: '63',
      ipprotocolname: 'tcp',
      ip_offset: '14',
      tcpsourceport: '50000',
      tcpdestinationport: '443',
      tcpflags: '000010010',
      tcpsequence: String(0x01020304),
      tcpwindow: '4096',
      serviceport: '443',
      'ipsource.1': undefined,
      udpsourceport: undefined,
      vlan: undefined,
    },
  },
  {
    title: 'two tags (802.1ad)',
    bytes: eth(0x88a8) + vlan(0xa00a, 0x8100) + vlan(0x6014, 0x86dd) + ip6(17, udp(1234, 5678)),
    keys: {
      stack: 'eth.vlan.vlan.ip6.udp',
      vlan: '10',
      'vlan.1': '20',
      priority: '5',
      'priority.1': '3',
      ethernetprotocol: String(0x86dd),
      ip6source: '2001:db8::1',
      ip6destination: '2001:db8::2',
      ip6nexthdr: '17',
      ip6dscpname: 'ef',
      ip6ecn: '1',
      ip6flowlabel: String(0x54a53),
      ip6ttl: '62',
      ip6bytes: '48',
      udpdestinationport: '5678',
    },
  },
  {
    title: 'IPv6 with hop-by-hop and fragment headers',
    bytes: eth(0x86dd) + ip6(0, `2c00 0000 00000000 ${'06 00 0001 0000abcd'} ${tcp}`),
    keys: {
      stack: 'eth.ip6.tcp',
      ip6extensions: '0.44',
      ip6nexthdr: '6',
      ip6fragm: 'true',
      ip6fragoffset: '0',
      ipfragment: 'true',
      tcpdestinationport: '443',
    },
  },
  {
    title: 'a later fragment has no ports',
    bytes: eth(0x0800) + ip(17, udp(53, 1000), { fragment: 0x00b9 }),
    keys: { stack: 'eth.ip', ipfragoffset: '185', ipfragment: 'true', udpsourceport: undefined },
  },
  {
    title: 'padding of a short frame is no payload',
    bytes: `${eth(0x0800)}${ip(17, udp(53, 1000))}${'00'.repeat(18)}`,
    keys: { stack: 'eth.ip.udp', dnsqr: undefined },
  },
  {
    title: 'DNS question',
    bytes: eth(0x0800) + ip(17, udp(50000, 53, QUESTION)),
    keys: {
      stack: 'eth.ip.udp.dns',
      dnsqname: 'www.example.com',
      dnsqtype: '28',
      dnsqtypename: 'AAAA',
      dnsqr: 'false',
      'suffix:dnsqname:.:2': 'example.com',
    },
  },
  {
    title: 'DNS answer over IPv6',
    bytes: eth(0x86dd) + ip6(17, udp(53, 50000, QUESTION.replace('0100', '8183'))),
    keys: { dnsqr: 'true', dnsrcode: '3', dnsqname: 'www.example.com' },
  },
  {
    title: 'ICMP echo',
    bytes: eth(0x0800) + ip(1, icmp(8, 0, '0001 0007')),
    keys: {
      stack: 'eth.ip.icmp',
      icmptype: '8',
      icmpcode: '0',
      icmpseqno: '7',
      icmpunreachableport: undefined,
    },
  },
  {
    title: 'ICMP port unreachable',
    bytes: eth(0x0800) + ip(1, icmp(3, 3, `00000000 ${ip(17, udp(1000, 161))}`)),
    keys: {
      icmptype: '3',
      icmpunreachableport: '161',
      icmpunreachablehost: undefined,
      icmpseqno: undefined,
    },
  },
  {
    title: 'ICMP host unreachable',
    bytes:
      eth(0x0800) + ip(1, icmp(3, 1, `00000000 ${ip(17, udp(1000, 161), { at: 0x0e010203 })}`)),
    keys: { icmpunreachablehost: '15.2.3.4', icmpunreachableport: undefined },
  },
  {
    title: 'ICMPv6',
    bytes: eth(0x86dd) + ip6(58, '87 00 0000 00000000'),
    keys: { stack: 'eth.ip6.icmp6', icmp6type: '135', icmp6code: '0' },
  },
  {
    title: 'SCTP',
    bytes: eth(0x0800) + ip(132, '0b59 0b5a 00000001 00000000'),
    keys: {
      stack: 'eth.ip.sctp',
      sctpsourceport: '2905',
      sctpdestinationport: '2906',
      serviceport: '2905',
    },
  },
  {
    title: 'ARP',
    bytes: `${eth(0x0806)} 0001 0800 06 04 0001 1a1b1c1d1e1f 0a000001 000000000000 0a000002`,
    keys: {
      stack: 'eth.arp',
      arpoperation: '1',
      arpmacsender: '1A1B1C1D1E1F',
      arpipsender: '10.0.0.1',
      arpmactarget: '000000000000',
      arpiptarget: '10.0.0.2',
    },
  },
  {
    title: 'SNAP',
    bytes: `0a0b0c0d0e0f 1a1b1c1d1e1f 0030 aaaa03 000000 0800 ${ip(6, tcp)}`,
    keys: { stack: 'eth.llc.ip.tcp', ethernetprotocol: '2048' },
  },
  {
    title: 'PPPoE',
    bytes: `${eth(0x8864)} 1100 0001 0030 0021 ${ip(6, tcp)}`,
    keys: { stack: 'eth.pppoe.ip.tcp' },
  },
  {
    title: 'an IPv4 header alone',
    bytes: ip(6, tcp),
    protocol: 11,
    keys: { stack: 'ip.tcp', ip_offset: '0' },
  },
  {
    title: 'an IPv6 header alone',
    bytes: ip6(6, tcp),
    protocol: 12,
    keys: { stack: 'ip6.tcp', ip6_offset: '0' },
  },
  {
    title: 'MPLS alone',
    bytes: mpls(9, true) + ip(6, tcp),
    protocol: 13,
    keys: { stack: 'mpls.ip.tcp' },
  },
  {
    title: 'PPP over SONET',
    bytes: `ff03 0021 ${ip(6, tcp)}`,
    protocol: 14,
    keys: { stack: 'ppp.ip.tcp' },
  },
  {
    title: '802.11 data with quality of service',
    bytes: `8801 0000 ${'01'.repeat(6)} ${'02'.repeat(6)} ${'03'.repeat(6)} 0000 0000 aaaa03 000000 0800 ${ip(6, tcp)}`,
    protocol: 15,
    keys: { stack: 'wlan.llc.ip.tcp' },
  },
  {
    title: 'a header protocol that is not read',
    bytes: ip(6, tcp),
    protocol: 6,
    keys: { stack: undefined, bytes: '44' },
  },
]
