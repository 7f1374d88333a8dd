/** What node_exporter calls the numbers of a host. `agent-page.ts` writes them. */
import type { Compat } from './compat.ts'

const HELP = 'As node_exporter names it, from sFlow host structures.'
/** sFlow sums over all cores, disks and network cards: one series stands for all (devices: compat-device.ts). */
const ALL = { device: 'all' } as const
const FILESYSTEM = { ...ALL, mountpoint: 'all', fstype: 'all' } as const
const CPU_MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const

type Labels = Readonly<Record<string, string>>

/** Ours → theirs; `sflow_host_` goes before ours. */
const same = (pairs: Readonly<Record<string, string>>, labels?: Labels): readonly Compat[] =>
  Object.entries(pairs).map(([name, ours]) => {
    // node_exporter gives these two no type: they are lines of /proc.
    const isOfProc = /_netstat_|_vmstat_/.test(name)
    const type = isOfProc ? 'untyped' : name.endsWith('_total') ? 'counter' : 'gauge'
    const from = `sflow_host_${ours}`
    return { name, type, help: HELP, from, ...(labels ? { labels } : {}) } as const
  })

export const HOST_COMPAT: readonly Compat[] = [
  ...same({
    node_load1: 'load1',
    node_load5: 'load5',
    node_load15: 'load15',
    node_procs_running: 'processes_running',
    node_intr_total: 'interrupts_total',
    node_context_switches_total: 'context_switches_total',
  }),
  ...CPU_MODES.map((mode): Compat => {
    return {
      name: 'node_cpu_seconds_total',
      type: 'counter',
      help: 'As node_exporter names it. sFlow tells the sum over all cores: it is shown as equal cores.',
      from: `sflow_host_cpu_seconds_total{mode="${mode}"}`,
      labels: { mode },
      perCore: true,
    }
  }),
  ...same({
    node_memory_MemTotal_bytes: 'memory_bytes',
    node_memory_MemFree_bytes: 'memory_free_bytes',
    node_memory_Shmem_bytes: 'memory_shared_bytes',
    node_memory_Buffers_bytes: 'memory_buffers_bytes',
    node_memory_Cached_bytes: 'memory_cached_bytes',
    node_memory_SwapTotal_bytes: 'swap_bytes',
    node_memory_SwapFree_bytes: 'swap_free_bytes',
    node_vmstat_pgpgin: 'page_in_total',
    node_vmstat_pgpgout: 'page_out_total',
    node_vmstat_pswpin: 'swap_in_total',
    node_vmstat_pswpout: 'swap_out_total',
  }),
  ...same(
    {
      node_disk_reads_completed_total: 'disk_reads_total',
      node_disk_writes_completed_total: 'disk_writes_total',
      node_disk_read_bytes_total: 'disk_read_bytes_total',
      node_disk_written_bytes_total: 'disk_written_bytes_total',
      node_disk_read_time_seconds_total: 'disk_read_seconds_total',
      node_disk_write_time_seconds_total: 'disk_write_seconds_total',
    },
    ALL,
  ),
  ...same(
    {
      node_filesystem_size_bytes: 'disk_bytes',
      node_filesystem_avail_bytes: 'disk_free_bytes',
    },
    FILESYSTEM,
  ),
  ...same(
    {
      node_network_receive_bytes_total: 'network_receive_bytes_total',
      node_network_transmit_bytes_total: 'network_transmit_bytes_total',
      node_network_receive_packets_total: 'network_receive_packets_total',
      node_network_transmit_packets_total: 'network_transmit_packets_total',
      node_network_receive_errs_total: 'network_receive_errors_total',
      node_network_transmit_errs_total: 'network_transmit_errors_total',
      node_network_receive_drop_total: 'network_receive_drops_total',
      node_network_transmit_drop_total: 'network_transmit_drops_total',
    },
    ALL,
  ),
  {
    name: 'node_netstat_Ip_Forwarding',
    type: 'untyped',
    help: HELP,
    from: 'sflow_host_ip_forwarding',
    // As in /proc/net/snmp: 1 forwards, 2 does not.
    convert: on => (on === 1 ? 1 : 2),
  },
  ...same({
    node_netstat_Ip_InReceives: 'ip_receive_packets_total',
    node_netstat_Ip_InHdrErrors: 'ip_receive_header_errors_total',
    node_netstat_Ip_InAddrErrors: 'ip_receive_address_errors_total',
    node_netstat_Ip_ForwDatagrams: 'ip_forwarded_packets_total',
    node_netstat_Ip_InUnknownProtos: 'ip_receive_unknown_protocols_total',
    node_netstat_Ip_InDiscards: 'ip_receive_discards_total',
    node_netstat_Ip_InDelivers: 'ip_delivered_packets_total',
    node_netstat_Ip_OutRequests: 'ip_transmit_packets_total',
    node_netstat_Ip_OutDiscards: 'ip_transmit_discards_total',
    node_netstat_Ip_OutNoRoutes: 'ip_transmit_no_routes_total',
    node_netstat_Icmp_InMsgs: 'icmp_receive_messages_total',
    node_netstat_Icmp_InErrors: 'icmp_receive_errors_total',
    node_netstat_Tcp_ActiveOpens: 'tcp_active_opens_total',
    node_netstat_Tcp_PassiveOpens: 'tcp_passive_opens_total',
    node_netstat_Tcp_InSegs: 'tcp_receive_segments_total',
    node_netstat_Tcp_OutSegs: 'tcp_transmit_segments_total',
    node_netstat_Tcp_RetransSegs: 'tcp_retransmitted_segments_total',
    node_netstat_Tcp_InErrs: 'tcp_receive_errors_total',
    node_netstat_Tcp_OutRsts: 'tcp_transmit_resets_total',
    node_netstat_Udp_InDatagrams: 'udp_receive_datagrams_total',
    node_netstat_Udp_OutDatagrams: 'udp_transmit_datagrams_total',
    node_netstat_Udp_NoPorts: 'udp_no_ports_total',
    node_netstat_Udp_InErrors: 'udp_receive_errors_total',
    node_netstat_Udp_RcvbufErrors: 'udp_receive_buffer_errors_total',
    node_netstat_Udp_SndbufErrors: 'udp_transmit_buffer_errors_total',
  }),
  {
    name: 'node_netstat_Tcp_CurrEstab',
    type: 'untyped',
    help: HELP,
    from: 'sflow_host_tcp_connections',
  },
]

