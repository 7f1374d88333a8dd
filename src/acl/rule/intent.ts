/**
 * An intent: what to do to which packets, for how long, and who wants it and why. The main form
 * in which rules are asked for; the controller makes it, the ACL agent checks it again.
 * `validateIntent` turns unknown JSON into a normal form: canonical addresses, protocols by
 * name, no match that says nothing. Two intents that mean the same become equal.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type Family, formatPrefix, parsePrefix } from './prefix.ts'
import { canonicalProtocol, PROTOCOLS_WITH_PORTS } from './protocol.ts'
import { accept, type Result, refuse } from './refusal.ts'

export interface MarkAction {
  readonly type: 'mark'
  /** 0 to 63: the six bits, not the byte. */
  readonly dscp: number
  /** 802.1p priority, 0 to 7; set by the backends that can. */
  readonly cos?: number | undefined
}

export interface DropAction {
  readonly type: 'drop'
}

/** What is beyond the rate is dropped. Exactly one of the two rates is given. */
export interface LimitAction {
  readonly type: 'limit'
  readonly packetsPerSecond?: number | undefined
  readonly bitsPerSecond?: number | undefined
  /** In packets, or in bytes if the rate is in bits. */
  readonly burst: number
}

export type IntentAction = MarkAction | DropAction | LimitAction

/** A port, or a range with both ends included. */
export type PortMatch = number | { readonly from: number; readonly to: number }

export const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'] as const
export type TcpFlag = (typeof TCP_FLAGS)[number]

/** Of the flags in `mask`, exactly those in `set` are on. */
export interface TcpFlagsMatch {
  readonly mask: readonly TcpFlag[]
  readonly set: readonly TcpFlag[]
}

export interface IntentMatch {
  readonly family: Family
  /** A canonical prefix or address; absent: any. */
  readonly source?: string | undefined
  readonly destination?: string | undefined
  /** `tcp`, `udp`, `icmp`, … or a decimal number as text. */
  readonly protocol?: string | undefined
  readonly sourcePort?: PortMatch | undefined
  readonly destinationPort?: PortMatch | undefined
  readonly tcpFlags?: TcpFlagsMatch | undefined
  readonly icmpType?: number | undefined
  /** Second and further fragments (IPv4 only). */
  readonly fragment?: true | undefined
  readonly dscp?: number | undefined
  /** A name, or one ending in `+` such as `swp+`. Absent: every port. */
  readonly inInterface?: string | undefined
  readonly outInterface?: string | undefined
}

export interface Intent {
  /** `[a-z0-9_]`, 1 to 64. Absent: `intentName` tells it. */
  readonly name?: string | undefined
  readonly action: IntentAction
  readonly match: IntentMatch
  /** Absent: the longest that the ACL agent allows. */
  readonly ttlSeconds?: number | undefined
  /** Who holds the rule, such as `controller`. */
  readonly owner: string
  /** The policy that it follows from; limits are counted by policy. */
  readonly policy: string
  /** One line for people and for the audit trail. */
  readonly reason: string
  /** The alert's fingerprint, or whatever else leads back to the cause. */
  readonly cause?: string | undefined
}

export const NAME_PATTERN = /^[a-z0-9_]{1,64}$/
export const TTL_SECONDS_MAX = 604_800
const INTERFACE_PATTERN = /^[A-Za-z][A-Za-z0-9_.-]{0,14}\+?$/
/** Interfaces that may be named by a prefix: what the switch documents, nothing wider. */
const WILDCARDS: ReadonlySet<string> = new Set(['swp+', 'bond+'])

const port = z.int().min(0).max(65_535)
const portMatch = z.union([port, z.strictObject({ from: port, to: port })])
const flags = z.array(z.enum(TCP_FLAGS)).max(TCP_FLAGS.length).readonly()
const word = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/)
/** Printable ASCII: it goes into audit lines and comments of device files. */
const sentence = z.string().regex(/^[\x20-\x7e]{0,200}$/)

const actionSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('mark'),
    dscp: z.int().min(0).max(63).describe('DSCP to set'),
    cos: z.int().min(0).max(7).optional().describe('802.1p priority to set, where the backend can'),
  }),
  z.strictObject({ type: z.literal('drop') }),
  z.strictObject({
    type: z.literal('limit'),
    packetsPerSecond: z.int().min(1).max(1_000_000).optional(),
    bitsPerSecond: z.int().min(8_000).max(400_000_000_000).optional(),
    burst: z.int().min(1).max(1_000_000_000).describe('packets, or bytes beside bitsPerSecond'),
  }),
])

/** The shape of an intent as JSON. `validateIntent` checks more than the shape. */
export const intentSchema = z.strictObject({
  name: z.string().regex(NAME_PATTERN).optional(),
  action: actionSchema,
  match: z.strictObject({
    family: z.enum(['ipv4', 'ipv6']),
    source: z.string().max(64).optional(),
    destination: z.string().max(64).optional(),
    protocol: z.string().max(16).optional(),
    sourcePort: portMatch.optional(),
    destinationPort: portMatch.optional(),
    tcpFlags: z.strictObject({ mask: flags, set: flags }).optional(),
    icmpType: z.int().min(0).max(255).optional(),
    fragment: z.literal(true).optional(),
    dscp: z.int().min(0).max(63).optional(),
    inInterface: z.string().max(16).optional(),
    outInterface: z.string().max(16).optional(),
  }),
  ttlSeconds: z.int().min(1).max(TTL_SECONDS_MAX).optional(),
  owner: word.default('unknown'),
  policy: word.default('none'),
  reason: sentence.default(''),
  cause: sentence.optional(),
})

