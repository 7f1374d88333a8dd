/** Interface counters of the sFlow version 5 memo: what every switch and most hosts send. */
import { counter, defineCounters, gauge, u32, u64 } from './define.ts'

const SPEC = 'sflow_version_5.txt'

const RECEIVE_PACKETS = 'Packets received, by kind of destination address.'
const TRANSMIT_PACKETS = 'Packets transmitted, by kind of destination address.'

export const genericInterface = defineCounters({
  name: 'if_counters',
  format: 1,
  spec: SPEC,
  subject: 'interface',
  about: 'Generic interface counters, as in IF-MIB.',
  agents: 'switches, Host sFlow, Open vSwitch',
  fields: [
    u32('ifIndex', { noMetric: 'label `ifindex`' }),
    u32('ifType', { tool: 'networkType', noMetric: 'label of sflow_interface_info' }),
    u64(
      'ifSpeed',
      gauge('sflow_interface_speed_bytes', 'Speed of the interface, in bytes per second.', {
        divisor: 8,
        unknown: [0],
      }),
      { unit: 'bit/s' },
    ),
    u32(
      'ifDirection',
      gauge('sflow_interface_full_duplex', 'Whether the interface is full duplex (1) or not (0).', {
        equals: 1,
        unknown: [0],
      }),
    ),
    u32(
      'ifStatus',
      gauge('sflow_interface_admin_up', 'Whether the interface is administratively up.', {
        bit: 0,
      }),
      gauge('sflow_interface_oper_up', 'Whether the interface is operationally up.', { bit: 1 }),
    ),
    u64('ifInOctets', counter('sflow_interface_receive_bytes_total', 'Bytes received.')),
    u32('ifInUcastPkts', receivePackets('unicast')),
    u32('ifInMulticastPkts', receivePackets('multicast')),
    u32('ifInBroadcastPkts', receivePackets('broadcast')),
    u32(
      'ifInDiscards',
      counter(
        'sflow_interface_receive_discards_total',
        'Packets received and discarded without an error.',
      ),
    ),
    u32(
      'ifInErrors',
      counter('sflow_interface_receive_errors_total', 'Packets received with errors.'),
    ),
    u32(
      'ifInUnknownProtos',
      counter(
        'sflow_interface_receive_unknown_protocols_total',
        'Packets received and discarded for a protocol that is not known.',
      ),
    ),
    u64('ifOutOctets', counter('sflow_interface_transmit_bytes_total', 'Bytes transmitted.')),
    u32('ifOutUcastPkts', transmitPackets('unicast')),
    u32('ifOutMulticastPkts', transmitPackets('multicast')),
    u32('ifOutBroadcastPkts', transmitPackets('broadcast')),
    u32(
      'ifOutDiscards',
      counter(
        'sflow_interface_transmit_discards_total',
        'Packets discarded instead of transmitted, without an error.',
      ),
    ),
    u32(
      'ifOutErrors',
      counter(
        'sflow_interface_transmit_errors_total',
        'Packets not transmitted because of errors.',
      ),
    ),
    u32(
      'ifPromiscuousMode',
      gauge('sflow_interface_promiscuous', 'Whether the interface is in promiscuous mode.'),
    ),
  ],
})

function receivePackets(cast: string) {
  return counter('sflow_interface_receive_packets_total', RECEIVE_PACKETS, { labels: { cast } })
}

function transmitPackets(cast: string) {
  return counter('sflow_interface_transmit_packets_total', TRANSMIT_PACKETS, { labels: { cast } })
}
