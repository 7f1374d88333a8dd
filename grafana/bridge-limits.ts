/** Rows of the dashboard Bridge about its limits and what it costs. */
import { WINDOW } from '../src/dashboards/queries.ts'
import type { PanelSpec } from '../src/dashboards/spec.ts'
import { JOB, sumRate } from './bridge-queries.ts'
import { BY_INSTANCE } from './variables.ts'

/** A column with the number that each bridge tells now. */
function largest(title: string, metric: string, by: string) {
  const expr = `max by (instance, ${by}) (${metric}{${BY_INSTANCE}})`
  return { title, expr, unit: 'short', decimals: 0 } as const
}

export const tables: readonly PanelSpec[] = [
  {
    kind: 'table',
    title: 'Tables and their limits',
    description:
      'What is remembered. Refused: the table was full of live entries. Gave way: idle ones made room. Tables of flows are full by design and refuse the smaller flow.',
    width: 24,
    height: 9,
    labels: { table: 'Table', instance: 'Bridge' },
    empty: 'No bridge is scraped.',
    columns: [
      largest('Entries', 'sflow_bridge_series', 'table'),
      largest('Limit', 'sflow_bridge_series_limit', 'table'),
      {
        title: 'Used',
        expr: `max by (instance, table) (sflow_bridge_series{${BY_INSTANCE}} / sflow_bridge_series_limit{${BY_INSTANCE}})`,
        unit: 'percentunit',
        decimals: 1,
        gauge: { max: 1 },
        steps: [
          [0.8, 'orange'],
          [0.95, 'red'],
        ],
      },
      {
        title: 'New',
        expr: sumRate('sflow_bridge_series_created_total', 'instance, table'),
        unit: 'cps',
        decimals: 2,
      },
      {
        title: 'Gave way',
        expr: sumRate('sflow_bridge_series_evicted_total', 'instance, table'),
        unit: 'cps',
        decimals: 2,
        steps: [[0.01, 'orange']],
      },
      {
        title: 'Refused',
        expr: sumRate('sflow_bridge_series_refused_total', 'instance, table'),
        unit: 'cps',
        decimals: 2,
        steps: [[0.01, 'red']],
      },
    ],
    sort: 'Used',
  },
  {
    kind: 'table',
    title: 'Flows that are counted',
    description:
      'In memory, series or not. A full table keeps the larger flows: what came in, what gave way as the lighter half, and the samples of flows too light to come in, which count as "other". More room: limits.flow_entries.',
    width: 24,
    height: 9,
    labels: { flow: 'Definition', instance: 'Bridge' },
    empty: 'No flows are defined.',
    columns: [
      largest('Flows', 'sflow_bridge_flow_keys', 'flow'),
      largest('Limit', 'sflow_bridge_flow_keys_limit', 'flow'),
      {
        title: 'Used',
        expr: `max by (instance, flow) (sflow_bridge_flow_keys{${BY_INSTANCE}} / sflow_bridge_flow_keys_limit{${BY_INSTANCE}})`,
        unit: 'percentunit',
        decimals: 1,
        gauge: { max: 1 },
      },
      {
        title: 'New',
        expr: sumRate('sflow_bridge_flow_keys_created_total', 'instance, flow'),
        unit: 'cps',
        decimals: 2,
      },
      {
        title: 'Gave way',
        expr: sumRate('sflow_bridge_flow_keys_evicted_total', 'instance, flow'),
        unit: 'cps',
        decimals: 2,
      },
      {
        title: 'Kept out',
        expr: sumRate('sflow_bridge_flow_keys_refused_total', 'instance, flow'),
        unit: 'cps',
        decimals: 2,
      },
    ],
    sort: 'Used',
  },
  {
    kind: 'time',
    title: 'Counters that wrapped or began anew',
    description:
      'Wraps of 32-bit counters are bridged; a new beginning is an agent that restarted.',
    width: 12,
    unit: 'cps',
    queries: [
      { expr: `sum(${sumRate('sflow_bridge_wraps_total')})`, legend: 'wraps' },
      { expr: `sum(${sumRate('sflow_bridge_resets_total')})`, legend: 'began anew' },
    ],
  },
  {
    kind: 'time',
    title: 'Receive buffer, asked and granted',
    description: 'The kernel may grant less than was asked: raise net.core.rmem_max then.',
    width: 12,
    unit: 'bytes',
    min: 0,
    queries: [
      {
        expr: `sum by (instance) (sflow_bridge_receive_buffer_asked_bytes{${BY_INSTANCE}})`,
        legend: '{{instance}} asked',
      },
      {
        expr: `sum by (instance) (sflow_bridge_receive_buffer_bytes{${BY_INSTANCE}})`,
        legend: '{{instance}} granted',
      },
    ],
  },
]

export const cost: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Processor',
    description: 'Processors in use by each bridge, main thread and workers together.',
    width: 6,
    unit: 'short',
    queries: [
      { expr: `rate(process_cpu_seconds_total{${JOB}}[${WINDOW}])`, legend: '{{instance}}' },
    ],
  },
  {
    kind: 'time',
    title: 'Memory',
    description: 'Resident memory of each bridge.',
    width: 6,
    unit: 'bytes',
    min: 0,
    queries: [{ expr: `process_resident_memory_bytes{${JOB}}`, legend: '{{instance}}' }],
  },
  {
    kind: 'time',
    title: 'Scrape',
    description: 'How long Prometheus waited for the whole page.',
    width: 6,
    unit: 's',
    min: 0,
    steps: [
      [5, 'orange'],
      [10, 'red'],
    ],
    queries: [{ expr: `scrape_duration_seconds{${JOB}}`, legend: '{{instance}}' }],
  },
  {
    kind: 'time',
    title: 'Series on the page',
    description: 'What each scrape brings.',
    width: 6,
    unit: 'short',
    min: 0,
    queries: [{ expr: `scrape_samples_scraped{${JOB}}`, legend: '{{instance}}' }],
  },
]
