/**
 * Rules as matches and actions of ovs-ofctl (ovs-fields(7), ovs-actions(7)). A range of ports
 * becomes the fewest masked ports that cover it, each a flow of its own.
 */
import type { PortMatch } from '../rule/intent.ts'
import { protocolNumber } from '../rule/protocol.ts'
import type { RateAction, Rule, RuleMatch } from '../rule/rule.ts'

/** Without its id, as ovs-ofctl takes it. */
export type Meter = string

/** Drops before limits before marks; all above what people use by hand. */
export const PRIORITIES = {
  drop: 62_000,
  limit: 61_000,
  mark: 60_000,
  accept: 0,
  class: 0,
} as const

/** Bits of register 15 that say: this has been done to the packet. */
const DONE = { limit: 0, mark: 1 } as const

/** Protocols that have a word of their own, by family. */
const WORDS: Readonly<Record<string, { readonly ipv4?: string; readonly ipv6?: string }>> = {
  tcp: { ipv4: 'tcp', ipv6: 'tcp6' },
  udp: { ipv4: 'udp', ipv6: 'udp6' },
  sctp: { ipv4: 'sctp', ipv6: 'sctp6' },
  icmp: { ipv4: 'icmp' },
  icmpv6: { ipv6: 'icmp6' },
}

/** The matches that together are the rule's, whose interfaces are expanded already. */
export function matchesOf(rule: Rule): readonly string[] {
  const { match } = rule
  const parts = [...protocolParts(match), ...addressParts(match)]
  const port = match.inInterfaces[0]
  if (port !== undefined && !port.endsWith('+')) parts.unshift(`in_port=${port}`)
  if (match.tcpFlags !== undefined) {
    const { mask, set } = match.tcpFlags
    const flags = mask.map(flag => `${set.includes(flag) ? '+' : '-'}${flag.toLowerCase()}`)
    parts.push(`tcp_flags=${flags.join('')}`)
  }
  if (match.icmpType !== undefined) parts.push(`icmp_type=${match.icmpType}`)
  if (match.fragment) parts.push('ip_frag=later')
  if (match.dscp !== undefined) parts.push(`ip_dscp=${match.dscp}`)
  const { type } = rule.action
  if (type === 'limit' || type === 'mark') parts.push(`reg15=0/0x${(1 << DONE[type]).toString(16)}`)
  return portParts('tp_src', match.sourcePort).flatMap(source =>
    portParts('tp_dst', match.destinationPort).map(destination =>
      [...parts, ...source, ...destination].join(','),
    ),
  )
}

function protocolParts(match: RuleMatch): string[] {
  const ip = match.family === 'ipv4' ? 'ip' : 'ipv6'
  if (match.protocol === undefined) return [ip]
  const word = WORDS[match.protocol]?.[match.family]
  return word === undefined ? [ip, `nw_proto=${protocolNumber(match.protocol)}`] : [word]
}

function addressParts(match: RuleMatch): readonly string[] {
  const [source, destination] =
    match.family === 'ipv4' ? ['nw_src', 'nw_dst'] : ['ipv6_src', 'ipv6_dst']
  return [
    ...(match.source === undefined ? [] : [`${source}=${match.source}`]),
    ...(match.destination === undefined ? [] : [`${destination}=${match.destination}`]),
  ]
}

function portParts(field: string, port: PortMatch | undefined): readonly (readonly string[])[] {
  if (port === undefined) return [[]]
  if (typeof port === 'number') return [[`${field}=${port}`]]
  return maskedPorts(port.from, port.to).map(({ value, mask }) => [
    `${field}=0x${value.toString(16)}/0x${mask.toString(16)}`,
  ])
}

/** The fewest aligned blocks that are exactly `from` to `to`: at most 30. */
export function maskedPorts(from: number, to: number): readonly { value: number; mask: number }[] {
  const blocks: { value: number; mask: number }[] = []
  for (let value = from; value <= to; ) {
    let size = value === 0 ? 65_536 : value & -value
    while (value + size - 1 > to) size >>= 1
    blocks.push({ value, mask: 0x1_0000 - size })
    value += size
  }
  return blocks
}

interface FlowActions {
  /** Further matches of this variant. */
  readonly extra: readonly string[]
  /** Above the priority of the rule's kind. */
  readonly priority: number
  readonly actions: string
}

/** CoS can be set only where there is a tag, so that such a mark is two flows. */
export function actionsOf(rule: Rule, meterId: number | undefined): readonly FlowActions[] {
  const { action } = rule
  if (action.type === 'limit') {
    return [{ extra: [], priority: 0, actions: `meter:${meterId},${again('limit')}` }]
  }
  if (action.type !== 'mark') return [{ extra: [], priority: 0, actions: 'drop' }]
  const dscp = action.dscp === undefined ? [] : [`mod_nw_tos:${action.dscp << 2}`]
  const plain = { extra: [], priority: 0, actions: [...dscp, again('mark')].join(',') }
  if (action.cos === undefined) return [plain]
  const pcp = `mod_vlan_pcp:${action.cos}`
  const tagged = [...dscp, pcp, again('mark')].join(',')
  return [{ extra: ['vlan_tci=0x1000/0x1000'], priority: 1, actions: tagged }, plain]
}

function again(kind: keyof typeof DONE): string {
  return `load:1->NXM_NX_REG15[${DONE[kind]}],resubmit(,0)`
}

/** A kilobit is 1000 bits, as in a kilobyte of ours. */
export function meterOf({ unit, rate, burst }: RateAction): Meter {
  if (unit === 'packets')
    return `pktps,burst,stats,bands=type=drop,rate=${rate},burst_size=${burst}`
  return `kbps,burst,stats,bands=type=drop,rate=${rate * 8},burst_size=${burst * 8}`
}
