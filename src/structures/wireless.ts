/** 802.11: what a radio counts, and how long its channel was busy. */
import { counter, defineCounters, gauge, u32 } from './define.ts'

export const wireless = defineCounters({
  name: 'ieee80211_counters',
  format: 6,
  spec: 'sflow_80211.txt',
  subject: 'interface',
  about: '802.11 counters, as in IEEE802dot11-MIB.',
  agents: 'wireless access points',
  fields: [
    dot11('TransmittedFragmentCount', 'transmit_fragments', 'Fragments that were acknowledged.'),
    dot11('MulticastTransmittedFrameCount', 'transmit_multicast_frames', 'Multicast frames sent.'),
    dot11('FailedCount', 'transmit_failures', 'Frames given up after too many attempts.'),
    dot11('RetryCount', 'transmit_retries', 'Frames sent after one or more attempts failed.'),
    dot11('MultipleRetryCount', 'transmit_multiple_retries', 'Frames sent after several attempts.'),
    dot11('FrameDuplicateCount', 'receive_duplicates', 'Frames received twice.'),
    dot11('RTSSuccessCount', 'rts_successes', 'Requests to send that were answered.'),
    dot11('RTSFailureCount', 'rts_failures', 'Requests to send that were not answered.'),
    dot11('ACKFailureCount', 'ack_failures', 'Acknowledgements that did not come.'),
    dot11('ReceivedFragmentCount', 'receive_fragments', 'Fragments received.'),
    dot11('MulticastReceivedFrameCount', 'receive_multicast_frames', 'Multicast frames received.'),
    dot11('FCSErrorCount', 'receive_fcs_errors', 'Frames received whose check sequence is wrong.'),
    dot11('TransmittedFrameCount', 'transmit_frames', 'Frames sent.'),
    dot11('WEPUndecryptableCount', 'receive_undecryptable', 'Frames that could not be decrypted.'),
    dot11('QoSDiscardedFragmentCount', 'qos_discarded_fragments', 'Fragments discarded by QoS.'),
    u32(
      'dot11AssociatedStationCount',
      gauge('sflow_interface_wlan_stations', 'Stations that are associated.'),
    ),
    dot11('QoSCFPollsReceivedCount', 'qos_polls_received', 'QoS polls received.'),
    dot11('QoSCFPollsUnusedCount', 'qos_polls_unused', 'QoS polls not used.'),
    dot11('QoSCFPollsUnusableCount', 'qos_polls_unusable', 'QoS polls that could not be used.'),
    dot11('QoSCFPollsLostCount', 'qos_polls_lost', 'QoS polls that had no answer.'),
  ],
})

function dot11(name: string, quantity: string, help: string) {
  return u32(`dot11${name}`, counter(`sflow_interface_wlan_${quantity}_total`, help))
}

export const radioUtilization = defineCounters({
  name: 'radio_utilization',
  format: 1002,
  spec: 'sflow_80211.txt',
  subject: 'interface',
  about: 'How long a radio was on its channel, and how long that was busy.',
  agents: 'wireless access points',
  fields: [
    radio('elapsed_time', 'elapsed', 'Time that these three counts cover.'),
    radio('on_channel_time', 'on_channel', 'Time spent on the channel.'),
    radio('on_channel_busy_time', 'busy', 'Time that the channel was busy.'),
  ],
})

function radio(name: string, quantity: string, help: string) {
  const metric = `sflow_interface_radio_${quantity}_seconds_total`
  return u32(name, counter(metric, help, { divisor: 1_000 }), {
    unit: 'ms',
    tool: `radio_${name}`,
  })
}
