/** Applications: what services tell of themselves through Host sFlow: operations, HTTP, workers, JVM, memcache. */
import { POLLED, topOf, topRateOf, WINDOW } from '../src/dashboards/queries.ts'
import type { DashboardSpec, PanelSpec } from '../src/dashboards/spec.ts'
import {
  APPLICATION,
  BY,
  counted,
  gauge,
  JVM,
  NAMED,
  none,
  ONE,
  onHost,
  onJvm,
  rate,
} from './application-queries.ts'
import { AGENT } from './variables.ts'

const SOURCE = {
  name: 'source',
  label: 'Source',
  description: 'Applications by their data source in sFlow: class and index, such as 3:8080.',
  query:
    'label_values({__name__=~"sflow_(application_info|application_operations_total|http_requests_total|jvm_threads|memcache_items)", agent=~"$agent"}, source)',
} as const

const operations: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Operations by application',
    description:
      'Operations a second of the ten busiest applications, whatever their outcome. Exact counters.',
    width: 12,
    unit: 'ops',
    legend: 'table',
    empty: none('operation counters'),
    queries: [
      {
        expr: onHost(
          `((${topOf(10, at => `sum by (${ONE}) (max by (${ONE}, status) (rate(sflow_application_operations_total{${BY}}[${WINDOW}]${at})))`)}) ${NAMED})`,
        ),
        legend: APPLICATION,
      },
    ],
  },
  {
    kind: 'time',
    title: 'Operations that failed, by outcome',
    description: 'All chosen applications together.',
    width: 12,
    unit: 'ops',
    stacked: true,
    empty: none('operation counters'),
    queries: [
      {
        expr: `sum by (status) (${rate('sflow_application_operations_total', `${BY}, status!="success"`, `${ONE}, status`)})`,
        legend: '{{status}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Workers',
    description:
      'Busy workers of each application, against all that it may have. At the limit requests wait.',
    width: 12,
    unit: 'percentunit',
    min: 0,
    max: 1,
    steps: [
      [0.8, 'orange'],
      [0.95, 'red'],
    ],
    showSteps: true,
    empty: none('worker counters'),
    queries: [
      {
        expr: onHost(
          `(${gauge('sflow_application_workers', `${BY}, state="active"`)} / ${gauge('sflow_application_workers_max')} ${NAMED})`,
        ),
        legend: APPLICATION,
      },
    ],
  },
  {
    kind: 'time',
    title: 'Requests delayed and dropped',
    description: 'Since all workers were busy. All chosen applications together.',
    width: 12,
    unit: 'reqps',
    empty: none('worker counters'),
    queries: [
      { expr: `sum(${rate('sflow_application_requests_delayed_total')})`, legend: 'delayed' },
      { expr: `sum(${rate('sflow_application_requests_dropped_total')})`, legend: 'dropped' },
    ],
  },
]

const http: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'HTTP requests by method',
    description: 'All chosen web servers together.',
    width: 12,
    unit: 'reqps',
    stacked: true,
    empty: none('HTTP counters'),
    queries: [
      {
        expr: counted('sflow_http_requests_total', 'method'),
        legend: '{{method}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'HTTP responses by status',
    description: 'All chosen web servers together. 5xx are the server’s own faults.',
    width: 12,
    unit: 'reqps',
    stacked: true,
    empty: none('HTTP counters'),
    overrides: [
      { of: '5xx', properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }] },
    ],
    queries: [
      {
        expr: counted('sflow_http_responses_total', 'status'),
        legend: '{{status}}',
      },
    ],
  },
]

