/** Keys of TCP, UDP, SCTP, ICMP, ICMPv6 and DNS. */
import { QNAME_BYTES_MAX, readQname, skipQname } from '../../packet/dns.ts'
import { DEPTHS, LAYER } from '../../packet/layers.ts'
import type { Need } from '../compiled.ts'
import type { FlowView } from '../flow-view.ts'
import { type KeyDeclaration, keysOf } from './declare.ts'
import type { Expression } from './expression.ts'
import type { Place } from './field.ts'
import { BOOLEAN, bits, IP4, type Kind, NUMBER, named, SMALL } from './kinds.ts'
import { lowerPort } from './wire.ts'

const transport = keysOf('Transport')
const icmp = keysOf('ICMP')
const dns = keysOf('DNS')

const WIRE = { wireOnly: true }

/** Layers that begin with two ports. */
const PORT_LAYERS = [LAYER.tcp, LAYER.udp, LAYER.sctp]
const PORT_NEED: Need = {
  layers: PORT_LAYERS.reduce((mask, layer) => mask | (1 << layer), 0),
  tags: 0,
}

/** Of the outermost of them, the lower port below EPHEMERAL_MIN, or 0: bounded, so fit for a label. */
class ServicePort implements Expression {
  readonly kind = SMALL
  readonly need = PORT_NEED
  readonly signature: string
  readonly #depth: number

  constructor(depth: number) {
    this.signature = `serviceport${depth}`
    this.#depth = depth
  }

