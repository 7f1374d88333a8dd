/**
 * Hypervisors, virtual machines and containers: sflow_host.txt, the virtual structures. Names of
 * 2101 to 2104 begin with sflow_container_; those of virtual machines and JVMs are derived.
 */
import { counter, defineCounters, gauge, u32, u64 } from './define.ts'

const SPEC = 'sflow_host.txt'
const AGENTS = 'Host sFlow with docker, containerd, k8s, kvm or systemd'

/** virDomainState of libvirt, by number. */
export const VIRTUAL_STATES = [
  'no_state',
  'running',
  'blocked',
  'paused',
  'shutting_down',
  'shut_off',
  'crashed',
] as const

/** Numbers above this went below 0 on the agent: 2^64 - 5 GB was seen. */
const BYTES_MAX = 2 ** 60

export const virtualNode = defineCounters({
  name: 'virt_node',
  format: 2100,
  spec: SPEC,
  subject: 'host',
  about: 'A host as a place for virtual machines or containers.',
  agents: AGENTS,
  fields: [
    u32(
      'mhz',
      gauge('sflow_hypervisor_cpu_frequency_hertz', 'Expected clock frequency of the processors.', {
        factor: 1_000_000,
        unknown: [0],
      }),
      { unit: 'MHz', tool: 'vnode_mhz' },
    ),
    u32('cpus', gauge('sflow_hypervisor_cpus', 'Active processors.', { unknown: [0] }), {
      tool: 'vnode_cpus',
    }),
    u64('memory', gauge('sflow_hypervisor_memory_bytes', 'Memory in all.', { unknown: [0] }), {
      tool: 'vnode_memory',
    }),
    u64(
      'memory_free',
      gauge('sflow_hypervisor_memory_free_bytes', 'Memory that is not assigned.'),
      {
        tool: 'vnode_memory_free',
      },
    ),
    u32(
      'num_domains',
      gauge('sflow_hypervisor_domains', 'Active virtual machines or containers.'),
      { tool: 'vnode_num_domains' },
    ),
  ],
})

export const virtualCpu = defineCounters({
  name: 'virt_cpu',
  format: 2101,
  spec: SPEC,
  subject: 'virtual',
  about: 'State and processor time of a virtual machine or container.',
  agents: AGENTS,
  fields: [
    u32(
      'state',
      gauge('sflow_container_state', 'State it is in: 1 for the present one, 0 for all others.', {
        states: VIRTUAL_STATES,
      }),
      { tool: 'vcpu_state' },
    ),
    u32(
      'cpuTime',
      counter('sflow_container_cpu_seconds_total', 'Processor time used.', { divisor: 1_000 }),
      { unit: 'ms', tool: 'vcpu_cpu_mS' },
    ),
    u32(
      'nrVirtCpu',
      gauge('sflow_container_cpus', 'Processors that it may use, if limited.', { unknown: [0] }),
      { tool: 'vcpu_cpuCount' },
    ),
  ],
})

export const virtualMemory = defineCounters({
  name: 'virt_memory',
  format: 2102,
  spec: SPEC,
  subject: 'virtual',
  about: 'Memory of a virtual machine or container.',
  agents: AGENTS,
  fields: [
    u64('memory', gauge('sflow_container_memory_used_bytes', 'Memory in use.'), {
      tool: 'vmem_memory',
    }),
    u64(
      'maxMemory',
      gauge('sflow_container_memory_limit_bytes', 'Memory that it may use.', { unknown: [0] }),
      { tool: 'vmem_maxMemory' },
    ),
  ],
})

const DISK_SPACE = { unknown: [0], max: BYTES_MAX }

export const virtualDisk = defineCounters({
  name: 'virt_disk_io',
  format: 2103,
  spec: SPEC,
  subject: 'virtual',
  about: 'Disks of a virtual machine or container.',
  agents: AGENTS,
  fields: [
    u64('capacity', gauge('sflow_container_disk_bytes', 'Size of its disks.', DISK_SPACE), {
      tool: 'vdsk_capacity',
    }),
    u64(
      'allocation',
      gauge('sflow_container_disk_allocated_bytes', 'Space allocated to its disks.', DISK_SPACE),
      { tool: 'vdsk_allocation' },
    ),
    u64(
      'physical',
      gauge('sflow_container_disk_available_bytes', 'Space available to its disks.', DISK_SPACE),
      { tool: 'vdsk_available' },
    ),
    u32('rd_req', counter('sflow_container_disk_reads_total', 'Reads completed.'), {
      tool: 'vdsk_rd_req',
    }),
    u64('rd_bytes', counter('sflow_container_disk_read_bytes_total', 'Bytes read.'), {
      tool: 'vdsk_rd_bytes',
    }),
    u32('wr_req', counter('sflow_container_disk_writes_total', 'Writes completed.'), {
      tool: 'vdsk_wr_req',
    }),
    u64('wr_bytes', counter('sflow_container_disk_written_bytes_total', 'Bytes written.'), {
      tool: 'vdsk_wr_bytes',
    }),
    u32('errs', counter('sflow_container_disk_errors_total', 'Reads and writes that failed.'), {
      tool: 'vdsk_errs',
    }),
  ],
})

export const virtualNetwork = defineCounters({
  name: 'virt_net_io',
  format: 2104,
  spec: SPEC,
  subject: 'virtual',
  about: 'Traffic of a virtual machine or container, seen from its own side.',
  agents: 'Host sFlow with docker or kvm (with containerd and k8s the numbers stay 0)',
  fields: [
    u64('rx_bytes', counter('sflow_container_network_receive_bytes_total', 'Bytes received.'), {
      tool: 'vnio_bytes_in',
    }),
    vnio('rx_packets', 'receive_packets', 'Packets received.', 'pkts_in'),
    vnio('rx_errs', 'receive_errors', 'Packets received with errors.', 'errs_in'),
    vnio('rx_drop', 'receive_drops', 'Packets received and dropped.', 'drops_in'),
    u64('tx_bytes', counter('sflow_container_network_transmit_bytes_total', 'Bytes transmitted.'), {
      tool: 'vnio_bytes_out',
    }),
    vnio('tx_packets', 'transmit_packets', 'Packets transmitted.', 'pkts_out'),
    vnio('tx_errs', 'transmit_errors', 'Packets not transmitted because of errors.', 'errs_out'),
    vnio('tx_drop', 'transmit_drops', 'Packets dropped instead of transmitted.', 'drops_out'),
  ],
})

function vnio(name: string, quantity: string, help: string, tool: string) {
  return u32(name, counter(`sflow_container_network_${quantity}_total`, help), {
    tool: `vnio_${tool}`,
  })
}
