/** Rows of the dashboard Hosts about devices: disks, network cards, graphics processors. */
import { bitsOf, topOf, topRateOf } from '../src/dashboards/queries.ts'
import type { PanelSpec } from '../src/dashboards/spec.ts'
import { ONE, rate, sentAgain, TOP } from './host-queries.ts'
import { BY_HOST } from './variables.ts'

export const disks: readonly PanelSpec[] = [
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

export const gpus: readonly PanelSpec[] = [
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
