/** Hosts: processor, memory, disks, network and protocol counters, as Host sFlow tells them. */
import { bitsOf, POLLED, rateOf, topOf, topRateOf } from '../src/dashboards/queries.ts'
import type { DashboardSpec, PanelSpec } from '../src/dashboards/spec.ts'
import { disks, gpus } from './host-devices.ts'
import { available, busy, gauge, load, memoryUsed, ONE, rate, SHARE, TOP } from './host-queries.ts'
import { AGENT, BY_HOST, HOST } from './variables.ts'

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