/** Unknown JSON to an intent in normal form, or why not. */
export function validateIntent(input: unknown): Result<Intent> {
  const parsed = intentSchema.safeParse(input)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return refuse('intent_shape', `${issue?.path.join('.') || 'intent'}: ${issue?.message}`)
  }
  const { match, action } = parsed.data
  if (
    action.type === 'limit' &&
    (action.packetsPerSecond === undefined) === (action.bitsPerSecond === undefined)
  ) {
    return refuse('value', 'a limit takes either packetsPerSecond or bitsPerSecond')
  }
  const checked = validateMatch(match)
  if (!checked.ok) return checked
  return accept({ ...parsed.data, match: checked.value })
}

/** Checks and normalises what an intent matches. */
export function validateMatch(match: IntentMatch): Result<IntentMatch> {
  const source = canonicalSide(match.source, match.family)
  if (!source.ok) return source
  const destination = canonicalSide(match.destination, match.family)
  if (!destination.ok) return destination
  const protocol = canonicalProtocol(match.protocol, match.family)
  if (!protocol.ok) return protocol
  const fault = faultOfLayers(match, protocol.value) ?? faultOfInterfaces(match)
  if (fault !== undefined) return fault
  return accept(
    withoutUndefined({
      ...match,
      source: source.value,
      destination: destination.value,
      protocol: protocol.value,
      sourcePort: canonicalPort(match.sourcePort),
      destinationPort: canonicalPort(match.destinationPort),
      tcpFlags: match.tcpFlags && {
        mask: TCP_FLAGS.filter(flag => match.tcpFlags?.mask.includes(flag)),
        set: TCP_FLAGS.filter(flag => match.tcpFlags?.set.includes(flag)),
      },
    }),
  )
}

/** A name that follows from policy, match and action alone: asked twice, it is one rule. */
export function intentName(intent: Intent): string {
  if (intent.name !== undefined) return intent.name
  const text = JSON.stringify([intent.policy, sorted(intent.match), sorted(intent.action)])
  return `${intent.action.type}_${createHash('sha256').update(text).digest('hex').slice(0, 20)}`
}

function canonicalSide(text: string | undefined, family: Family): Result<string | undefined> {
  if (text === undefined) return accept(undefined)
  const prefix = parsePrefix(text)
  if (!prefix.ok) return prefix
  if (prefix.value.family !== family) {
    return refuse('address', `"${text}" is not an ${family} prefix`)
  }
  return accept(prefix.value.length === 0 ? undefined : formatPrefix(prefix.value))
}

function faultOfLayers(
  match: IntentMatch,
  protocol: string | undefined,
): Result<never> | undefined {
  const ports = [match.sourcePort, match.destinationPort].filter(value => value !== undefined)
  if (ports.length > 0 && !(protocol !== undefined && PROTOCOLS_WITH_PORTS.has(protocol))) {
    return refuse('port', 'a port needs protocol tcp, udp or sctp')
  }
  if (ports.some(value => typeof value === 'object' && value.from > value.to)) {
    return refuse('port', 'a port range runs from the lower to the higher port')
  }
  if (match.tcpFlags !== undefined) {
    if (protocol !== 'tcp') return refuse('protocol', 'tcpFlags needs protocol tcp')
    const { mask, set } = match.tcpFlags
    if (mask.length === 0 || set.some(flag => !mask.includes(flag))) {
      return refuse('value', 'tcpFlags.set is a part of tcpFlags.mask, which is not empty')
    }
  }
  if (match.icmpType !== undefined && protocol !== 'icmp' && protocol !== 'icmpv6') {
    return refuse('protocol', 'icmpType needs protocol icmp or icmpv6')
  }
  if (match.fragment && match.family === 'ipv6') {
    return refuse('value', 'fragment is known for ipv4 only')
  }
  if (match.fragment && (ports.length > 0 || match.tcpFlags || match.icmpType !== undefined)) {
    return refuse('value', 'a further fragment carries no ports, flags or type')
  }
  return undefined
}

function faultOfInterfaces(match: IntentMatch): Result<never> | undefined {
  for (const name of [match.inInterface, match.outInterface]) {
    if (name === undefined) continue
    const fault = faultOfInterface(name)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** Why this is no interface that a rule may name. */
export function faultOfInterface(name: string): Result<never> | undefined {
  if (!INTERFACE_PATTERN.test(name) || name.length > 15) {
    return refuse('interface', `"${name}" is not an interface name`)
  }
  if (name.endsWith('+') && !WILDCARDS.has(name)) {
    return refuse('interface', `"${name}": the only wildcards are ${[...WILDCARDS].join(' and ')}`)
  }
  return undefined
}

function canonicalPort(match: PortMatch | undefined): PortMatch | undefined {
  return typeof match === 'object' && match.from === match.to ? match.from : match
}

function withoutUndefined<Shape extends object>(shape: Shape): Shape {
  return Object.fromEntries(Object.entries(shape).filter(([, v]) => v !== undefined)) as Shape
}

function sorted(shape: object): [string, unknown][] {
  return Object.entries(shape)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
}
