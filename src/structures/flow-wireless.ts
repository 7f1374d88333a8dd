/** Flow records of 802.11: how a frame went through the air. */
import { defineFlowRecord, mac, rest, text, u32, u64 } from './define.ts'

const WIRELESS = 'sflow_80211.txt'
const POINTS = 'access points'
const NONE = 'none seen'
const SSID_MAX = 256

export const WIRELESS_RECORDS = [
  defineFlowRecord({
    name: 'extended_80211_payload',
    format: 1013,
    spec: WIRELESS,
    about: 'Payload of an encrypted frame, as a record 1 after the cipher.',
    agents: POINTS,
    fields: [u32('ciphersuite', { tool: 'cipher_suite' }), rest('data')],
    lengthMin: 8,
  }),
  defineFlowRecord({
    name: 'extended_80211_rx',
    format: 1014,
    spec: WIRELESS,
    about: 'How a frame was received by radio.',
    agents: POINTS,
    toolPrefix: 'rx_',
    fields: [
      text('ssid', { textMax: SSID_MAX, tool: 'SSID' }),
      mac('bssid', { tool: 'BSSID' }),
      u32('version'),
      u32('channel'),
      u64('speed', { unit: 'bit/s' }),
      u32('rsni'),
      u32('rcpi'),
      u32('packet_duration', { unit: 'us', tool: 'packet_uS' }),
    ],
  }),
  defineFlowRecord({
    name: 'extended_80211_tx',
    format: 1015,
    spec: WIRELESS,
    about: 'How a frame was sent by radio.',
    agents: POINTS,
    toolPrefix: 'tx_',
    fields: [
      text('ssid', { textMax: SSID_MAX, tool: 'SSID' }),
      mac('bssid', { tool: 'BSSID' }),
      u32('version'),
      u32('transmissions'),
      u32('packet_duration', { unit: 'us', tool: 'packet_uS' }),
      u32('retrans_duration', { unit: 'us', tool: 'retrans_uS' }),
      u32('channel'),
      u64('speed', { unit: 'bit/s' }),
      u32('power', { unit: 'mW', tool: 'power_mW' }),
    ],
  }),
  defineFlowRecord({
    name: 'extended_80211_aggregation',
    format: 1016,
    spec: WIRELESS,
    about: 'Flow records of each frame in an aggregate.',
    agents: NONE,
    toolUnknown: true,
    fields: [u32('pdus'), rest('flow_records')],
  }),
]
