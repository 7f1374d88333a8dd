/** A server as its operating system sees it: sflow_host.txt, the physical server structures. */
import { counter, defineCounters, f32, gauge, maclist, text, u32, u64, uuid } from './define.ts'

const SPEC = 'sflow_host.txt'
const AGENTS = 'Host sFlow'

/** Numbers above this went below 0 on the agent. */
const BYTES_MAX = 2 ** 60

export const hostDescription = defineCounters({
  name: 'host_descr',
  format: 2000,
  spec: SPEC,
  subject: 'host',
  about: 'Who a host, container or virtual machine is: names, system, UUID.',
  agents: `${AGENTS}, Java agents`,
  fields: [
    text('hostname', { textMax: 64 }),
    uuid('uuid', { tool: 'UUID' }),
    u32('machine_type', { noMetric: 'label of sflow_host_info' }),
    u32('os_name', { noMetric: 'label of sflow_host_info' }),
    text('os_release', { textMax: 32 }),
  ],
  lengthMin: 32,
})

export const hostAdapters = defineCounters({
  name: 'host_adapters',
  format: 2001,
  spec: SPEC,
  subject: 'host',
  about: 'Network adapters of a host, container or virtual machine, with their addresses.',
  agents: AGENTS,
  fields: [u32('adapters', { tool: false, noMetric: 'how many adapters follow' })],
  group: {
    label: 'adapter',
    countField: 'adapters',
    elementsMax: 256,
    fields: [
      u32('ifIndex', { noMetric: 'joins a container to its interface' }),
      maclist('mac_address', { tool: 'mac_list' }),
    ],
  },
})

export const hostParent = defineCounters({
  name: 'host_parent',
  format: 2002,
  spec: SPEC,
  subject: 'host',
  about: 'Which data source of the agent a container, virtual machine or application runs on.',
  agents: AGENTS,
  fields: [
    u32('container_type', { tool: 'parent_dsClass', noMetric: 'finds the label `host`' }),
    u32('container_index', { tool: 'parent_dsIndex', noMetric: 'finds the label `host`' }),
  ],
})

const CPU_HELP = 'Time that the processors spent in each mode, summed over all of them.'

export const hostCpu = defineCounters({
  name: 'host_cpu',
  format: 2003,
  spec: SPEC,
  subject: 'host',
  about: 'Load, processes and processor time of a host.',
  agents: AGENTS,
  fields: [
    load('load_one', 'sflow_host_load1', '1 minute', 'cpu_load_one'),
    load('load_five', 'sflow_host_load5', '5 minutes', 'cpu_load_five'),
    load('load_fifteen', 'sflow_host_load15', '15 minutes', 'cpu_load_fifteen'),
    u32('proc_run', gauge('sflow_host_processes_running', 'Processes that run or could run.'), {
      tool: 'cpu_proc_run',
    }),
    u32('proc_total', gauge('sflow_host_processes', 'Processes in all.'), {
      tool: 'cpu_proc_total',
    }),
    u32('cpu_num', gauge('sflow_host_cpus', 'Processors.', { unknown: [0] })),
    u32(
      'cpu_speed',
      gauge('sflow_host_cpu_frequency_hertz', 'Clock frequency of the processors.', {
        factor: 1_000_000,
        unknown: [0],
      }),
      { unit: 'MHz' },
    ),
    u32('uptime', gauge('sflow_host_uptime_seconds', 'Time since the host started.'), {
      unit: 's',
      tool: 'cpu_uptime',
    }),
    cpu('cpu_user', 'user'),
    cpu('cpu_nice', 'nice'),
    cpu('cpu_system', 'system'),
    cpu('cpu_idle', 'idle'),
    cpu('cpu_wio', 'iowait'),
    cpu('cpu_intr', 'irq', 'cpuintr'),
    cpu('cpu_sintr', 'softirq'),
    u32('interrupts', counter('sflow_host_interrupts_total', 'Interrupts served.'), {
      tool: 'cpuinterrupts',
    }),
    u32('contexts', counter('sflow_host_context_switches_total', 'Context switches.'), {
      tool: 'cpu_contexts',
    }),
    cpu('cpu_steal', 'steal'),
    cpu('cpu_guest', 'guest'),
    cpu('cpu_guest_nice', 'guest_nice'),
  ],
  // The last three came in December 2014.
  lengthMin: 68,
})

function load(name: string, metric: string, window: string, tool: string) {
  const help = `Load average over ${window}.`
  return f32(name, gauge(metric, help, { unknown: [-1] }), { tool })
}

function cpu(name: string, mode: string, tool = name) {
  return u32(
    name,
    counter('sflow_host_cpu_seconds_total', CPU_HELP, { divisor: 1_000, labels: { mode } }),
    { unit: 'ms', tool },
  )
}

