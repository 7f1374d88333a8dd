/** The reference page of metrics, docs/reference/metrics.md, from the catalogue. */
import { type CatalogueEntry, metricCatalogue } from './catalogue.ts'

const HEAD = `# Metrics of the bridge

Every family of \`/metrics\` that does not depend on your configuration: its labels, its type and what it tells. This page is
generated from the program by \`npm run docs\`. Which structure feeds a metric is told in [structures](structures.md); the families of
flows are named after their definitions, see [flows](../flows.md#the-series). Controller and ACL agent have metrics of their own, named
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
  ['bridge_', 'The bridge'],
]
const REST = 'Everything else'

export function metricsReferenceText(): string {
  const sections = new Map<string, CatalogueEntry[]>()
  for (const [, title] of SECTIONS) sections.set(title, [])
  sections.set(REST, [])
  // A metric that several structures feed stands in the catalogue several times.
  const entries = new Map(metricCatalogue().map(entry => [entry.name, entry]))
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
