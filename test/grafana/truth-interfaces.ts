/** What panels over counters of ports must show: from the simulator. */
import {
  ETHERNET,
  GENERIC_INTERFACE,
  LAG_PORT,
  OPTICS,
} from '../../src/simulate/counter-layouts.ts'
import {
  type Check,
  inBits,
  last,
  of,
  port,
  type Row,
  rate,
  type TruthOf,
  total,
} from './truth-check.ts'
import type { TruthView } from './truth-view.ts'

const state = (truth: TruthView, place: string) => truth.last(GENERIC_INTERFACE, place, 'ifStatus')

export const INTERFACE_CHECKS: readonly Check[] = of('interfaces', [
  ['Ports up', 'interface_oper_up', t => t.sum(GENERIC_INTERFACE, at => (state(t, at) & 2) / 2)],
  [
    'Ports down',
    'interface_admin_up',
    t => t.sum(GENERIC_INTERFACE, at => Number(state(t, at) === 1)),
  ],
  ['Ports', 'interface_speed_bytes', last(GENERIC_INTERFACE, port, 'ifSpeed')],
  [
    'Traffic, received up, transmitted down',
    'interface_receive_bytes_total',
    inBits(rate(GENERIC_INTERFACE, port, 'ifInOctets')),
  ],
  [
    'Traffic, received up, transmitted down',
    'interface_transmit_bytes_total',
    inBits(rate(GENERIC_INTERFACE, port, 'ifOutOctets')),
  ],
  [
    'Packets by kind of address, received up, transmitted down',
    'interface_receive_packets_total',
    total(GENERIC_INTERFACE, 'ifInUcastPkts'),
  ],
  [
    'Packets by kind of address, received up, transmitted down',
    'interface_transmit_packets_total',
    total(GENERIC_INTERFACE, 'ifOutUcastPkts'),
  ],
  [
    'Errors, received up, transmitted down',
    'interface_receive_errors_total',
    rate(GENERIC_INTERFACE, port, 'ifInErrors'),
  ],
  [
    'Errors, received up, transmitted down',
    'interface_transmit_errors_total',
    rate(GENERIC_INTERFACE, port, 'ifOutErrors'),
  ],
  [
    'Discards, received up, transmitted down',
    'interface_receive_discards_total',
    rate(GENERIC_INTERFACE, port, 'ifInDiscards'),
  ],
  [
    'Discards, received up, transmitted down',
    'interface_transmit_discards_total',
    rate(GENERIC_INTERFACE, port, 'ifOutDiscards'),
  ],
  ...(
    [
      ['fcs_errors', 'fcsErrors'],
      ['alignment_errors', 'alignmentErrors'],
      ['symbol_errors', 'symbolErrors'],
      ['late_collisions', 'lateCollisions'],
      ['excessive_collisions', 'excessiveCollisions'],
      ['too_long_frames', 'frameTooLongs'],
      ['carrier_sense_errors', 'carrierSenseErrors'],
      ['internal_receive_errors', 'internalMacReceiveErrors'],
      ['internal_transmit_errors', 'internalMacTransmitErrors'],
    ] as const
  ).map(
    ([metric, field]): Row => [
      'Ethernet faults',
      `interface_ethernet_${metric}_total`,
      total(ETHERNET, field),
    ],
  ),
  ['Receive power', 'interface_optics_receive_power_watts', lane('rxPowerMicrowatts')],
  ['Transmit power', 'interface_optics_transmit_power_watts', lane('txPowerMicrowatts')],
  [
    'Temperature',
    'interface_optics_temperature_celsius',
    last(OPTICS, port, 'temperatureMillidegrees', 1_000),
  ],
  ['Members of bundles', 'interface_lag_attached_ifindex', last(LAG_PORT, port, 'aggregate')],
  // A byte of flags for each of four states; the simulator's are all alike.
  ...(
    [
      ['synchronized', 8],
      ['collecting', 16],
      ['distributing', 32],
      ['defaulted', 64],
      ['expired', 128],
    ] as const
  ).map(
    ([flag, bit]): Row => [
      'Members of bundles',
      `interface_lag_actor_${flag}`,
      (t, at) => (t.last(LAG_PORT, port(at), 'states') & bit) / bit,
    ],
  ),
  ['Members of bundles', 'interface_lag_receive_pdus_total', rate(LAG_PORT, port, 'lacpdusRx')],
])

function lane(field: string): TruthOf {
  return (truth, labels) => {
    const lanes = truth.now.records.get(`${port(labels)} ${OPTICS.tag}`)?.lanes as readonly Record<
      string,
      number
    >[]
    const own = lanes.find(({ index }) => index === Number(labels.lane))
    return (own?.[field] ?? Number.NaN) / 1e6
  }
}
