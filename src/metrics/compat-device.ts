/**
 * What node_exporter calls the numbers of a host's network devices: where the agent of a host sends
 * interface counters (hsflowd does), each device has its own, and the sum over all is not shown.
 */
import type { Compat } from './compat.ts'

const HELP = 'As node_exporter names it, from sFlow if_counters.'

const counter = (name: string, ours: string, plus: readonly string[] = []): Compat => {
  return {
    name: `node_network_${name}_total`,
    type: 'counter',
    help: HELP,
    from: `sflow_interface_${ours}`,
    plus: plus.map(more => `sflow_interface_${more}`),
  }
}

const packets = (way: string) =>
  ['unicast', 'multicast', 'broadcast'].map(cast => `${way}_packets_total{cast="${cast}"}`)

const [receiveUnicast = '', ...receiveOthers] = packets('receive')
const [transmitUnicast = '', ...transmitOthers] = packets('transmit')

export const DEVICE_COMPAT: readonly Compat[] = [
  counter('receive_bytes', 'receive_bytes_total'),
  counter('transmit_bytes', 'transmit_bytes_total'),
  counter('receive_packets', receiveUnicast, receiveOthers),
  counter('transmit_packets', transmitUnicast, transmitOthers),
  counter('receive_multicast', 'receive_packets_total{cast="multicast"}'),
  counter('receive_errs', 'receive_errors_total'),
  counter('transmit_errs', 'transmit_errors_total'),
  counter('receive_drop', 'receive_discards_total'),
  counter('transmit_drop', 'transmit_discards_total'),
  { name: 'node_network_up', type: 'gauge', help: HELP, from: 'sflow_interface_oper_up' },
  {
    name: 'node_network_speed_bytes',
    type: 'gauge',
    help: HELP,
    from: 'sflow_interface_speed_bytes',
  },
]