export const hostMemory = defineCounters({
  name: 'host_memory',
  format: 2004,
  spec: SPEC,
  subject: 'host',
  about: 'Memory, swap space and paging of a host.',
  agents: AGENTS,
  fields: [
    u64('mem_total', gauge('sflow_host_memory_bytes', 'Memory in all.', { unknown: [0] })),
    u64('mem_free', gauge('sflow_host_memory_free_bytes', 'Memory that nothing uses.')),
    u64('mem_shared', gauge('sflow_host_memory_shared_bytes', 'Memory that processes share.')),
    u64(
      'mem_buffers',
      gauge('sflow_host_memory_buffers_bytes', 'Memory that buffers block devices.'),
    ),
    u64('mem_cached', gauge('sflow_host_memory_cached_bytes', 'Memory that caches files.')),
    u64('swap_total', gauge('sflow_host_swap_bytes', 'Swap space in all.')),
    u64('swap_free', gauge('sflow_host_swap_free_bytes', 'Swap space that is not in use.')),
    u32('page_in', counter('sflow_host_page_in_total', 'Pages read from disk.')),
    u32('page_out', counter('sflow_host_page_out_total', 'Pages written to disk.')),
    u32('swap_in', counter('sflow_host_swap_in_total', 'Pages read from swap space.')),
    u32('swap_out', counter('sflow_host_swap_out_total', 'Pages written to swap space.')),
  ],
})

export const hostDisk = defineCounters({
  name: 'host_disk_io',
  format: 2005,
  spec: SPEC,
  subject: 'host',
  about: 'Space and operations of all disks of a host together.',
  agents: AGENTS,
  fields: [
    u64(
      'disk_total',
      gauge('sflow_host_disk_bytes', 'Size of all disks.', { unknown: [0], max: BYTES_MAX }),
    ),
    u64(
      'disk_free',
      gauge('sflow_host_disk_free_bytes', 'Free space on all disks.', { max: BYTES_MAX }),
    ),
    u32(
      'part_max_used',
      gauge('sflow_host_disk_partition_used_max_ratio', 'Used share of the fullest partition.', {
        divisor: 10_000,
      }),
      { unit: '1/100 %', tool: 'disk_partition_max_used', toolFormat: 'percent' },
    ),
    u32('reads', counter('sflow_host_disk_reads_total', 'Reads completed.'), {
      tool: 'disk_reads',
    }),
    u64('bytes_read', counter('sflow_host_disk_read_bytes_total', 'Bytes read.'), {
      tool: 'disk_bytes_read',
    }),
    u32(
      'read_time',
      counter('sflow_host_disk_read_seconds_total', 'Time spent reading.', { divisor: 1_000 }),
      { unit: 'ms', tool: 'disk_read_time' },
    ),
    u32('writes', counter('sflow_host_disk_writes_total', 'Writes completed.'), {
      tool: 'disk_writes',
    }),
    u64('bytes_written', counter('sflow_host_disk_written_bytes_total', 'Bytes written.'), {
      tool: 'disk_bytes_written',
    }),
    u32(
      'write_time',
      counter('sflow_host_disk_write_seconds_total', 'Time spent writing.', { divisor: 1_000 }),
      { unit: 'ms', tool: 'disk_write_time' },
    ),
  ],
})

export const hostNetwork = defineCounters({
  name: 'host_net_io',
  format: 2006,
  spec: SPEC,
  subject: 'host',
  about: 'Traffic of all network adapters of a host together.',
  agents: AGENTS,
  fields: [
    u64('bytes_in', counter('sflow_host_network_receive_bytes_total', 'Bytes received.'), {
      tool: 'nio_bytes_in',
    }),
    u32('pkts_in', counter('sflow_host_network_receive_packets_total', 'Packets received.'), {
      tool: 'nio_pkts_in',
    }),
    u32(
      'errs_in',
      counter('sflow_host_network_receive_errors_total', 'Packets received with errors.'),
      {
        tool: 'nio_errs_in',
      },
    ),
    u32(
      'drops_in',
      counter('sflow_host_network_receive_drops_total', 'Packets received and dropped.'),
      {
        tool: 'nio_drops_in',
      },
    ),
    u64('bytes_out', counter('sflow_host_network_transmit_bytes_total', 'Bytes transmitted.'), {
      tool: 'nio_bytes_out',
    }),
    u32(
      'packets_out',
      counter('sflow_host_network_transmit_packets_total', 'Packets transmitted.'),
      {
        tool: 'nio_pkts_out',
      },
    ),
    u32(
      'errs_out',
      counter(
        'sflow_host_network_transmit_errors_total',
        'Packets not transmitted because of errors.',
      ),
      { tool: 'nio_errs_out' },
    ),
    u32(
      'drops_out',
      counter('sflow_host_network_transmit_drops_total', 'Packets dropped instead of transmitted.'),
      { tool: 'nio_drops_out' },
    ),
  ],
})
