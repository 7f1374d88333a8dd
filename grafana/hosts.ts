/** Hosts: processor, memory, disks, network and protocol counters, as Host sFlow tells them. */
import { bitsOf, POLLED, rateOf, topOf, topRateOf, WINDOW } from '../src/dashboards/queries.ts'
import type { DashboardSpec, PanelSpec } from '../src/dashboards/spec.ts'
import { AGENT, BY_HOST, HOST } from './variables.ts'

const ONE = 'agent, host'
const rate = (metric: string, at = '') =>
  `max by (${ONE}) (rate(${metric}{${BY_HOST}}[${WINDOW}]${at}))`
const gauge = (metric: string, at = '') => `max by (${ONE}) (${metric}{${BY_HOST}}${at})`

/** Each asks at `at`, which is nothing or an `@` modifier. */
const busy = (at = '') => {
  const modes = (matcher: string) =>
    `sum by (${ONE}) (max by (${ONE}, mode) (rate(sflow_host_cpu_seconds_total{${BY_HOST}, mode${matcher}}[${WINDOW}]${at})))`
  return `(1 - ${modes('=~"idle|iowait"')} / ${modes('!~"guest|guest_nice"')})`
}
const load = (at = '') => `${gauge('sflow_host_load1', at)} / ${gauge('sflow_host_cpus', at)}`
const available = (at = '') =>
  `(${gauge('sflow_host_memory_free_bytes', at)} + ${gauge('sflow_host_memory_buffers_bytes', at)} + ${gauge('sflow_host_memory_cached_bytes', at)})`
const memoryUsed = (at = '') => `(1 - ${available(at)} / ${gauge('sflow_host_memory_bytes', at)})`
const sentAgain = (at = '') =>
  `${rate('sflow_host_tcp_retransmitted_segments_total', at)} / ${rate('sflow_host_tcp_transmit_segments_total', at)}`
/** Lines of a picture; the table has all hosts. */
const TOP = 10
const SHARE = [
  [0.8, 'orange'],
  [0.95, 'red'],
] as const

const overview: readonly PanelSpec[] = [
  {
    kind: 'table',
    title: 'Hosts',
    description: 'One line for each host. A click on the name leads to its containers.',
    width: 24,
    height: 9,
    labels: { host: 'Host', agent: 'Agent' },
    empty: 'No host sends host counters.',
    drillDown: {
      title: 'Containers and VMs of this host',
      uid: 'sflow-containers',
      with: { agent: 'Agent', host: 'Host' },
    },
    columns: [
      { title: 'Up', expr: gauge('sflow_host_uptime_seconds'), unit: 's', decimals: 0 },
      { title: 'CPUs', expr: gauge('sflow_host_cpus'), unit: 'short' },
      {
        title: 'CPU',
        expr: busy(),
        unit: 'percentunit',
        decimals: 1,
        gauge: { max: 1 },
        steps: SHARE,
      },
      { title: 'Load', expr: gauge('sflow_host_load1'), unit: 'short', decimals: 2 },
      {
        title: 'Memory',
        expr: memoryUsed(),
        unit: 'percentunit',
        decimals: 1,
        gauge: { max: 1 },
        steps: SHARE,
      },
      {
        title: 'Fullest disk',
        expr: gauge('sflow_host_disk_partition_used_max_ratio'),
        unit: 'percentunit',
        decimals: 1,
        gauge: { max: 1 },
        steps: SHARE,
      },
      {
        title: 'Received',
        expr: bitsOf(rate('sflow_host_network_receive_bytes_total')),
        unit: 'bps',
        decimals: 1,
      },
      {
        title: 'Transmitted',
        expr: bitsOf(rate('sflow_host_network_transmit_bytes_total')),
        unit: 'bps',
        decimals: 1,
      },
    ],
    sort: 'CPU',
  },
]

