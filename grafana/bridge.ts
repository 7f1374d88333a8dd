/** The bridge itself: what it takes in, what it refuses, how near its limits are, and what it costs. */
import { bitsOf } from '../src/dashboards/queries.ts'
import type { DashboardSpec, PanelSpec } from '../src/dashboards/spec.ts'
import { cost, tables } from './bridge-limits.ts'
import { counted, JOB, sumRate } from './bridge-queries.ts'
import { BY_INSTANCE, INSTANCE } from './variables.ts'

const ingest: readonly PanelSpec[] = [
  {
    kind: 'stat',
    title: 'Bridges up',
    description: 'Of those that Prometheus scrapes.',
    width: 4,
    unit: 'short',
    steps: [[1, 'green']],
    base: 'red',
    empty: 'No target',
    queries: [{ expr: `sum(up{${JOB}})`, legend: 'up' }],
  },
  {
    kind: 'stat',
    title: 'Datagrams',
    description: 'A second, all chosen bridges.',
    width: 4,
    unit: 'cps',
    trend: true,
    empty: 'None',
    queries: [
      { expr: `sum(${sumRate('sflow_bridge_datagrams_received_total')})`, legend: 'received' },
    ],
  },
  {
    kind: 'stat',
    title: 'Refused',
    description: 'Share of what arrives.',
    width: 4,
    unit: 'percentunit',
    decimals: 2,
    trend: true,
    steps: [
      [0.001, 'orange'],
      [0.01, 'red'],
    ],
    empty: 'None',
    queries: [
      {
        expr: `sum(${sumRate('sflow_bridge_datagrams_refused_total')}) / sum(${sumRate('sflow_bridge_datagrams_received_total')})`,
        legend: 'refused',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Kernel drops',
    description: 'Datagrams a second that came faster than they were read.',
    width: 4,
    unit: 'cps',
    trend: true,
    steps: [[0.001, 'red']],
    empty: 'Not told by this kernel',
    queries: [{ expr: `sum(${sumRate('sflow_bridge_kernel_drops_total')})`, legend: 'dropped' }],
  },
  {
    kind: 'stat',
    title: 'Fullest table',
    description:
      'Share of a limit of the bridge that is used; without the tables of flows, which are full by design.',
    width: 4,
    unit: 'percentunit',
    decimals: 1,
    max: 1,
    trend: true,
    steps: [
      [0.8, 'orange'],
      [0.95, 'red'],
    ],
    empty: 'None',
    queries: [
      {
        expr: `max(sflow_bridge_series{${BY_INSTANCE}, table!~"flow_.*"} / sflow_bridge_series_limit{${BY_INSTANCE}})`,
        legend: 'used',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Configuration',
    description: 'Whether the last reload was put into force, on every chosen bridge.',
    width: 4,
    unit: 'short',
    values: { 0: { text: 'refused', color: 'red' }, 1: { text: 'in force', color: 'green' } },
    empty: 'None',
    queries: [
      { expr: `min(sflow_bridge_config_last_reload_successful{${BY_INSTANCE}})`, legend: 'reload' },
    ],
  },
  {
    kind: 'time',
    title: 'Datagrams received',
    description: 'By bridge.',
    width: 8,
    unit: 'cps',
    queries: [{ expr: sumRate('sflow_bridge_datagrams_received_total'), legend: '{{instance}}' }],
  },
  {
    kind: 'time',
    title: 'What is in them',
    description: 'Packet samples, counter records and discard samples, all chosen bridges.',
    width: 8,
    unit: 'cps',
    queries: [
      { expr: `sum(${sumRate('sflow_bridge_flow_samples_total')})`, legend: 'packet samples' },
      { expr: `sum(${sumRate('sflow_bridge_records_read_total')})`, legend: 'counter records' },
      { expr: `sum(${sumRate('sflow_bridge_discard_samples_total')})`, legend: 'discard samples' },
    ],
  },
  {
    kind: 'time',
    title: 'sFlow received',
    description: 'Payload of the datagrams, by bridge.',
    width: 8,
    unit: 'bps',
    queries: [
      { expr: bitsOf(sumRate('sflow_bridge_received_bytes_total')), legend: '{{instance}}' },
    ],
  },
]

const refusals: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Datagrams refused, by reason',
    description:
      'Nothing of them was used. All chosen bridges; reasons that do not occur are left out.',
    width: 8,
    unit: 'cps',
    stacked: true,
    empty: 'Nothing was refused.',
    queries: [
      {
        expr: counted('sflow_bridge_datagrams_refused_total', 'reason'),
        legend: '{{reason}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Records refused, by reason',
    description: 'A part of a datagram whose rest was used.',
    width: 8,
    unit: 'cps',
    stacked: true,
    empty: 'Nothing was refused.',
    queries: [
      {
        expr: counted('sflow_bridge_records_refused_total', 'reason'),
        legend: '{{reason}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Records of unknown structures',
    description: 'Stepped over, by enterprise and format; those of the shown time.',
    width: 8,
    unit: 'cps',
    empty: 'Every structure that arrives is known.',
    queries: [
      {
        expr: counted('sflow_bridge_records_skipped_total', 'tag'),
        legend: '{{tag}}',
      },
    ],
  },
]

export const bridge: DashboardSpec = {
  uid: 'sflow-bridge',
  title: 'sFlow / Bridge',
  description: 'The bridge itself: ingest, refusals, limits, cost.',
  variables: [INSTANCE],
  rows: [
    { title: 'Ingest', panels: ingest },
    { title: 'Refused and skipped', panels: refusals },
    { title: 'Limits', panels: tables },
    { title: 'Cost', panels: cost },
  ],
}
