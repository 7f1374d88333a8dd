/** All flow keys, in the order of the reference page; a name stands once. */
import { APPLICATION_KEYS } from './applications.ts'
import type { KeyDeclaration } from './declare.ts'
import { ARP_KEYS, ETHERNET_KEYS, SWITCH_KEYS } from './ethernet.ts'
import { IP_KEYS, IP6_KEYS } from './ip.ts'
import { QUEUE_KEYS, ROUTER_KEYS } from './records.ts'
import { PACKET_KEYS, SOURCE_KEYS } from './source.ts'
import { DNS_KEYS, ICMP_KEYS, TRANSPORT_KEYS } from './transport.ts'
import { INFINIBAND_KEYS, TUNNEL_KEYS } from './tunnels.ts'

export const FLOW_KEYS: readonly KeyDeclaration[] = [
  ...SOURCE_KEYS,
  ...PACKET_KEYS,
  ...ETHERNET_KEYS,
  ...SWITCH_KEYS,
  ...ARP_KEYS,
  ...IP_KEYS,
  ...IP6_KEYS,
  ...TRANSPORT_KEYS,
  ...ICMP_KEYS,
  ...DNS_KEYS,
  ...TUNNEL_KEYS,
  ...ROUTER_KEYS,
  ...QUEUE_KEYS,
  ...INFINIBAND_KEYS,
  ...APPLICATION_KEYS,
]

const byName = new Map<string, KeyDeclaration>()
for (const key of FLOW_KEYS) {
  if (byName.has(key.name)) throw new Error(`flow key ${key.name}: the name stands twice`)
  byName.set(key.name, key)
}

export function findKey(name: string): KeyDeclaration | undefined {
  return byName.get(name)
}
