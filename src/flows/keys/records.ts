/** Keys of what a switch or router knows beside the packet: routes, BGP, queues, delays, reasons. */
import { PORT_DISCARDED } from '../../sflow/samples.ts'
import { DISCARD_REASONS, meantReason } from '../../structures/discard-reasons.ts'
import type { FlowView } from '../flow-view.ts'
import { type KeyDeclaration, keysOf, readAddress } from './declare.ts'
import { findGateway, type Gateway, gatewayText, writeCommunities, writePath } from './gateway.ts'
import { ADDRESS, type Kind, NUMBER, named, SMALL } from './kinds.ts'

const router = keysOf('Router and BGP')
const queue = keysOf('Queue, delay, drop')

const ROUTER = 1002
const MPLS = 1006
const NAT = 1007
const NAT_PORT = 1020
const QUEUE_LENGTH = 1019
const EGRESS_QUEUE = 1036
const BST_EGRESS_QUEUE = 4413 * 4096 + 1
const ACL = 1037
const FUNCTION = 1038
const TRANSIT_DELAY = 1039
const QUEUE_DEPTH = 1040
const HARDWARE_TRAP = 1041
const LINUX_REASON = 1042

const words = new Int32Array(4)

/** A number behind the next hop address of the router record. */
function behindNextHop(after: number) {
  return (view: FlowView, into: Int32Array, at: number): boolean => {
    const record = view.record(ROUTER)
    if (record < 0) return false
    const start = view.sample.recordStarts[record] as number
    const end = view.sample.recordEnds[record] as number
    const bytes = readAddress(view.sample.view, start, end, words, 0)
    if (bytes === 0 || end - start < bytes + after + 4) return false
    into[at] = view.sample.view.getUint32(start + bytes + after) & 0x7fffffff
    return true
  }
}

/** A number of the gateway record; -1 where it has none. */
function gateway(read: (gateway: Gateway, view: FlowView) => number) {
  return (view: FlowView, into: Int32Array, at: number): boolean => {
    const found = findGateway(view)
    if (found === undefined) return false
    const value = read(found, view)
    into[at] = value | 0
    return value >= 0
  }
}

// biome-ignore format: one key a line, as a table
export const ROUTER_KEYS: readonly KeyDeclaration[] = [
  router.recordAddress('ipnexthoprouter', { tag: ROUTER }, 'Next hop of the route.'),
  router.custom('ipsourcemaskbits', SMALL, 'Bits of the prefix that the source is in.', behindNextHop(0)),
  router.custom('ipdestinationmaskbits', SMALL, 'Bits of the prefix that the destination is in.', behindNextHop(4)),
  router.recordAddress('bgpnexthop', { tag: 1003 }, 'BGP next hop.'),
  router.custom(
    'bgpas',
    NUMBER,
    'AS of the router.',
    gateway(({ as }) => as),
  ),
  router.custom(
    'bgpsourceas',
    NUMBER,
    'AS of the source; that of the router where the source is its own.',
    gateway(({ as, sourceAs }) => (sourceAs === 0 ? as : sourceAs)),
  ),
  router.custom(
    'bgpsourcepeeras',
    NUMBER,
    'AS of the peer towards the source.',
    gateway(({ sourcePeerAs }) => sourcePeerAs),
  ),
  router.custom(
    'bgpdestinationas',
    NUMBER,
    'AS of the destination; that of the router where the path is empty.',
    gateway(({ as, lastAs }) => (lastAs < 0 ? as : lastAs)),
  ),
  router.custom(
    'bgpdestinationpeeras',
    NUMBER,
    'First AS on the path to the destination.',
    gateway(({ firstAs }) => firstAs),
  ),
  router.custom(
    'bgplocalpref',
    NUMBER,
    'Local preference.',
    gateway(({ localPreference }) => localPreference),
  ),
  router.customText(
    'bgpdestinationaspath',
    'Path to the destination, AS numbers with - between them; sets in { }.',
    (view, { texts }) => {
      const length = writePath(view)
      return length === 0 ? -1 : texts.ofBytes(gatewayText, 0, length)
    },
  ),
  router.customText('bgpcommunities', 'Communities, as:value with - between them.', (view, { texts }) => {
    const length = writeCommunities(view)
    return length === 0 ? -1 : texts.ofBytes(gatewayText, 0, length)
  }),
  router.recordAddress('mplsnexthop', { tag: MPLS }, 'Next hop of the MPLS route.'),
  router.recordAddress('natsource', { tag: NAT }, 'Source address after translation.'),
  router.custom('natdestination', ADDRESS, 'Destination address after translation.', (view, into, at) => {
    const record = view.record(NAT)
    if (record < 0) return false
    const start = view.sample.recordStarts[record] as number
    const end = view.sample.recordEnds[record] as number
    const bytes = readAddress(view.sample.view, start, end, words, 0)
    return bytes > 0 && readAddress(view.sample.view, start + bytes, end, into, at) > 0
  }),
  router.record('natsourceport', SMALL, 4, { tag: NAT_PORT }, 'Source port after translation.'),
  router.record('natdestinationport', SMALL, 4, { tag: NAT_PORT, fixed: 4 }, 'Destination port after translation.'),
]

const REASON: Kind = named('reason of a discard', DISCARD_REASONS)

const ACL_DIRECTION: Kind = named(
  'direction',
  new Map([
    [0, 'unknown'],
    [1, 'ingress'],
    [2, 'egress'],
  ]),
)

/** The reason of a discard sample, or of a flow sample whose output says that it was discarded. */
function reason({ sample, dropped }: FlowView, into: Int32Array, at: number): boolean {
  if (dropped) into[at] = meantReason(sample.reason) & 0x7fffffff
  else if (sample.outputFormat === PORT_DISCARDED) into[at] = meantReason(sample.outputValue)
  else return false
  return true
}

// biome-ignore format: one key a line, as a table
export const QUEUE_KEYS: readonly KeyDeclaration[] = [
  queue.custom('reason', REASON, 'Why the packet was discarded, such as acl or no_buffer_space.', reason),
  queue.record(
    'queueindex',
    NUMBER,
    4,
    [{ tag: EGRESS_QUEUE }, { tag: QUEUE_LENGTH }, { tag: BST_EGRESS_QUEUE }],
    'Egress queue of the packet.',
  ),
  queue.record('queuelength', NUMBER, 4, { tag: QUEUE_LENGTH, fixed: 4 }, 'Packets in the queue when this one came.'),
  queue.record('queuedepth', NUMBER, 4, { tag: QUEUE_DEPTH }, 'Bytes in the queue when this packet came.'),
  queue.record('transitdelay', NUMBER, 4, { tag: TRANSIT_DELAY }, 'Nanoseconds that the packet spent in the device.'),
  queue.record('aclnumber', NUMBER, 4, { tag: ACL }, 'Number of the access list that matched.'),
  queue.recordText('aclname', { tag: ACL, fixed: 4 }, 'Name of the access list that matched.'),
  queue.record('acldirection', ACL_DIRECTION, 4, { tag: ACL, fixed: 4, texts: 1 }, 'Side on which the access list matched.'),
  queue.recordText('dropfunction', { tag: FUNCTION }, 'Function of the kernel in which the packet was discarded.'),
  queue.recordText('trapgroup', { tag: HARDWARE_TRAP }, 'Group of the hardware trap that caught the packet.'),
  queue.recordText('trapname', { tag: HARDWARE_TRAP, texts: 1 }, 'Name of the hardware trap that caught the packet.'),
  queue.recordText('linuxreason', { tag: LINUX_REASON }, 'Reason of the discard as the Linux kernel writes it.'),
]
