/** The reference page of metrics, docs/reference/metrics.md, from the catalogue. */
import { type CatalogueEntry, metricCatalogue } from './catalogue.ts'

const HEAD = `# Metrics of the bridge

Every family of \`/metrics\` that does not depend on your configuration: its labels, its type and what it tells. This page is
generated from the program by \`npm run docs\`. Which structure feeds a metric is told in [structures](structures.md); the families of
flows are named after their definitions, see [flows](../flows.md#the-series); \`process_\` and \`nodejs_\` are those of prom-client. Controller and ACL agent have metrics of their own, named
\`sflow_acl_\`; [the controller](../controller.md#see-what-it-does) and [the ACL agent](../acl-agent.md#run-it) tell which to watch.

A family that nobody feeds is not on the page. Time is in seconds, size in bytes, shares are ratios.
`

/** The word behind `sflow_` → the heading of its section; the first that fits. */
const SECTIONS: readonly (readonly [prefix: string, title: string])[] = [
  ['interface_', 'Interfaces'],
  ['host_', 'Hosts'],
  ['hypervisor_', 'Hypervisors'],
  ['container_', 'Containers'],
  ['vm_', 'Virtual machines'],
  ['jvm_', 'Java virtual machines'],
  ['agent_', 'Agents'],
  ['threshold_', 'Thresholds'],
  ['bridge_', 'The bridge'],
]
const REST = 'Everything else'

/** Families that are made where they are counted and not in the catalogue: a test holds them against a page. */
const MADE_ELSEWHERE: readonly (readonly [
  name: string,
  type: 'counter' | 'gauge',
  labels: string,
  help: string,
])[] = [
  [
    'sflow_threshold_active',
    'gauge',
    'threshold agent ifindex',
    'Flows or readings that are above the threshold now, by source.',
  ],
  [
    'sflow_threshold_events_total',
    'counter',
    'threshold',
    'Events of the threshold: each crossing once.',
  ],
  [
    'sflow_threshold_events_refused_total',
    'counter',
    'threshold',
    'Crossings without an event, since too many of the threshold were active.',
  ],
  [
    'sflow_bridge_samples_second_sighting_total',
    'counter',
    '',
    'Samples of packets that the same agent had sampled on their way in: left out.',
  ],
  [
    'sflow_bridge_notifications_sent_total',
    'counter',
    'receiver url',
    'Alerts that the receiver took, repetitions included.',
  ],
  [
    'sflow_bridge_notifications_failed_total',
    'counter',
    'receiver url',
    'Requests that failed and were or will be tried again.',
  ],
  [
    'sflow_bridge_notifications_rejected_total',
    'counter',
    'receiver url',
    'Alerts that the receiver would not take; they are given up in that state.',
  ],
  [
    'sflow_bridge_notifications_refused_total',
    'counter',
    'receiver url',
    'Alerts that were not sent, since too many were remembered.',
  ],
  ['sflow_bridge_notifications_pending', 'gauge', 'receiver url', 'Alerts that wait to be sent.'],
  [
    'sflow_bridge_http_requests_total',
    'counter',
    'code',
    'Requests that were answered, by status code; also those whose client went away.',
  ],
  ['sflow_bridge_http_connections', 'gauge', '', 'Connections to the web server that are open.'],
  [
    'sflow_bridge_http_connections_refused_total',
    'counter',
    '',
    'Connections that were closed at once because all that are allowed were at work.',
  ],
  [
    'sflow_bridge_http_connections_evicted_total',
    'counter',
    '',
    'Idle connections that were ended to let a new one in.',
  ],
]

export function metricsReferenceText(): string {
  const sections = new Map<string, CatalogueEntry[]>()
  for (const [, title] of SECTIONS) sections.set(title, [])
  sections.set(REST, [])
  // A metric that several structures feed stands in the catalogue several times.
  const entries = new Map(metricCatalogue().map(entry => [entry.name, entry]))
  for (const [name, type, labels, help] of MADE_ELSEWHERE) {
    entries.set(name, { name, type, help, labels: labels.split(' ').filter(Boolean) })
  }
  for (const entry of entries.values()) sections.get(sectionOf(entry.name))?.push(entry)
  const parts = Array.from(sections, ([title, entries]) => section(title, entries))
  return `${HEAD}\n${parts.filter(part => part !== '').join('\n')}`
}

function sectionOf(name: string): string {
  const word = name.slice('sflow_'.length)
  return SECTIONS.find(([prefix]) => word.startsWith(prefix))?.[1] ?? REST
}

function section(title: string, entries: readonly CatalogueEntry[]): string {
  if (entries.length === 0) return ''
  const byName = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const rows = byName.map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map(label => `\`${label}\``).join(' ')} | ${cell(help)} |`,
  )
  return `## ${title}\n\n| metric | type | labels | what it tells |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ')
}
