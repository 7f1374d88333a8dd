/** Media of another time that the memo still has: token ring and 100BaseVG. */
import { counter, defineCounters, u32, u64 } from './define.ts'

const SPEC = 'sflow_version_5.txt'

export const tokenRing = defineCounters({
  name: 'tokenring_counters',
  format: 3,
  spec: SPEC,
  subject: 'interface',
  about: 'Token ring errors, as in TOKENRING-MIB (RFC 1748).',
  agents: 'none seen',
  fields: [
    dot5('LineErrors', 'line_errors', 'Frames and tokens with a wrong check sequence or code.'),
    dot5('BurstErrors', 'burst_errors', 'Absences of transitions for five half-bit times.'),
    dot5(
      'ACErrors',
      'ac_errors',
      'Stations that repeated a monitor frame as if they were the first.',
    ),
    dot5('AbortTransErrors', 'abort_errors', 'Transmissions that were aborted.'),
    dot5('InternalErrors', 'internal_errors', 'Internal errors of the station.'),
    dot5('LostFrameErrors', 'lost_frame_errors', 'Frames whose end did not come back.'),
    dot5('ReceiveCongestions', 'receive_congestions', 'Frames lost for want of a buffer.'),
    dot5('FrameCopiedErrors', 'frame_copied_errors', 'Frames that another station had taken.'),
    dot5('TokenErrors', 'token_errors', 'Token errors that the active monitor saw.'),
    dot5('SoftErrors', 'soft_errors', 'Soft errors in all.'),
    dot5('HardErrors', 'hard_errors', 'Faults that the station could not recover from.'),
    dot5('SignalLoss', 'signal_losses', 'Losses of the signal from the ring.'),
    dot5('TransmitBeacons', 'transmit_beacons', 'Beacon frames transmitted.'),
    dot5('Recoverys', 'recoveries', 'Claim frames that began a recovery of the ring.'),
    dot5('LobeWires', 'lobe_wire_faults', 'Open or short circuits of the lobe.'),
    dot5('Removes', 'removes', 'Times that the station was told to leave the ring.'),
    dot5('Singles', 'single_stations', 'Times that the station found itself alone.'),
    dot5('FreqErrors', 'frequency_errors', 'Frequencies that were out of tolerance.'),
  ],
})

function dot5(name: string, quantity: string, help: string) {
  return u32(`dot5Stats${name}`, counter(`sflow_interface_token_ring_${quantity}_total`, help))
}

const OLD_HALF = 'the same count stands in the record with 64 bits'

export const vgCounters = defineCounters({
  name: 'vg_counters',
  format: 4,
  spec: SPEC,
  subject: 'interface',
  about: '100BaseVG counters, as in DOT12-IF-MIB (RFC 2020).',
  agents: 'none seen',
  fields: [
    vg('InHighPriorityFrames', 'receive_frames', 'Frames received, by priority.', 'high'),
    u64('dot12InHighPriorityOctets', { counter: true, noMetric: OLD_HALF }),
    vg('InNormPriorityFrames', 'receive_frames', 'Frames received, by priority.', 'normal'),
    u64('dot12InNormPriorityOctets', { counter: true, noMetric: OLD_HALF }),
    vg('InIPMErrors', 'receive_packet_marker_errors', 'Frames with an invalid packet marker.'),
    vg('InOversizeFrameErrors', 'receive_oversize_errors', 'Frames that are longer than allowed.'),
    vg('InDataErrors', 'receive_data_errors', 'Frames with a wrong check sequence.'),
    vg('InNullAddressedFrames', 'receive_null_addressed_frames', 'Frames to the null address.'),
    vg('OutHighPriorityFrames', 'transmit_frames', 'Frames transmitted, by priority.', 'high'),
    u64('dot12OutHighPriorityOctets', { counter: true, noMetric: OLD_HALF }),
    vg('TransitionIntoTrainings', 'trainings', 'Times that the port went into training.'),
    octets('HCInHighPriorityOctets', 'receive_bytes', 'Bytes received, by priority.', 'high'),
    octets('HCInNormPriorityOctets', 'receive_bytes', 'Bytes received, by priority.', 'normal'),
    octets('HCOutHighPriorityOctets', 'transmit_bytes', 'Bytes transmitted, by priority.', 'high'),
  ],
})

function vgMetric(quantity: string, help: string, priority?: string) {
  const options = priority === undefined ? {} : { labels: { priority } }
  return counter(`sflow_interface_vg_${quantity}_total`, help, options)
}

function vg(name: string, quantity: string, help: string, priority?: string) {
  return u32(`dot12${name}`, vgMetric(quantity, help, priority))
}

function octets(name: string, quantity: string, help: string, priority: string) {
  return u64(`dot12${name}`, vgMetric(quantity, help, priority))
}
