/**
 * `/agent?target=…`: one agent's numbers under the names that dashboards for snmp_exporter (if_mib) and
 * node_exporter expect. Text format 0.0.4 only: these counters have names without `_total`, as the
 * originals have. What sFlow does not tell is left out.
 */
import { labelText } from '../state/text.ts'
import { headerText } from './headers.ts'

/** One data source as the workers describe it. */
export interface DescribedSource {
  readonly ifIndex?: number | undefined
  readonly name: string
  readonly host?: string | undefined
  readonly alias?: string | undefined
  /** By metric name and its own labels. */
  readonly readings: Readonly<Record<string, number>>
}

interface Compat {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  /** Our reading → theirs. */
  readonly from: string
  readonly convert?: (value: number) => number
  readonly labels?: Readonly<Record<string, string>>
}

const packets = (way: 'receive' | 'transmit', cast: string) =>
  `sflow_interface_${way}_packets_total{cast="${cast}"}`

const counter = (name: string, from: string): Compat => {
  return { name, type: 'counter', help: 'As IF-MIB names it, from sFlow if_counters.', from }
}

const gauge = (name: string, from: string, convert: (value: number) => number): Compat => {
  return { name, type: 'gauge', help: 'As IF-MIB names it, from sFlow if_counters.', from, convert }
}

const BITS = 8
const MEGA = 1_000_000
const SPEED_MAX = 4_294_967_295

/** snmp_exporter, module if_mib. */
export const INTERFACE_COMPAT: readonly Compat[] = [
  counter('ifHCInOctets', 'sflow_interface_receive_bytes_total'),
  counter('ifHCOutOctets', 'sflow_interface_transmit_bytes_total'),
  counter('ifHCInUcastPkts', packets('receive', 'unicast')),
  counter('ifHCInMulticastPkts', packets('receive', 'multicast')),
  counter('ifHCInBroadcastPkts', packets('receive', 'broadcast')),
  counter('ifHCOutUcastPkts', packets('transmit', 'unicast')),
  counter('ifHCOutMulticastPkts', packets('transmit', 'multicast')),
  counter('ifHCOutBroadcastPkts', packets('transmit', 'broadcast')),
  counter('ifInDiscards', 'sflow_interface_receive_discards_total'),
  counter('ifOutDiscards', 'sflow_interface_transmit_discards_total'),
  counter('ifInErrors', 'sflow_interface_receive_errors_total'),
  counter('ifOutErrors', 'sflow_interface_transmit_errors_total'),
  counter('ifInUnknownProtos', 'sflow_interface_receive_unknown_protocols_total'),
  gauge('ifHighSpeed', 'sflow_interface_speed_bytes', bytes => (bytes * BITS) / MEGA),
  gauge('ifSpeed', 'sflow_interface_speed_bytes', bytes => Math.min(bytes * BITS, SPEED_MAX)),
  // IF-MIB: up is 1, down is 2.
  gauge('ifAdminStatus', 'sflow_interface_admin_up', up => (up === 1 ? 1 : 2)),
  gauge('ifOperStatus', 'sflow_interface_oper_up', up => (up === 1 ? 1 : 2)),
  gauge('ifPromiscuousMode', 'sflow_interface_promiscuous', on => (on === 1 ? 1 : 2)),
]

const host = (name: string, from: string, labels?: Readonly<Record<string, string>>): Compat => {
  const type = name.endsWith('_total') ? 'counter' : 'gauge'
  const help = 'As node_exporter names it, from sFlow host structures.'
  return { name, type, help, from, ...(labels ? { labels } : {}) }
}

const CPU_MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const
/** sFlow sums over all cores, disks and interfaces: one series stands for all. */
const ALL = { device: 'all' } as const