const processor: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Processor, busy',
    description:
      'Neither idle nor waiting for disks, of all processors of a host; the ten busiest now.',
    width: 12,
    unit: 'percentunit',
    min: 0,
    max: 1,
    steps: SHARE,
    showSteps: true,
    queries: [{ expr: topOf(TOP, busy), legend: '{{host}}' }],
  },
  {
    kind: 'time',
    title: 'Processors by what they do',
    description:
      'Processors in use, all chosen hosts together. Guest time is part of user time and left out.',
    width: 12,
    unit: 'short',
    stacked: true,
    queries: [
      {
        expr: `sum by (mode) (${rateOf('sflow_host_cpu_seconds_total', `${BY_HOST}, mode!~"idle|guest|guest_nice"`, `${ONE}, mode`)})`,
        legend: '{{mode}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Load for each processor',
    description:
      'Tasks that run or wait (one minute) divided by the number of processors, the ten highest now. Above 1 some wait.',
    width: 12,
    unit: 'short',
    min: 0,
    steps: [[1, 'orange']],
    showSteps: true,
    queries: [{ expr: topOf(TOP, load), legend: '{{host}}' }],
  },
  {
    kind: 'time',
    title: 'Context switches and interrupts',
    description: 'A second, all chosen hosts together.',
    width: 12,
    unit: 'ops',
    queries: [
      { expr: `sum(${rate('sflow_host_context_switches_total')})`, legend: 'context switches' },
      { expr: `sum(${rate('sflow_host_interrupts_total')})`, legend: 'interrupts' },
    ],
  },
]

const memory: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Memory in use',
    description:
      'Without buffers and cache, the ten fullest now. sFlow has no "available" figure, so shared memory counts as cache.',
    width: 12,
    unit: 'percentunit',
    min: 0,
    max: 1,
    steps: SHARE,
    showSteps: true,
    queries: [{ expr: topOf(TOP, memoryUsed), legend: '{{host}}' }],
  },
  {
    kind: 'time',
    title: 'Memory by use',
    description: 'All chosen hosts together.',
    width: 12,
    unit: 'bytes',
    stacked: true,
    queries: [
      { expr: `sum(${gauge('sflow_host_memory_bytes')} - ${available()})`, legend: 'programs' },
      { expr: `sum(${gauge('sflow_host_memory_cached_bytes')})`, legend: 'cache' },
      { expr: `sum(${gauge('sflow_host_memory_buffers_bytes')})`, legend: 'buffers' },
      { expr: `sum(${gauge('sflow_host_memory_free_bytes')})`, legend: 'free' },
    ],
  },
  {
    kind: 'time',
    title: 'Swapping, in up, out down',
    description:
      'Pages a second, of the five that swapped most. A host that swaps all the time is short of memory.',
    width: 12,
    unit: 'ops',
    empty: 'No host of the selection swapped in the shown time.',
    mirrored: true,
    queries: [
      { expr: topRateOf(5, 'sflow_host_swap_in_total', BY_HOST, ONE), legend: '{{host}} in' },
      { expr: topRateOf(5, 'sflow_host_swap_out_total', BY_HOST, ONE), legend: '{{host}} out' },
    ],
  },
  {
    kind: 'time',
    title: 'Fullest partition',
    description: 'Of each host, the ten fullest now. sFlow does not say which partition it is.',
    width: 12,
    unit: 'percentunit',
    min: 0,
    max: 1,
    steps: [
      [0.8, 'orange'],
      [0.9, 'red'],
    ],
    showSteps: true,
    queries: [
      {
        expr: topOf(TOP, at => gauge('sflow_host_disk_partition_used_max_ratio', at)),
        legend: '{{host}}',
      },
    ],
  },
]

const disks: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Disk traffic, read up, written down',
    description: 'All disks of each host together, the five busiest.',
    width: 12,
    unit: 'Bps',
    mirrored: true,
    queries: [
      {
        expr: topRateOf(5, 'sflow_host_disk_read_bytes_total', BY_HOST, ONE),
        legend: '{{host}} in',
      },
      {
        expr: topRateOf(5, 'sflow_host_disk_written_bytes_total', BY_HOST, ONE),
        legend: '{{host}} out',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Network, received up, transmitted down',
    description: 'All network cards of each host together, the five busiest.',
    width: 12,
    unit: 'bps',
    mirrored: true,
    queries: [
      {
        expr: bitsOf(topRateOf(5, 'sflow_host_network_receive_bytes_total', BY_HOST, ONE)),
        legend: '{{host}} in',
      },
      {
        expr: bitsOf(topRateOf(5, 'sflow_host_network_transmit_bytes_total', BY_HOST, ONE)),
        legend: '{{host}} out',
      },
    ],
  },
  {
    kind: 'time',
    title: 'TCP segments sent again',
    description:
      'Share of all segments, the ten worst now. Over 1 % on several hosts means loss in the network between them.',
    width: 12,
    unit: 'percentunit',
    min: 0,
    steps: [[0.01, 'red']],
    showSteps: true,
    empty: 'No host of the selection sends TCP counters.',
    queries: [{ expr: topOf(TOP, sentAgain), legend: '{{host}}' }],
  },
  {
    kind: 'time',
    title: 'Packets lost in the host',
    description:
      'Dropped or errored by the network card, or lost since a UDP program read too slowly; all chosen hosts.',
    width: 12,
    unit: 'pps',
    queries: [
      { expr: `sum(${rate('sflow_host_network_receive_drops_total')})`, legend: 'card, received' },
      {
        expr: `sum(${rate('sflow_host_network_receive_errors_total')})`,
        legend: 'errors, received',
      },
      {
        expr: `sum(${rate('sflow_host_network_transmit_drops_total')})`,
        legend: 'card, transmitted',
      },
      {
        expr: `sum(${rate('sflow_host_udp_receive_buffer_errors_total')})`,
        legend: 'UDP buffer full',
      },
    ],
  },
]

const gpus: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'GPU, busy',
    description: 'GPUs in use on each host: 2 means two of them all the time.',
    width: 12,
    unit: 'short',
    empty: 'No host of the selection sends GPU counters.',
    queries: [{ expr: rate('sflow_host_gpu_busy_seconds_total'), legend: '{{host}}' }],
  },
  {
    kind: 'time',
    title: 'GPU power',
    description: 'All GPUs of each host together.',
    width: 12,
    unit: 'watt',
    empty: 'No host of the selection sends GPU counters.',
    queries: [{ expr: rate('sflow_host_gpu_energy_joules_total'), legend: '{{host}}' }],
  },
]

export const hosts: DashboardSpec = {
  uid: 'sflow-hosts',
  title: 'sFlow / Hosts',
  description: 'Servers that run Host sFlow: processor, memory, disks, network.',
  variables: [AGENT, HOST],
  step: POLLED,
  from: 'now-3h',
  rows: [
    { title: 'All hosts', panels: overview },
    { title: 'Processor', panels: processor },
    { title: 'Memory and space', panels: memory },
    { title: 'Disks and network', panels: disks },
    { title: 'GPU', collapsed: true, panels: gpus },
  ],
}