  /** Where there is one of the layers, perhaps several times: the first is the outermost. */
  placeIn(layers: number): Place | undefined {
    const there = PORT_LAYERS.filter(layer => ((layers >>> layer) & 1) === 1)
    const [slot] = there
    if (slot === undefined || there.length > 1 || this.#depth > 0) return undefined
    const shape = {
      offset: 0,
      bytes: 4,
      shift: 0,
      mask: -1,
      wireOnly: false,
      mapped: false,
    } as const
    return { ...shape, slot, lowerPort: true }
  }

  read({ packet }: FlowView, into: Int32Array, at: number): boolean {
    let offset = -1
    for (let index = 0; index < PORT_LAYERS.length; index++) {
      const layer = packet.offset((PORT_LAYERS[index] as number) + this.#depth * 32)
      if (layer >= 0 && (offset < 0 || layer < offset)) offset = layer
    }
    if (offset < 0) return false
    into[at] = lowerPort(packet.view.getInt32(offset))
    return true
  }
}

// biome-ignore format: one key a line, as a table
export const TRANSPORT_KEYS: readonly KeyDeclaration[] = [
  transport.field('tcpsourceport', SMALL, ['tcp', 0, 2], 'Source port.'),
  transport.field('tcpdestinationport', SMALL, ['tcp', 2, 2], 'Destination port.'),
  transport.field('tcpsequence', NUMBER, ['tcp', 4, 4], 'Sequence number.', WIRE),
  transport.field('tcpacknowledgement', NUMBER, ['tcp', 8, 4], 'Acknowledgement number.', WIRE),
  transport.field('tcpflags', bits(9), ['tcp', 12, 2], 'Flags as nine bits NCEUAPRSF; tcpflags~.......1. is every SYN.', {
    mask: 0x1ff,
  }),
  transport.field('tcpwindow', SMALL, ['tcp', 14, 2], 'Window, not scaled.', WIRE),
  transport.field('udpsourceport', SMALL, ['udp', 0, 2], 'Source port.'),
  transport.field('udpdestinationport', SMALL, ['udp', 2, 2], 'Destination port.'),
  transport.field('udpbytes', SMALL, ['udp', 4, 2], 'Length of the UDP header and its payload.', WIRE),
  transport.field('sctpsourceport', SMALL, ['sctp', 0, 2], 'Source port.'),
  transport.field('sctpdestinationport', SMALL, ['sctp', 2, 2], 'Destination port.'),
  {
    name: 'serviceport',
    group: 'Transport',
    kind: SMALL,
    help: 'The lower of both TCP, UDP or SCTP ports where it is below 32768, else 0. Not of sFlow-RT.',
    depths: DEPTHS,
    compile: (_, depth) => new ServicePort(depth),
  },
]

const UNREACHABLE = 3

/** A field of the IPv4 header inside an ICMP message "destination unreachable" with this code. */
function unreachable(code: number, read: (view: DataView, inner: number, end: number) => number) {
  return ({ packet }: FlowView, into: Int32Array, at: number, depth: number): boolean => {
    const offset = packet.offset(LAYER.icmp + depth * 32)
    if (offset < 0 || packet.end - offset < 8 + 20) return false
    const { view } = packet
    if (view.getUint8(offset) !== UNREACHABLE || view.getUint8(offset + 1) !== code) return false
    if (view.getUint8(offset + 8) >>> 4 !== 4) return false
    const value = read(view, offset + 8, packet.end)
    into[at] = value
    return !Number.isNaN(value)
  }
}

const innerDestination = (view: DataView, inner: number) => view.getInt32(inner + 16)

function innerPort(view: DataView, inner: number, end: number): number {
  const port = inner + (view.getUint8(inner) & 15) * 4 + 2
  return port + 2 > end ? Number.NaN : view.getUint16(port)
}

/** Echo and timestamp messages, queries and answers: RFC 792. */
const SEQUENCED = new Set([0, 8, 13, 14])

// biome-ignore format: one key a line, as a table
export const ICMP_KEYS: readonly KeyDeclaration[] = [
  icmp.field('icmptype', SMALL, ['icmp', 0, 1], 'Type: 0 echo reply, 3 unreachable, 8 echo request, 11 time exceeded.', WIRE),
  icmp.field('icmpcode', SMALL, ['icmp', 1, 1], 'Code.', WIRE),
  icmp.custom(
    'icmpseqno',
    SMALL,
    'Sequence number of echo and timestamp messages.',
    ({ packet }, into, at, depth) => {
      const offset = packet.offset(LAYER.icmp + depth * 32)
      if (offset < 0 || packet.end - offset < 8 || !SEQUENCED.has(packet.view.getUint8(offset))) return false
      into[at] = packet.view.getUint16(offset + 6)
      return true
    },
    3,
  ),
  icmp.custom(
    'icmpunreachablenet',
    IP4,
    'Destination that an ICMP message calls unreachable as a network.',
    unreachable(0, innerDestination),
    3,
  ),
  icmp.custom(
    'icmpunreachablehost',
    IP4,
    'Destination that an ICMP message calls unreachable as a host.',
    unreachable(1, innerDestination),
    3,
  ),
  icmp.custom(
    'icmpunreachableprotocol',
    SMALL,
    'IP protocol that an ICMP message calls unreachable.',
    unreachable(2, (view, inner) => view.getUint8(inner + 9)),
    3,
  ),
  icmp.custom(
    'icmpunreachableport',
    SMALL,
    'Destination port that an ICMP message calls unreachable.',
    unreachable(3, innerPort),
    3,
  ),
  icmp.field('icmp6type', SMALL, ['icmp6', 0, 1], 'Type: 1 unreachable, 128 echo request, 135 neighbour solicitation.', WIRE),
  icmp.field('icmp6code', SMALL, ['icmp6', 1, 1], 'Code.', WIRE),
]

/** IANA, DNS parameters, resource record types. */
const QTYPE_NAME: Kind = named(
  'name of a DNS type',
  new Map([
    [1, 'A'],
    [2, 'NS'],
    [5, 'CNAME'],
    [6, 'SOA'],
    [12, 'PTR'],
    [15, 'MX'],
    [16, 'TXT'],
    [28, 'AAAA'],
    [33, 'SRV'],
    [35, 'NAPTR'],
    [41, 'OPT'],
    [43, 'DS'],
    [46, 'RRSIG'],
    [47, 'NSEC'],
    [48, 'DNSKEY'],
    [52, 'TLSA'],
    [64, 'SVCB'],
    [65, 'HTTPS'],
    [251, 'IXFR'],
    [252, 'AXFR'],
    [255, 'ANY'],
  ]),
)

function questionType({ packet }: FlowView, into: Int32Array, at: number, depth: number): boolean {
  const offset = packet.offset(LAYER.dns + depth * 32)
  if (offset < 0 || packet.view.getUint16(offset + 4) === 0) return false
  const type = skipQname(packet.view, offset + 12, packet.end)
  if (type < 0 || packet.end - type < 2) return false
  into[at] = packet.view.getUint16(type)
  return true
}

const qname = new DataView(new ArrayBuffer(QNAME_BYTES_MAX + 1))

// biome-ignore format: one key a line, as a table
export const DNS_KEYS: readonly KeyDeclaration[] = [
  dns.customText(
    'dnsqname',
    'Name in the question, in lower case.',
    ({ packet }, { texts }, depth) => {
      const offset = packet.offset(LAYER.dns + depth * 32)
      if (offset < 0 || packet.view.getUint16(offset + 4) === 0) return -1
      const length = readQname(packet.view, offset + 12, packet.end, qname)
      return length < 0 ? -1 : texts.ofBytes(qname, 0, length)
    },
    3,
  ),
  dns.custom('dnsqtype', SMALL, 'Type of the question, as a number.', questionType, 3),
  dns.custom('dnsqtypename', QTYPE_NAME, 'Type of the question by its name (A, AAAA, MX, ANY), or its number.', questionType, 3),
  dns.field('dnsqr', BOOLEAN, ['dns', 2, 1], 'false for a question, true for an answer.', {
    shift: 7,
  }),
  dns.field('dnsopcode', SMALL, ['dns', 2, 1], 'Operation: 0 query, 4 notify, 5 update.', {
    shift: 3,
    mask: 15,
  }),
  dns.field('dnsrcode', SMALL, ['dns', 3, 1], 'Response code: 0 no error, 3 no such name.', {
    mask: 15,
  }),
]