/** node_exporter 1.5. */
export const HOST_COMPAT: readonly Compat[] = [
  host('node_load1', 'sflow_host_load1'),
  host('node_load5', 'sflow_host_load5'),
  host('node_load15', 'sflow_host_load15'),
  ...CPU_MODES.map(mode =>
    host('node_cpu_seconds_total', `sflow_host_cpu_seconds_total{mode="${mode}"}`, {
      cpu: 'all',
      mode,
    }),
  ),
  host('node_memory_MemTotal_bytes', 'sflow_host_memory_bytes'),
  host('node_memory_MemFree_bytes', 'sflow_host_memory_free_bytes'),
  host('node_memory_Buffers_bytes', 'sflow_host_memory_buffers_bytes'),
  host('node_memory_Cached_bytes', 'sflow_host_memory_cached_bytes'),
  host('node_memory_SwapTotal_bytes', 'sflow_host_swap_bytes'),
  host('node_memory_SwapFree_bytes', 'sflow_host_swap_free_bytes'),
  host('node_disk_reads_completed_total', 'sflow_host_disk_reads_total', ALL),
  host('node_disk_writes_completed_total', 'sflow_host_disk_writes_total', ALL),
  host('node_disk_read_bytes_total', 'sflow_host_disk_read_bytes_total', ALL),
  host('node_disk_written_bytes_total', 'sflow_host_disk_written_bytes_total', ALL),
  host('node_filesystem_size_bytes', 'sflow_host_disk_bytes', {
    ...ALL,
    mountpoint: 'all',
    fstype: 'all',
  }),
  host('node_filesystem_avail_bytes', 'sflow_host_disk_free_bytes', {
    ...ALL,
    mountpoint: 'all',
    fstype: 'all',
  }),
  host('node_network_receive_bytes_total', 'sflow_host_network_receive_bytes_total', ALL),
  host('node_network_transmit_bytes_total', 'sflow_host_network_transmit_bytes_total', ALL),
  host('node_network_receive_packets_total', 'sflow_host_network_receive_packets_total', ALL),
  host('node_network_transmit_packets_total', 'sflow_host_network_transmit_packets_total', ALL),
  host('node_network_receive_errs_total', 'sflow_host_network_receive_errors_total', ALL),
  host('node_network_transmit_errs_total', 'sflow_host_network_transmit_errors_total', ALL),
  host('node_network_receive_drop_total', 'sflow_host_network_receive_drops_total', ALL),
  host('node_network_transmit_drop_total', 'sflow_host_network_transmit_drops_total', ALL),
]

/** The page of one agent. */
export function agentPage(
  interfaces: readonly DescribedSource[],
  hosts: readonly DescribedSource[],
): string {
  const ports = interfaces.filter(({ ifIndex }) => ifIndex !== undefined)
  let text = families(INTERFACE_COMPAT, ports, source => ({
    ifIndex: String(source.ifIndex),
    ifName: source.name,
    ifDescr: source.name,
    ifAlias: source.alias ?? '',
  }))
  text += families(HOST_COMPAT, hosts, () => ({}))
  if (hosts.length > 0) {
    const header = {
      name: 'node_uname_info',
      type: 'gauge',
      help: 'Name of the host, from sFlow host_descr.',
    }
    text += headerText(header, 'text')
    for (const { host = '' } of hosts)
      text += `node_uname_info{${labelText({ nodename: host })}} 1\n`
  }
  return text
}

function families(
  compats: readonly Compat[],
  sources: readonly DescribedSource[],
  labelsOf: (source: DescribedSource) => Readonly<Record<string, string>>,
): string {
  let text = ''
  let open = ''
  for (const compat of compats) {
    for (const source of sources) {
      const value = source.readings[compat.from]
      if (value === undefined) continue
      if (open !== compat.name) text += headerText(compat, 'text')
      open = compat.name
      const labels = labelText({ ...labelsOf(source), ...compat.labels })
      text += `${compat.name}${labels === '' ? '' : `{${labels}}`} ${compat.convert?.(value) ?? value}\n`
    }
  }
  return text
}
