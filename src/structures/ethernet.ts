/** Ethernet errors and priority flow control: what a port's MAC counts beyond packets and bytes. */
import { counter, defineCounters, u32 } from './define.ts'

export const ethernetCounters = defineCounters({
  name: 'ethernet_counters',
  format: 2,
  spec: 'sflow_version_5.txt',
  subject: 'interface',
  about: 'Ethernet errors and collisions, as in EtherLike-MIB.',
  agents: 'switches, Open vSwitch',
  fields: [
    dot3(
      'AlignmentErrors',
      'alignment_errors',
      'Frames received that are no whole number of bytes.',
    ),
    dot3('FCSErrors', 'fcs_errors', 'Frames received whose check sequence is wrong.'),
    dot3(
      'SingleCollisionFrames',
      'single_collision_frames',
      'Frames transmitted after one collision.',
    ),
    dot3(
      'MultipleCollisionFrames',
      'multiple_collision_frames',
      'Frames transmitted after more than one collision.',
    ),
    dot3('SQETestErrors', 'sqe_test_errors', 'Signal quality test errors.'),
    dot3(
      'DeferredTransmissions',
      'deferred_transmissions',
      'Frames whose first transmission waited because the medium was busy.',
    ),
    dot3('LateCollisions', 'late_collisions', 'Collisions later than one slot time.'),
    dot3(
      'ExcessiveCollisions',
      'excessive_collisions',
      'Frames not transmitted because of too many collisions.',
    ),
    dot3(
      'InternalMacTransmitErrors',
      'internal_transmit_errors',
      'Frames not transmitted because of a fault inside the MAC.',
    ),
    dot3('CarrierSenseErrors', 'carrier_sense_errors', 'Transmissions that lost the carrier.'),
    dot3('FrameTooLongs', 'too_long_frames', 'Frames received that are longer than allowed.'),
    dot3(
      'InternalMacReceiveErrors',
      'internal_receive_errors',
      'Frames not received because of a fault inside the MAC.',
    ),
    dot3('SymbolErrors', 'symbol_errors', 'Invalid symbols received.'),
  ],
})

function dot3(name: string, quantity: string, help: string) {
  return u32(`dot3Stats${name}`, counter(`sflow_interface_ethernet_${quantity}_total`, help))
}

export const priorityFlowControl = defineCounters({
  name: 'pfc',
  format: 11,
  spec: 'https://github.com/sflow/sflowtool',
  subject: 'interface',
  about: 'Priority flow control (IEEE 802.1Qbb) of a port, all priorities together.',
  agents: 'Host sFlow on SONiC',
  fields: [
    u32(
      'requests',
      counter('sflow_interface_pfc_requests_total', 'Priority flow control frames transmitted.'),
      { tool: 'PFC_requests' },
    ),
    u32(
      'indications',
      counter('sflow_interface_pfc_indications_total', 'Priority flow control frames received.'),
      { tool: 'PFC_indications' },
    ),
    u32(
      'pause_duration',
      counter('sflow_interface_pfc_pause_seconds_total', 'Time that transmission was paused.', {
        divisor: 1_000_000,
      }),
      { unit: 'us', tool: 'PFC_pause_duration' },
    ),
    u32(
      'storm_detected',
      counter(
        'sflow_interface_pfc_storms_detected_total',
        'Pause storms that the watchdog detected.',
      ),
      { tool: 'PFC_storm_detected' },
    ),
    u32(
      'storm_restored',
      counter(
        'sflow_interface_pfc_storms_restored_total',
        'Pause storms that the watchdog saw end.',
      ),
      { tool: 'PFC_storm_restored' },
    ),
  ],
})