/** What dashboards ask of the two exporters and sFlow does not tell, and why. */
export const NOT_CARRIED: Readonly<Record<string, string>> = {
  ifConnectorPresent: 'not in if_counters',
  ifLastChange: 'not in if_counters; `changes(ifOperStatus[1d])` tells whether it changed',
  ifMtu: 'not in if_counters',
  node_arp_entries: 'not in any sFlow structure',
  node_disk_io_time_seconds_total:
    'sFlow has the time of reads and of writes, not of both together',
  node_entropy_available_bits: 'not in any sFlow structure',
  node_filefd_allocated: 'not in any sFlow structure',
  node_filesystem_files: 'sFlow counts bytes, not inodes',
  node_hwmon_temp_celsius:
    'not in the host structures; `sflow_host_gpu_temperature_celsius` is, for GPUs',
  node_memory_MemAvailable_bytes:
    'the kernel’s estimate is not in host_memory; MemFree + Buffers + Cached comes near',
  node_memory_SReclaimable_bytes: 'host_memory has no slab; Cached holds it on some systems',
  node_netstat_IpExt_InOctets:
    'no structure counts octets of IP; node_network_receive_bytes_total does',
  node_nf_conntrack_entries: 'not in any sFlow structure',
  node_pressure_cpu_waiting_seconds_total: 'pressure is not in any sFlow structure',
  node_procs_blocked: 'host_cpu has running and all processes, not blocked ones',
  node_scrape_collector_duration_seconds: 'is about node_exporter itself',
  node_sockstat_TCP_alloc: 'not in any sFlow structure',
  node_systemd_units: 'not in any sFlow structure',
  node_timex_offset_seconds: 'not in any sFlow structure',
  node_vmstat_oom_kill: 'not in host_memory',
}
