/** Virtual desktops. The layout is only in the sources of agent and tool, in no published document. */
import { counter, defineCounters, gauge, u32 } from './define.ts'

const RTT = 'Round trip time'
const QUALITY = 'Quality of images sent'

export const vdi = defineCounters({
  name: 'vdi',
  format: 2205,
  spec: 'https://github.com/sflow/sflowtool',
  about: 'Sessions and traffic of a virtual desktop.',
  agents: 'Host sFlow on Windows',
  fields: [
    u32('sessions_current', gauge('sflow_vdi_sessions', 'Sessions that are open.'), {
      tool: 'vdi_sessions_current',
    }),
    count('sessions_total', 'sessions_started', 'Sessions started.'),
    u32(
      'sessions_duration',
      counter('sflow_vdi_session_seconds_total', 'Time that sessions lasted.'),
      { unit: 's', tool: 'vdi_sessions_duration' },
    ),
    count('rx_bytes', 'receive_bytes', 'Bytes received.'),
    count('tx_bytes', 'transmit_bytes', 'Bytes transmitted.'),
    count('rx_packets', 'receive_packets', 'Packets received.'),
    count('tx_packets', 'transmit_packets', 'Packets transmitted.'),
    count('rx_packets_lost', 'receive_packets_lost', 'Packets lost on the way here.'),
    count('tx_packets_lost', 'transmit_packets_lost', 'Packets lost on the way to the client.'),
    roundTrip('min', `${RTT}, least.`),
    roundTrip('max', `${RTT}, most.`),
    roundTrip('avg', `${RTT}, average.`, 'average'),
    count('audio_rx_bytes', 'audio_receive_bytes', 'Bytes of sound received.'),
    count('audio_tx_bytes', 'audio_transmit_bytes', 'Bytes of sound transmitted.'),
    u32(
      'audio_tx_limit',
      gauge(
        'sflow_vdi_audio_transmit_limit_bytes',
        'Limit of sound transmitted, in bytes per second.',
        {
          divisor: 8,
          unknown: [0],
        },
      ),
      { unit: 'bit/s', tool: 'vdi_audio_tx_limit' },
    ),
    count('img_rx_bytes', 'image_receive_bytes', 'Bytes of images received.'),
    count('img_tx_bytes', 'image_transmit_bytes', 'Bytes of images transmitted.'),
    count('img_frames', 'image_frames', 'Images transmitted.'),
    quality('min', `${QUALITY}, least.`),
    quality('max', `${QUALITY}, most.`),
    quality('avg', `${QUALITY}, average.`, 'average'),
    count('usb_rx_bytes', 'usb_receive_bytes', 'Bytes received from USB devices.'),
    count('usb_tx_bytes', 'usb_transmit_bytes', 'Bytes transmitted to USB devices.'),
  ],
})

function count(name: string, quantity: string, help: string) {
  return u32(name, counter(`sflow_vdi_${quantity}_total`, help), { tool: `vdi_${name}` })
}

function roundTrip(which: string, help: string, word = which) {
  return u32(
    `rtt_${which}_ms`,
    gauge(`sflow_vdi_round_trip_${word}_seconds`, help, { divisor: 1_000 }),
    { unit: 'ms', tool: `vdi_rtt_${which}_ms` },
  )
}

function quality(which: string, help: string, word = which) {
  return u32(
    `img_qual_${which}`,
    gauge(`sflow_vdi_image_quality_${word}_ratio`, help, { divisor: 100 }),
    { unit: '%', tool: `vdi_img_qual_${which}` },
  )
}
