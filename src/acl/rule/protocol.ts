/** Protocols by name and number: one canonical spelling each, the closed set that rules may name. */
import type { Family } from './prefix.ts'
import { accept, type Result, refuse } from './refusal.ts'

/** Names that iptables, nftables and Open vSwitch agree on (IANA protocol numbers). */
export const PROTOCOL_NUMBERS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  ospf: 89,
  pim: 103,
  vrrp: 112,
  sctp: 132,
}

export const PROTOCOLS_WITH_PORTS: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp'])

const NAME_BY_NUMBER = new Map(
  Object.entries(PROTOCOL_NUMBERS).map(([name, number]) => [number, name]),
)
const SYNONYMS: Readonly<Record<string, string>> = { 'ipv6-icmp': 'icmpv6' }

/** `17` and `udp` become `udp`; `all` and absent become undefined. The refusal is `protocol`. */
export function canonicalProtocol(
  text: string | undefined,
  family: Family,
): Result<string | undefined> {
  if (text === undefined || text === 'all') return accept(undefined)
  const name = nameOf(text)
  if (name === undefined)
    return refuse('protocol', `"${text}" is not a protocol that rules may name`)
  if (name === (family === 'ipv4' ? 'icmpv6' : 'icmp')) {
    return refuse('protocol', `${name} does not belong to ${family}`)
  }
  return accept(name)
}

function nameOf(text: string): string | undefined {
  const name = SYNONYMS[text] ?? text
  if (Object.hasOwn(PROTOCOL_NUMBERS, name)) return name
  if (!/^[1-9]\d{0,2}$/.test(text) || Number(text) > 255) return undefined
  return NAME_BY_NUMBER.get(Number(text)) ?? text
}

/** The number of a canonical protocol. */
export function protocolNumber(protocol: string): number {
  return PROTOCOL_NUMBERS[protocol] ?? Number(protocol)
}
