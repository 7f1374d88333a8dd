/** Keys of Ethernet, its tags, the extended switch records, and ARP. */

import { LAYER } from '../../packet/layers.ts'
import type { FlowView } from '../flow-view.ts'
import { type KeyDeclaration, keysOf } from './declare.ts'
import { BOOLEAN, IP4, MAC, SMALL } from './kinds.ts'

const ethernet = keysOf('Ethernet')
const lan = keysOf('Switch')
const arp = keysOf('ARP')

const SWITCH = 1001
const VLAN_TUNNEL = 1012
const VLAN_IN = 1034
const VLAN_OUT = 1035

/** A question about the first bytes of the destination address. */
function destination(test: (high: number, low: number) => boolean) {
  return ({ packet }: FlowView, into: Int32Array, at: number, depth: number): boolean => {
    const offset = packet.offset(LAYER.eth + depth * 32)
    if (offset < 0) return false
    into[at] = test(packet.view.getUint16(offset), packet.view.getUint32(offset + 2)) ? 1 : 0
    return true
  }
}

const isBroadcast = (high: number, low: number) => high === 0xffff && low === 0xffffffff
const isGroup = (high: number) => (high & 0x100) !== 0

// biome-ignore format: one key a line, as a table
export const ETHERNET_KEYS: readonly KeyDeclaration[] = [
  ethernet.field('macsource', MAC, ['eth', 6, 6], 'Source MAC address.'),
  ethernet.field('macdestination', MAC, ['eth', 0, 6], 'Destination MAC address.'),
  ethernet.field('ethernetprotocol', SMALL, ['ethertype', 0, 2], 'EtherType behind all tags.'),
  ethernet.custom(
    'isunicast',
    BOOLEAN,
    'Whether the destination is one station.',
    destination(high => !isGroup(high)),
    3,
  ),
  ethernet.custom('isbroadcast', BOOLEAN, 'Whether the destination is FFFFFFFFFFFF.', destination(isBroadcast), 3),
  ethernet.custom(
    'ismulticast',
    BOOLEAN,
    'Whether the destination is a group other than broadcast.',
    destination((high, low) => isGroup(high) && !isBroadcast(high, low)),
    3,
  ),
  ethernet.field('vlan', SMALL, ['vlan', 0, 2], 'VLAN of the first tag; vlan.1 is that of the second.', { mask: 0xfff }),
  ethernet.field('priority', SMALL, ['vlan', 0, 2], 'Priority (802.1p) of the first tag.', {
    shift: 13,
    mask: 7,
  }),
  ethernet.field('vlandei', BOOLEAN, ['vlan', 0, 2], 'Whether the tag says that the frame may be dropped first.', {
    shift: 12,
    mask: 1,
  }),
]

/** A VLAN list begins with a count; the outermost tag is its first. */
const outerTag = { fixed: 4, after: 2 }

// biome-ignore format: one key a line, as a table
export const SWITCH_KEYS: readonly KeyDeclaration[] = [
  lan.record('vlansource', SMALL, 4, { tag: SWITCH }, 'VLAN on which the packet came in, as the switch says.'),
  lan.record('prioritysource', SMALL, 4, { tag: SWITCH, fixed: 4 }, 'Priority with which the packet came in.'),
  lan.record('vlandestination', SMALL, 4, { tag: SWITCH, fixed: 8 }, 'VLAN on which the packet left.'),
  lan.record('prioritydestination', SMALL, 4, { tag: SWITCH, fixed: 12 }, 'Priority with which the packet left.'),
  lan.record(
    'vlantunneltci',
    SMALL,
    2,
    { tag: VLAN_TUNNEL, ...outerTag },
    'Tag control word of the outermost tag that was stripped.',
  ),
  lan.record('inputvlantci', SMALL, 2, { tag: VLAN_IN, ...outerTag }, 'Tag control word of the outermost tag on the way in.'),
  lan.record('outputvlantci', SMALL, 2, { tag: VLAN_OUT, ...outerTag }, 'Tag control word of the outermost tag on the way out.'),
]

// biome-ignore format: one key a line, as a table
export const ARP_KEYS: readonly KeyDeclaration[] = [
  arp.field('arpoperation', SMALL, ['arp', 6, 2], 'ARP operation: 1 request, 2 reply.'),
  arp.field('arpmacsender', MAC, ['arp', 8, 6], 'MAC address of the sender.'),
  arp.field('arpipsender', IP4, ['arp', 14, 4], 'IPv4 address of the sender.'),
  arp.field('arpmactarget', MAC, ['arp', 18, 6], 'MAC address of the target.'),
  arp.field('arpiptarget', IP4, ['arp', 24, 4], 'IPv4 address of the target.'),
]
