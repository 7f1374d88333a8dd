/** InfiniBand ports. Two layouts are about under one tag; the record's length tells which it is. */
import { counter, defineCounters, u32, u64 } from './define.ts'

const SPEC = 'https://sflow.org/draft_sflow_infiniband_2.txt'
const AGENTS = 'none seen'

const PACKETS_AND_ERRORS = [
  u64('PortXmitPkts', packets('transmit', 'transmitted')),
  u64('PortRcvPkts', packets('receive', 'received')),
  errors('SymbolErrorCounter', 'symbol_errors', 'Minor errors of the link.'),
  errors('LinkErrorRecoveryCounter', 'link_recoveries', 'Recoveries of the link that succeeded.'),
  errors('LinkDownedCounter', 'link_downed', 'Recoveries of the link that failed.'),
  errors('PortRcvErrors', 'receive_errors', 'Packets received with errors.'),
  errors(
    'PortRcvRemotePhysicalErrors',
    'receive_remote_physical_errors',
    'Packets received that the sender had marked as bad.',
  ),
  errors(
    'PortRcvSwitchRelayErrors',
    'receive_relay_errors',
    'Packets received that the switch could not pass on.',
  ),
  errors('PortXmitDiscards', 'transmit_discards', 'Packets discarded instead of transmitted.'),
  errors(
    'PortXmitConstraintErrors',
    'transmit_constraint_errors',
    'Packets not transmitted because of a partition or version check.',
  ),
  errors(
    'PortRcvConstraintErrors',
    'receive_constraint_errors',
    'Packets received and discarded because of a partition or version check.',
  ),
  errors(
    'LocalLinkIntegrityErrors',
    'link_integrity_errors',
    'Times that local errors were more than allowed.',
  ),
  errors(
    'ExcessiveBufferOverrunErrors',
    'buffer_overrun_errors',
    'Times that buffers overran for longer than allowed.',
  ),
  errors('VL15Dropped', 'vl15_dropped', 'Management packets dropped for want of a buffer.'),
]

export const infiniband = defineCounters({
  name: 'ib_counters',
  format: 9,
  toolUnknown: true,
  spec: SPEC,
  subject: 'interface',
  about: 'Packets and errors of an InfiniBand port.',
  agents: AGENTS,
  fields: PACKETS_AND_ERRORS,
})

export const infinibandWithData = defineCounters({
  name: 'ib_counters_with_data',
  format: 9,
  toolUnknown: true,
  spec: 'https://crates.io/crates/flowparser-sflow',
  subject: 'interface',
  about: 'The same with data counters before it: records of 80 bytes or more.',
  agents: AGENTS,
  fields: [
    u64('PortXmitData', words('transmit', 'transmitted'), { unit: '4 bytes' }),
    u64('PortRcvData', words('receive', 'received'), { unit: '4 bytes' }),
    ...PACKETS_AND_ERRORS,
  ],
})

function packets(direction: string, done: string) {
  return counter(`sflow_interface_infiniband_${direction}_packets_total`, `Packets ${done}.`)
}

function words(direction: string, done: string) {
  const name = `sflow_interface_infiniband_${direction}_bytes_total`
  return counter(name, `Bytes ${done}.`, { factor: 4 })
}

function errors(name: string, quantity: string, help: string) {
  return u32(name, counter(`sflow_interface_infiniband_${quantity}_total`, help))
}
