/**
 * Counter records of interfaces, switches and applications; those of hosts are in `host-layouts.ts`.
 * Formats: sflow.org, "sFlow Structure Numbers".
 */
import { layout, list } from './layout.ts'

export const GENERIC_INTERFACE = layout(1, {
  ifIndex: 'u32',
  ifType: 'u32',
  ifSpeed: 'u64',
  ifDirection: 'u32',
  ifStatus: 'u32',
  ifInOctets: 'u64',
  ifInUcastPkts: 'u32',
  ifInMulticastPkts: 'u32',
  ifInBroadcastPkts: 'u32',
  ifInDiscards: 'u32',
  ifInErrors: 'u32',
  ifInUnknownProtos: 'u32',
  ifOutOctets: 'u64',
  ifOutUcastPkts: 'u32',
  ifOutMulticastPkts: 'u32',
  ifOutBroadcastPkts: 'u32',
  ifOutDiscards: 'u32',
  ifOutErrors: 'u32',
  ifPromiscuousMode: 'u32',
})

export const ETHERNET = layout(2, {
  alignmentErrors: 'u32',
  fcsErrors: 'u32',
  singleCollisionFrames: 'u32',
  multipleCollisionFrames: 'u32',
  sqeTestErrors: 'u32',
  deferredTransmissions: 'u32',
  lateCollisions: 'u32',
  excessiveCollisions: 'u32',
  internalMacTransmitErrors: 'u32',
  carrierSenseErrors: 'u32',
  frameTooLongs: 'u32',
  internalMacReceiveErrors: 'u32',
  symbolErrors: 'u32',
})

export const VLAN = layout(5, {
  vlan: 'u32',
  octets: 'u64',
  ucastPkts: 'u32',
  multicastPkts: 'u32',
  broadcastPkts: 'u32',
  discards: 'u32',
})

/** The four states are one word: a byte each, actor admin first. */
export const LAG_PORT = layout(7, {
  actorSystem: 'mac',
  partnerSystem: 'mac',
  aggregate: 'u32',
  states: 'u32',
  lacpdusRx: 'u32',
  markerPdusRx: 'u32',
  markerResponsePdusRx: 'u32',
  unknownRx: 'u32',
  illegalRx: 'u32',
  lacpdusTx: 'u32',
  markerPdusTx: 'u32',
  markerResponsePdusTx: 'u32',
})

export const OPTICS = layout(10, {
  module: 'u32',
  totalLanes: 'u32',
  supplyMillivolts: 'u32',
  temperatureMillidegrees: 'i32',
  lanes: list({
    index: 'u32',
    txBiasMicroamperes: 'u32',
    txPowerMicrowatts: 'u32',
    txPowerMinimum: 'u32',
    txPowerMaximum: 'u32',
    txWavelength: 'u32',
    rxPowerMicrowatts: 'u32',
    rxPowerMinimum: 'u32',
    rxPowerMaximum: 'u32',
    rxWavelength: 'u32',
  }),
})

export const PROCESSOR = layout(1001, {
  cpu5s: 'u32',
  cpu1m: 'u32',
  cpu5m: 'u32',
  totalMemory: 'u64',
  freeMemory: 'u64',
})

export const OPENFLOW_PORT = layout(1004, { datapath: 'u64', port: 'u32' })

export const PORT_NAME = layout(1005, { name: 'text' })

export const APP_OPERATIONS = layout(2202, {
  application: 'text',
  success: 'u32',
  other: 'u32',
  timeout: 'u32',
  internalError: 'u32',
  badRequest: 'u32',
  forbidden: 'u32',
  tooLarge: 'u32',
  notImplemented: 'u32',
  notFound: 'u32',
  unavailable: 'u32',
  unauthorized: 'u32',
})

export const APP_RESOURCES = layout(2203, {
  userMs: 'u32',
  systemMs: 'u32',
  memoryUsed: 'u64',
  memoryMax: 'u64',
  fdOpen: 'u32',
  fdMax: 'u32',
  connectionsOpen: 'u32',
  connectionsMax: 'u32',
})

export const APP_WORKERS = layout(2206, {
  active: 'u32',
  idle: 'u32',
  max: 'u32',
  requestsDelayed: 'u32',
  requestsDropped: 'u32',
})

export const OVS_DATAPATH = layout(2207, {
  hits: 'u32',
  misses: 'u32',
  lost: 'u32',
  maskHits: 'u32',
  flows: 'u32',
  masks: 'u32',
})
