/**
 * From the labels of an alert to what a rule matches. Labels are flow keys under their own names,
 * or plain names that the policy renames. Every value is parsed and written anew in canonical
 * form; nothing of a label is ever pasted into a rule. A flow key that no rule can express is a
 * refusal, because leaving it out would make the rule wider than the traffic it is about.
 */
import { isIPv6 } from 'node:net'
import type { IntentMatch } from '../rule/intent.ts'
import { validateMatch } from '../rule/intent.ts'
import type { Family } from '../rule/prefix.ts'
import type { Narrowed } from './alert.ts'
import { refuse } from './alert.ts'
import type { Policy } from './policy.ts'

export const TARGET_REFUSALS = [
  'no_target',
  'bad_address',
  'bad_port',
  'bad_protocol',
  'bad_value',
  'contradiction',
  'unsupported_key',
  'blackhole',
] as const
export type TargetRefusal = (typeof TARGET_REFUSALS)[number]

type Field =
  | 'source'
  | 'destination'
  | 'protocol'
  | 'sourcePort'
  | 'destinationPort'
  | 'icmpType'
  | 'dscp'

interface KeyMeaning {
  readonly field: Field
  readonly family?: Family
  readonly protocol?: string
}

/** sFlow-RT's names of the flow keys that a rule can match; `source` and `destination` of either family. */
const KEY_MEANINGS: Readonly<Record<string, KeyMeaning>> = {
  source: { field: 'source' },
  destination: { field: 'destination' },
  ipsource: { field: 'source', family: 'ipv4' },
  ipdestination: { field: 'destination', family: 'ipv4' },
  ip6source: { field: 'source', family: 'ipv6' },
  ip6destination: { field: 'destination', family: 'ipv6' },
  ipprotocol: { field: 'protocol', family: 'ipv4' },
  ip6nexthdr: { field: 'protocol', family: 'ipv6' },
  tcpsourceport: { field: 'sourcePort', protocol: 'tcp' },
  tcpdestinationport: { field: 'destinationPort', protocol: 'tcp' },
  udpsourceport: { field: 'sourcePort', protocol: 'udp' },
  udpdestinationport: { field: 'destinationPort', protocol: 'udp' },
  icmptype: { field: 'icmpType', family: 'ipv4', protocol: 'icmp' },
  icmp6type: { field: 'icmpType', family: 'ipv6', protocol: 'icmpv6' },
  ipdscp: { field: 'dscp', family: 'ipv4' },
  ip6dscp: { field: 'dscp', family: 'ipv6' },
}

export const TARGET_KEYS = Object.keys(KEY_MEANINGS)

/** Flow keys that narrow the traffic in a way that a rule cannot. */
const UNSUPPORTED = new Set(
  `macsource macdestination ethernetprotocol vlan vlansource vlandestination iptos ipecn
   ipttl ipid ipflags ipfragoffset ip6tos ip6ecn ip6ttl ip6flowlabel tcpflags tcpwindow icmpcode
   icmp6code icmpseqno dnsqname dnsqtype dnsqtypename dnsqr vni vxlanvni grekey arpoperation
   arpipsender arpiptarget bgpas bgpsourceas bgpdestinationas bgpnexthop httpurl uripath`.split(
    /\s+/,
  ),
)

type Draft = { -readonly [K in keyof IntentMatch]?: IntentMatch[K] }

