/** ICMP types by name, as iptables spells them (extensions icmp and icmp6 of iptables-extensions(8)). */
import type { Family } from './prefix.ts'

const ICMP_TYPES: Readonly<Record<Family, Readonly<Record<string, number>>>> = {
  ipv4: {
    'echo-reply': 0,
    'destination-unreachable': 3,
    'source-quench': 4,
    redirect: 5,
    'echo-request': 8,
    'router-advertisement': 9,
    'router-solicitation': 10,
    'time-exceeded': 11,
    'parameter-problem': 12,
    'timestamp-request': 13,
    'timestamp-reply': 14,
  },
  ipv6: {
    'destination-unreachable': 1,
    'packet-too-big': 2,
    'time-exceeded': 3,
    'parameter-problem': 4,
    'echo-request': 128,
    'echo-reply': 129,
    'router-solicitation': 133,
    'router-advertisement': 134,
    'neighbour-solicitation': 135,
    'neighbor-solicitation': 135,
    'neighbour-advertisement': 136,
    'neighbor-advertisement': 136,
    redirect: 137,
  },
}

export function icmpTypeOf(name: string, family: Family): number | undefined {
  return Object.hasOwn(ICMP_TYPES[family], name) ? ICMP_TYPES[family][name] : undefined
}
