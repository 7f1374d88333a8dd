/** Switches with a Broadcom chip: buffers and tables of the hardware. */
import { defineCounters, gauge, u32 } from './define.ts'

const ENTERPRISE = 4413
const BUFFERS_SPEC = 'https://sflow.org/bv-sflow.txt'
const AGENTS = 'Host sFlow on Cumulus Linux'

export const deviceBuffers = defineCounters({
  name: 'bst_device_buffers',
  enterprise: ENTERPRISE,
  format: 1,
  spec: BUFFERS_SPEC,
  toolUnknown: true,
  about: 'Peak use of the packet buffers of a switch since its last report.',
  agents: 'none seen',
  fields: [deviceUse('uc_pc', 'unicast'), deviceUse('mc_pc', 'multicast')],
})

function deviceUse(name: string, cast: string) {
  const help = 'Packet buffers in use at the peak since the last report, by kind of destination.'
  return u32(
    name,
    gauge('sflow_asic_buffer_utilization_ratio', help, { divisor: 10_000, labels: { cast } }),
    { unit: '1/100 %' },
  )
}

export const portBuffers = defineCounters({
  name: 'bst_port_buffers',
  enterprise: ENTERPRISE,
  format: 2,
  spec: BUFFERS_SPEC,
  toolUnknown: true,
  subject: 'interface',
  about: 'Peak use of the packet buffers of a port and its egress queues since the last report.',
  agents: 'none seen',
  fields: [
    portUse('ingress_uc_pc', 'receive', 'unicast'),
    portUse('ingress_mc_pc', 'receive', 'multicast'),
    portUse('egress_uc_pc', 'transmit', 'unicast'),
    portUse('egress_mc_pc', 'transmit', 'multicast'),
  ],
  lengthMin: 24,
  group: {
    label: 'queue',
    columnwise: true,
    elementsMax: 8,
    fields: [
      queueUse('egress_queue_uc_pc', 'unicast'),
      queueUse('egress_queue_mc_pc', 'multicast'),
    ],
  },
})

function queueUse(name: string, cast: string) {
  const help = 'Buffers of an egress queue in use at the peak since the last report.'
  return u32(
    name,
    gauge('sflow_interface_queue_buffer_utilization_ratio', help, {
      divisor: 10_000,
      labels: { cast },
    }),
    { unit: '1/100 %' },
  )
}

function portUse(name: string, direction: 'receive' | 'transmit', cast: string) {
  const help =
    'Buffers of the port in use at the peak since the last report, by kind of destination.'
  return u32(
    name,
    gauge(`sflow_interface_${direction}_buffer_utilization_ratio`, help, {
      divisor: 10_000,
      labels: { cast },
    }),
    { unit: '1/100 %' },
  )
}

export const hardwareTables = defineCounters({
  name: 'hw_tables',
  enterprise: ENTERPRISE,
  format: 3,
  spec: 'https://sflow.org/sflow_broadcom_tables.txt',
  about: 'How full the tables of the switching hardware are.',
  agents: AGENTS,
  fields: [
    entries('host_entries', 'host', 'bcm_asic_host_entries'),
    entriesMax('host_entries_max', 'host'),
    ...table('ipv4_entries', 'ipv4'),
    ...table('ipv6_entries', 'ipv6'),
    entries('ipv4_ipv6_entries', 'ipv4_ipv6'),
    // The published name of the maximum begins with ipv6_ipv6.
    entriesMax('ipv6_ipv6_entries_max', 'ipv4_ipv6', 'bcm_ipv4_ipv6_entries_max'),
    ...table('long_ipv6_entries', 'long_ipv6'),
    ...table('total_routes', 'routes'),
    ...table('ecmp_nexthops', 'ecmp_nexthops'),
    ...table('mac_entries', 'mac'),
    entries('ipv4_neighbors', 'ipv4_neighbors'),
    entries('ipv6_neighbors', 'ipv6_neighbors'),
    entries('ipv4_routes', 'ipv4_routes'),
    entries('ipv6_routes', 'ipv6_routes'),
    ...acl('ingress'),
    ...acl('egress'),
  ],
})

function acl(direction: 'ingress' | 'egress') {
  return ['entries', 'counters', 'meters', 'slices'].flatMap(what =>
    table(`acl_${direction}_${what}`, `acl_${direction}_${what}`),
  )
}

function table(name: string, label: string) {
  return [entries(name, label), entriesMax(`${name}_max`, label)]
}

function entries(name: string, label: string, tool = `bcm_${name}`) {
  return u32(
    name,
    gauge('sflow_asic_table_entries', 'Entries in use in a table of the switching hardware.', {
      labels: { table: label },
    }),
    { tool },
  )
}

function entriesMax(name: string, label: string, tool = `bcm_${name}`) {
  return u32(
    name,
    gauge('sflow_asic_table_entries_max', 'Entries that the table can have.', {
      labels: { table: label },
      unknown: [0],
    }),
    { tool },
  )
}