/** What the rule of this alert would match, or why there can be none. */
export function targetOf(
  labels: Readonly<Record<string, string>>,
  policy: Policy,
  inInterface: string | undefined,
): Narrowed<IntentMatch, TargetRefusal> {
  const draft: Draft = {}
  for (const [label, text] of Object.entries(labels)) {
    if (text === '') continue // an empty label is an absent one
    const key = keyOf(label, policy)
    if (UNSUPPORTED.has(key) && !policy.ignoreKeys.includes(key)) return refuse('unsupported_key')
    const meaning = Object.hasOwn(KEY_MEANINGS, key) ? KEY_MEANINGS[key] : undefined
    if (meaning === undefined) continue
    const reason = put(draft, meaning, text)
    if (reason !== undefined) return refuse(reason)
  }
  if (draft.source === undefined && draft.destination === undefined) return refuse('no_target')
  if (policy.synOnly && draft.protocol === 'tcp') {
    draft.tcpFlags = { mask: ['FIN', 'SYN', 'RST', 'ACK'], set: ['SYN'] }
  }
  if (inInterface !== undefined) draft.inInterface = inInterface
  const match = validateMatch(draft as IntentMatch) // the family came with the address
  if (!match.ok) return refuse(reasonOf(match.refusal.reason))
  // A prefix of length 0 names nobody: its normal form has no address at all.
  const { source, destination } = match.value
  if (source === undefined && destination === undefined) return refuse('no_target')
  if (isMapped(source) || isMapped(destination)) return refuse('bad_address')
  return isBlackhole(match.value, policy) ? refuse('blackhole') : { ok: true, value: match.value }
}

/**
 * IPv4 in the clothes of IPv6 (RFC 4291, section 2.5.5.2) is on no wire, and nobody would see that its host is
 * protected. Canonical text comes in.
 */
function isMapped(address: string | undefined): boolean {
  return /^::ffff:[0-9a-f]+:[0-9a-f]+(\/|$)/.test(address ?? '')
}

/** A drop of all that goes to an address does to it what the attacker wants. */
function isBlackhole(match: IntentMatch, policy: Policy): boolean {
  if (policy.action !== 'drop' || policy.blackhole) return false
  return match.protocol === undefined && match.source === undefined
}

/** `source` and `destination` are meant only where a policy renames to them: other metrics use them. */
function keyOf(label: string, { rename }: Policy): string {
  if (Object.hasOwn(rename, label)) return rename[label] as string
  return label === 'source' || label === 'destination' ? '' : label
}

function put(draft: Draft, meaning: KeyMeaning, text: string): TargetRefusal | undefined {
  const { field } = meaning
  const family = field === 'source' || field === 'destination' ? familyOf(text) : meaning.family
  if (meaning.family !== undefined && family !== meaning.family) return 'bad_address'
  if (family !== undefined && !agrees(draft, 'family', family)) return 'contradiction'
  if (meaning.protocol !== undefined && !agrees(draft, 'protocol', meaning.protocol)) {
    return 'contradiction'
  }
  if (field === 'source' || field === 'destination') {
    return agrees(draft, field, text) ? undefined : 'contradiction'
  }
  if (field === 'protocol') {
    const protocol = protocolOf(text, family as Family)
    if (protocol === undefined) return 'bad_protocol'
    return agrees(draft, field, protocol) ? undefined : 'contradiction'
  }
  if (!/^(0|[1-9]\d{0,4})$/.test(text)) return field.endsWith('Port') ? 'bad_port' : 'bad_value'
  const limit = field === 'icmpType' ? 255 : field === 'dscp' ? 63 : 65_535
  if (Number(text) > limit) return field.endsWith('Port') ? 'bad_port' : 'bad_value'
  return agrees(draft, field, Number(text)) ? undefined : 'contradiction'
}

/** Sets what is not set yet; says whether it is now what was asked. */
function agrees<K extends keyof IntentMatch>(
  draft: Draft,
  field: K,
  value: IntentMatch[K],
): boolean {
  draft[field] ??= value
  return draft[field] === value
}

function familyOf(text: string): Family {
  return isIPv6(text.split('/', 1)[0] as string) ? 'ipv6' : 'ipv4'
}

/** Flow keys tell the protocol as a number; the canonical name is what ports imply too. */
function protocolOf(text: string, family: Family): string | undefined {
  const checked = validateMatch({ family, protocol: text.toLowerCase() })
  return checked.ok ? checked.value.protocol : undefined
}

function reasonOf(reason: string): TargetRefusal {
  if (reason === 'address') return 'bad_address'
  if (reason === 'port') return 'bad_port'
  return reason === 'protocol' ? 'bad_protocol' : 'bad_value'
}
