/** What snmp_exporter's module if_mib calls the numbers of an interface. `agent-page.ts` writes them. */
import type { Compat } from './compat.ts'

const packets = (way: 'receive' | 'transmit', cast: string) =>
  `sflow_interface_${way}_packets_total{cast="${cast}"}`

const HELP = 'As IF-MIB names it, from sFlow if_counters.'

const counter = (name: string, from: string): Compat => {
  return { name, type: 'counter', help: HELP, from }
}

const gauge = (name: string, from: string, convert: (value: number) => number): Compat => {
  return { name, type: 'gauge', help: HELP, from, convert }
}

const BITS = 8
const MEGA = 1_000_000
/** IF-MIB: a gauge of 32 bits that stays at its end. */
const SPEED_MAX = 4_294_967_295

export const INTERFACE_COMPAT: readonly Compat[] = [
  counter('ifHCInOctets', 'sflow_interface_receive_bytes_total'),
  counter('ifHCOutOctets', 'sflow_interface_transmit_bytes_total'),
  counter('ifHCInUcastPkts', packets('receive', 'unicast')),
  counter('ifHCInMulticastPkts', packets('receive', 'multicast')),
  counter('ifHCInBroadcastPkts', packets('receive', 'broadcast')),
  counter('ifHCOutUcastPkts', packets('transmit', 'unicast')),
  counter('ifHCOutMulticastPkts', packets('transmit', 'multicast')),
  counter('ifHCOutBroadcastPkts', packets('transmit', 'broadcast')),
  counter('ifInDiscards', 'sflow_interface_receive_discards_total'),
  counter('ifOutDiscards', 'sflow_interface_transmit_discards_total'),
  counter('ifInErrors', 'sflow_interface_receive_errors_total'),
  counter('ifOutErrors', 'sflow_interface_transmit_errors_total'),
  counter('ifInUnknownProtos', 'sflow_interface_receive_unknown_protocols_total'),
  gauge('ifHighSpeed', 'sflow_interface_speed_bytes', bytes => (bytes * BITS) / MEGA),
  gauge('ifSpeed', 'sflow_interface_speed_bytes', bytes => Math.min(bytes * BITS, SPEED_MAX)),
  // IF-MIB: up is 1, down is 2; true is 1, false is 2.
  gauge('ifAdminStatus', 'sflow_interface_admin_up', up => (up === 1 ? 1 : 2)),
  gauge('ifOperStatus', 'sflow_interface_oper_up', up => (up === 1 ? 1 : 2)),
  gauge('ifPromiscuousMode', 'sflow_interface_promiscuous', on => (on === 1 ? 1 : 2)),
]

/** IANAifType-MIB, those that sFlow agents are known to report; others are shown as numbers. */
export const IF_TYPES: Readonly<Record<number, string>> = {
  1: 'other',
  6: 'ethernetCsmacd',
  24: 'softwareLoopback',
  53: 'propVirtual',
  131: 'tunnel',
  135: 'l2vlan',
  136: 'l3ipvlan',
  161: 'ieee8023adLag',
  209: 'bridge',
}