const resources: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Processors in use',
    description: 'User and system time of each application process.',
    width: 8,
    unit: 'short',
    empty: none('resource counters'),
    queries: [
      {
        expr: onHost(
          `(sum by (${ONE}) (${rate('sflow_application_cpu_seconds_total', BY, `${ONE}, mode`)}) ${NAMED})`,
        ),
        legend: APPLICATION,
      },
    ],
  },
  {
    kind: 'time',
    title: 'Memory in use',
    description: 'Of each application process.',
    width: 8,
    unit: 'bytes',
    empty: none('resource counters'),
    queries: [
      {
        expr: onHost(`(${gauge('sflow_application_memory_used_bytes')} ${NAMED})`),
        legend: APPLICATION,
      },
    ],
  },
  {
    kind: 'time',
    title: 'Connections',
    description: 'Open connections of each application.',
    width: 8,
    unit: 'short',
    empty: none('resource counters'),
    queries: [
      { expr: onHost(`(${gauge('sflow_application_connections')} ${NAMED})`), legend: APPLICATION },
    ],
  },
]

const heap = (which: string, at: string) =>
  `max by (${ONE}) (sflow_jvm_memory_${which}_bytes{${BY}, area="heap"}${at})`

const jvm: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Heap in use',
    description: 'Against the most that it may grow to; the five fullest now.',
    width: 8,
    unit: 'percentunit',
    min: 0,
    max: 1,
    empty: none('JVM counters'),
    queries: [
      {
        expr: onJvm(topOf(5, at => `${heap('used', at)} / ${heap('max', at)}`)),
        legend: JVM,
      },
    ],
  },
  {
    kind: 'time',
    title: 'Time in garbage collection',
    description:
      'Share of real time, the five with most of it. Above a few per cent the heap is too small.',
    width: 8,
    unit: 'percentunit',
    min: 0,
    empty: none('JVM counters'),
    queries: [{ expr: onJvm(topRateOf(5, 'sflow_jvm_gc_seconds_total', BY, ONE)), legend: JVM }],
  },
  {
    kind: 'time',
    title: 'Threads',
    description: 'Live threads, the five Java virtual machines with most of them now.',
    width: 8,
    unit: 'short',
    empty: none('JVM counters'),
    queries: [
      {
        expr: onJvm(topOf(5, at => `max by (${ONE}) (sflow_jvm_threads{${BY}}${at})`)),
        legend: JVM,
      },
    ],
  },
]

const memcache: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Cache hits',
    description: 'Share of `get` that found something.',
    width: 8,
    unit: 'percentunit',
    min: 0,
    max: 1,
    empty: none('memcache counters'),
    queries: [
      {
        expr: onHost(
          `(${rate('sflow_memcache_operations_total', `${BY}, operation="get", result="hit"`)} / sum by (${ONE}) (${rate('sflow_memcache_operations_total', `${BY}, operation="get"`, `${ONE}, result`)}))`,
        ),
        legend: '{{host}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Items evicted',
    description: 'To make room. A steady rate with few hits means that the cache is too small.',
    width: 8,
    unit: 'ops',
    empty: none('memcache counters'),
    queries: [{ expr: onHost(rate('sflow_memcache_evictions_total')), legend: '{{host}}' }],
  },
  {
    kind: 'time',
    title: 'Memory of the cache',
    description: 'In use, against its limit.',
    width: 8,
    unit: 'percentunit',
    min: 0,
    max: 1,
    empty: none('memcache counters'),
    queries: [
      {
        expr: onHost(
          `(${gauge('sflow_memcache_used_bytes')} / ${gauge('sflow_memcache_limit_bytes')})`,
        ),
        legend: '{{host}}',
      },
    ],
  },
]

export const applications: DashboardSpec = {
  uid: 'sflow-applications',
  title: 'sFlow / Applications',
  description: 'Services that report through Host sFlow or their own sFlow agent.',
  variables: [AGENT, SOURCE],
  step: POLLED,
  from: 'now-3h',
  rows: [
    { title: 'Operations and workers', panels: operations },
    { title: 'Web servers', panels: http },
    { title: 'Resources', panels: resources },
    { title: 'Java virtual machines', panels: jvm },
    { title: 'Memcache', collapsed: true, panels: memcache },
  ],
}
