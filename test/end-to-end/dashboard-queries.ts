/**
 * What well-known dashboards for node_exporter and snmp_exporter ask, panel by panel, with the variables
 * of Grafana as they stand there. `lacks` names a metric that sFlow does not carry, so that the panel stays empty.
 */
export interface DashboardQuery {
  readonly panel: string
  readonly query: string
  readonly lacks?: string
}

/** $node and $job as the dashboard chooses them. */
const AT = 'instance="$node",job="$job"'
const cores = `count(count(node_cpu_seconds_total{${AT}}) by (cpu))`
const rate = (name: string, more = '') => `rate(${name}{${AT}${more}}[$__rate_interval])`
/** The dashboard's variable of disks, filled with what its own expression for it finds. */
const DISK = ',device=~"[a-z]+|nvme[0-9]+n[0-9]+|mmcblk[0-9]+"'

const nodeRates: Readonly<Record<string, readonly string[]>> = {
  'Network Traffic': ['node_network_receive_bytes_total', 'node_network_transmit_bytes_total'],
  'Network Traffic by Packets': [
    'node_network_receive_packets_total',
    'node_network_transmit_packets_total',
  ],
  'Network Traffic Errors': ['node_network_receive_errs_total', 'node_network_transmit_errs_total'],
  'Network Traffic Drop': ['node_network_receive_drop_total', 'node_network_transmit_drop_total'],
  'Memory Pages In / Out': ['node_vmstat_pgpgin', 'node_vmstat_pgpgout'],
  'Memory Pages Swap In / Out': ['node_vmstat_pswpin', 'node_vmstat_pswpout'],
  'Context Switches / Interrupts': ['node_context_switches_total', 'node_intr_total'],
  'TCP In / Out': ['node_netstat_Tcp_InSegs', 'node_netstat_Tcp_OutSegs'],
  'TCP Errors': [
    'node_netstat_Tcp_RetransSegs',
    'node_netstat_Tcp_InErrs',
    'node_netstat_Tcp_OutRsts',
  ],
  'TCP Direct Transition': ['node_netstat_Tcp_ActiveOpens', 'node_netstat_Tcp_PassiveOpens'],
  'UDP In / Out': ['node_netstat_Udp_InDatagrams', 'node_netstat_Udp_OutDatagrams'],
  'UDP Errors': [
    'node_netstat_Udp_InErrors',
    'node_netstat_Udp_NoPorts',
    'node_netstat_Udp_RcvbufErrors',
    'node_netstat_Udp_SndbufErrors',
  ],
  'ICMP In / Out': ['node_netstat_Icmp_InMsgs'],
  'ICMP Errors': ['node_netstat_Icmp_InErrors'],
}

const diskRates: Readonly<Record<string, readonly string[]>> = {
  'Disk IOps': ['node_disk_reads_completed_total', 'node_disk_writes_completed_total'],
  'Disk R/W Data': ['node_disk_read_bytes_total', 'node_disk_written_bytes_total'],
  'Disk R/W Time': ['node_disk_read_time_seconds_total', 'node_disk_write_time_seconds_total'],
}

const empty: Readonly<Record<string, string>> = {
  Pressure: 'node_pressure_cpu_waiting_seconds_total',
  'RAM Used': 'node_memory_MemAvailable_bytes',
  'RAM Cache + Buffer (with slab)': 'node_memory_SReclaimable_bytes',
  'Disk I/O Utilization': 'node_disk_io_time_seconds_total',
  'File Nodes Size': 'node_filesystem_files',
  'File Descriptors': 'node_filefd_allocated',
  'Processes Blocked': 'node_procs_blocked',
  Entropy: 'node_entropy_available_bits',
  'OOM Killer': 'node_vmstat_oom_kill',
  'Time Synchronized Drift': 'node_timex_offset_seconds',
  'Hardware temperature monitor': 'node_hwmon_temp_celsius',
  'Systemd Units State': 'node_systemd_units',
  'ARP Entries': 'node_arp_entries',
  'NF Conntrack': 'node_nf_conntrack_entries',
  'Sockstat TCP': 'node_sockstat_TCP_alloc',
  'Netstat IP In / Out Octets': 'node_netstat_IpExt_InOctets',
  'Node Exporter Scrape Time': 'node_scrape_collector_duration_seconds',
}

