/** The counter records of one port, as a switch or a host reports them. */
import { ETHERNET, GENERIC_INTERFACE, LAG_PORT, OPTICS, PORT_NAME } from './counter-layouts.ts'
import type { Port } from './fabric.ts'
import { type RecordData, record } from './layout.ts'

const IF_TYPE_ETHERNET = 6
const IF_TYPE_LAG = 161
const FULL_DUPLEX = 1
const STATUS_ADMIN_UP = 1
const STATUS_OPER_UP = 2
/** Actor and partner, admin and oper: active, aggregating, in sync, collecting, distributing. */
const LACP_STATES = 0x3d3d3d3d
/** The fast rate of LACP. */
const LACPDU_INTERVAL_MS = 1_000
const ALL_ONES = 0xffffffff

export function portRecords(port: Port, nowMs: number): readonly RecordData[] {
  const { counters } = port
  const isBond = port.name.startsWith('bond')
  const records = [
    record(GENERIC_INTERFACE, {
      ifIndex: port.ifIndex,
      ifType: isBond ? IF_TYPE_LAG : IF_TYPE_ETHERNET,
      ifSpeed: port.speed,
      ifDirection: FULL_DUPLEX,
      ifStatus: STATUS_ADMIN_UP + (port.up ? STATUS_OPER_UP : 0),
      ifInOctets: counters.inOctets,
      ifInUcastPkts: counters.inUnicast,
      ifInMulticastPkts: counters.inMulticast,
      ifInBroadcastPkts: port.device.kind === 'host' ? ALL_ONES : 0,
      ifInDiscards: counters.inDiscards,
      ifInErrors: counters.inErrors,
      // "Not available": sflow_version_5.txt, as Host sFlow sends it.
      ifInUnknownProtos: ALL_ONES,
      ifOutOctets: counters.outOctets,
      ifOutUcastPkts: counters.outUnicast,
      ifOutMulticastPkts: counters.outMulticast,
      ifOutBroadcastPkts: port.device.kind === 'host' ? ALL_ONES : 0,
      ifOutDiscards: counters.outDiscards,
      ifOutErrors: counters.outErrors,
      ifPromiscuousMode: 0,
    }),
    record(PORT_NAME, { name: port.name }),
  ]
  if (port.device.kind === 'host') return records
  if (!isBond) records.push(ethernetRecord(port))
  if (port.aggregate) records.push(lagRecord(port, port.aggregate, nowMs))
  if (port.hasOptics) records.push(opticsRecord(port))
  return records
}

/** Each damaged packet failed its check sequence; what is given up on the way out has four kinds. */
function ethernetRecord({ counters: { inErrors, outErrors } }: Port): RecordData {
  return record(ETHERNET, {
    alignmentErrors: Math.floor(inErrors / 5),
    fcsErrors: inErrors,
    singleCollisionFrames: outErrors * 9,
    multipleCollisionFrames: outErrors * 2,
    sqeTestErrors: 0,
    deferredTransmissions: outErrors * 3,
    lateCollisions: Math.floor(outErrors * 0.6),
    excessiveCollisions: Math.floor(outErrors * 0.2),
    internalMacTransmitErrors: Math.floor(outErrors * 0.1),
    carrierSenseErrors: Math.floor(outErrors * 0.1),
    frameTooLongs: Math.floor(inErrors / 20),
    internalMacReceiveErrors: Math.floor(inErrors / 10),
    symbolErrors: Math.floor(inErrors / 3),
  })
}

function lagRecord(port: Port, aggregate: Port, nowMs: number): RecordData {
  const lacpdus = Math.floor((nowMs - port.device.bornMs) / LACPDU_INTERVAL_MS)
  return record(LAG_PORT, {
    actorSystem: hex(aggregate.mac),
    partnerSystem: '020000000fab',
    aggregate: aggregate.ifIndex,
    states: LACP_STATES,
    lacpdusRx: lacpdus,
    markerPdusRx: 0,
    markerResponsePdusRx: 0,
    unknownRx: 0,
    illegalRx: 0,
    lacpdusTx: lacpdus + 1,
    markerPdusTx: 0,
    markerResponsePdusTx: 0,
  })
}

/** Four lanes; a port that is down or gets damaged packets receives little light. */
function opticsRecord(port: Port): RecordData {
  const light = port.up ? (port.errorRatio > 0 ? 120 : 700) : 0
  const lanes = [1, 2, 3, 4].map(index => ({
    index,
    txBiasMicroamperes: 6_000 + index * 11 + (port.ifIndex % 13),
    txPowerMicrowatts: 800 + index * 7,
    txPowerMinimum: 150,
    txPowerMaximum: 1_700,
    txWavelength: 850,
    rxPowerMicrowatts: light === 0 ? 0 : light + index * 5,
    rxPowerMinimum: 100,
    rxPowerMaximum: 1_700,
    rxWavelength: 850,
  }))
  return record(OPTICS, {
    module: port.ifIndex,
    totalLanes: lanes.length,
    supplyMillivolts: 3_290 + (port.ifIndex % 20),
    temperatureMillidegrees: 31_000 + (port.ifIndex % 9) * 700,
    lanes,
  })
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