/** "Node Exporter Full", 1860 at grafana.com, by the names of its panels. */
export const NODE_EXPORTER_FULL: readonly DashboardQuery[] = [
  { panel: 'variable job', query: 'group by (job) (node_uname_info)' },
  { panel: 'variable nodename', query: 'group by (nodename) (node_uname_info{job="$job"})' },
  {
    panel: 'variable node',
    query: 'group by (instance) (node_uname_info{job="$job", nodename="$nodename"})',
  },
  {
    panel: 'CPU Busy',
    query:
      '100 * (1 - avg(rate(node_cpu_seconds_total{mode="idle", instance="$node"}[$__rate_interval])))',
  },
  { panel: 'Sys Load', query: `scalar(node_load1{${AT}}) * 100 / ${cores}` },
  {
    panel: 'RAM Total less Free',
    query: `((node_memory_MemTotal_bytes{${AT}} - node_memory_MemFree_bytes{${AT}}) / node_memory_MemTotal_bytes{${AT}}) * 100`,
  },
  {
    panel: 'SWAP Used',
    query: `((node_memory_SwapTotal_bytes{${AT}} - node_memory_SwapFree_bytes{${AT}}) / (node_memory_SwapTotal_bytes{${AT}})) * 100`,
  },
  { panel: 'CPU Cores', query: cores },
  { panel: 'RAM Total', query: `node_memory_MemTotal_bytes{${AT}}` },
  { panel: 'SWAP Total', query: `node_memory_SwapTotal_bytes{${AT}}` },
  { panel: 'Uptime', query: `node_time_seconds{${AT}} - node_boot_time_seconds{${AT}}` },
  ...['system', 'user', 'iowait', 'idle', 'steal', 'nice', 'softirq', 'irq'].map(mode => {
    const part = `sum(irate(node_cpu_seconds_total{${AT}, mode="${mode}"}[$__rate_interval]))`
    return { panel: `CPU Basic ${mode}`, query: `${part} / scalar(${cores})` }
  }),
  {
    panel: 'Disk Space Used Basic',
    query: `100 - ((node_filesystem_avail_bytes{${AT},device!~'rootfs'} * 100) / node_filesystem_size_bytes{${AT},device!~'rootfs'})`,
  },
  { panel: 'Network Traffic Basic', query: `${rate('node_network_receive_bytes_total')}*8` },
  ...['1', '5', '15'].map(minutes => {
    return { panel: 'System Load', query: `node_load${minutes}{${AT}}` }
  }),
  { panel: 'Network Operational Status', query: `node_network_up{${AT}}` },
  { panel: 'Speed', query: `node_network_speed_bytes{${AT}}` },
  {
    panel: 'Network Traffic of devices that are up',
    query: `${rate('node_network_receive_bytes_total')} * on (device) group_left () node_network_info{${AT},operstate="up"}`,
  },
  { panel: 'Processes Running', query: `node_procs_running{${AT}}` },
  { panel: 'TCP Connections', query: `node_netstat_Tcp_CurrEstab{${AT}}` },
  ...Object.entries(nodeRates).flatMap(([panel, names]) =>
    names.map(name => ({ panel, query: rate(name) })),
  ),
  ...Object.entries(diskRates).flatMap(([panel, names]) =>
    names.map(name => ({ panel, query: rate(name, DISK) })),
  ),
  ...Object.entries(empty).map(([panel, name]) => {
    return { panel, query: `${name}{${AT}}`, lacks: name }
  }),
]

const PORT = 'instance="$node",ifDescr="$interface"'
const either = (way: string) => (what: string) =>
  `(rate(ifHC${way}${what}{${PORT}}[$__rate_interval]) or rate(if${way}${what}{${PORT}}[$__rate_interval]))*8`

/** "SNMP Interface Status" of snmp_exporter's community, and what dashboards of interfaces ask besides. */
export const SNMP_INTERFACES: readonly DashboardQuery[] = [
  { panel: 'variable instance', query: 'group by (instance) (ifOperStatus)' },
  { panel: 'variable interface', query: 'group by (ifDescr) (ifOperStatus{instance="$node"})' },
  { panel: 'Admin Status', query: `ifAdminStatus{${PORT}}` },
  { panel: 'Oper Status', query: `ifOperStatus{${PORT}}` },
  {
    panel: 'Last Change',
    query: `sysUpTime{instance="$node"} - on(instance) ifLastChange{${PORT}}`,
    lacks: 'ifLastChange',
  },
  { panel: 'Connector Present', query: `ifConnectorPresent{${PORT}}`, lacks: 'ifConnectorPresent' },
  { panel: 'Promiscuous Mode', query: `ifPromiscuousMode{${PORT}}` },
  { panel: 'Speed', query: `ifHighSpeed{${PORT}}*1000000 or ifSpeed{${PORT}}` },
  { panel: 'MTU', query: `ifMtu{${PORT}}`, lacks: 'ifMtu' },
  { panel: 'Type', query: `ifType_info{${PORT}}` },
  ...['Octets', 'BroadcastPkts', 'UcastPkts', 'MulticastPkts'].flatMap(what => [
    { panel: what, query: either('In')(what) },
    { panel: what, query: either('Out')(what) },
  ]),
  ...['ifInErrors', 'ifOutErrors', 'ifInDiscards', 'ifOutDiscards', 'ifInUnknownProtos'].map(
    name => {
      return { panel: 'Errors, Discards', query: `rate(${name}{${PORT}}[$__rate_interval])` }
    },
  ),
  { panel: 'System Uptime', query: 'sysUpTime{instance=~"$node"} * 10' },
  {
    panel: 'Throughput by ifName',
    query: 'sum by (ifName) (rate(ifHCInOctets{instance=~"$node"}[$__rate_interval])) * 8',
  },
  {
    panel: 'Max throughput',
    query: 'max(irate(ifHCOutOctets{instance=~"$node", ifDescr=~"$interface"}[$__rate_interval]))',
  },
  {
    panel: 'Use of the link',
    query: 'rate(ifHCInOctets{instance=~"$node"}[$__rate_interval]) * 8 / ifHighSpeed / 1e6 * 100',
  },
  { panel: 'Active ports', query: 'count(ifOperStatus{instance=~"$node"} == 1)' },
]
