/** The reference page of structures, docs/reference/structures.md, from the declarations. */
import type { Field, Group, Metric, Structure, Subject } from './define.ts'
import { COUNTER_STRUCTURES, FLOW_STRUCTURES } from './index.ts'

const HEAD = `# sFlow structures

Every structure that sflow-bridge reads: its tag (\`enterprise:format\`), where it is published, its fields in wire
order with their kinds and units, and the metrics that counters become. This page is generated from
\`src/structures/\` by \`npm run docs\`.

- All ones (and for each metric what stands under "unknown") means that the agent cannot tell: no reading, never a number.
- Counts of 32 bits are widened: a wrap goes on upwards, a restart of the agent falls to the raw value.
- A record that is longer than its structure is read and the rest passed over; a shorter one is refused.
- \`sflow-bridge decode\` prints the fields under the key in the last column: the one that \`sflowtool -j\` prints, where that
  program reads the structure.
`

const SUBJECTS: Readonly<Record<Subject, string>> = {
  interface: '`agent`, `ifindex`, `ifname`',
  host: '`agent`, `host`',
  virtual:
    '`agent`, `host`, `container`, `kind` (names of virtual machines begin with `sflow_vm_`, of JVMs with `sflow_jvm_`)',
  source: '`agent`, `source`',
}

export function structuresReferenceText(): string {
  const parts = [
    HEAD,
    '## Counter structures\n',
    index(COUNTER_STRUCTURES),
    '## Flow records\n',
    index(FLOW_STRUCTURES),
    ...COUNTER_STRUCTURES.map(section),
    ...FLOW_STRUCTURES.map(section),
  ]
  return `${parts.join('\n').trimEnd()}\n`
}

function index(structures: readonly Structure[]): string {
  const rows = structures.map(
    one => `| ${one.label} | [${one.name}](#${anchor(one)}) | ${cell(one.about)} |`,
  )
  return `| tag | name | what it tells |\n|---|---|---|\n${rows.join('\n')}\n`
}

function title({ of, label, name }: Structure): string {
  return `${of === 'counter' ? 'Counters' : 'Flow'} ${label} ${name}`
}

/** As common renderers make it of a heading. */
function anchor(structure: Structure): string {
  return title(structure).toLowerCase().replace(/:/g, '').replaceAll(' ', '-')
}

function section(structure: Structure): string {
  const { fields, group } = structure
  const lines = [
    `### ${title(structure)}\n`,
    `${structure.about}\n`,
    `- Specification: ${specification(structure.spec)}`,
    `- Sent by: ${structure.agents}`,
  ]
  const length = fields.reduce((sum, field) => sum + (FIXED_BYTES[field.kind] ?? 4), 0)
  if (group === undefined && structure.lengthMin < length) {
    lines.push(`- Optional: what lies behind byte ${structure.lengthMin} of ${length}`)
  }
  if (structure.of === 'counter') lines.push(`- Labels: ${SUBJECTS[structure.subject]}`)
  if (group !== undefined) {
    const many = isRecord(group) ? 'one in each record' : `at most ${group.elementsMax}`
    lines.push(`- Elements: ${many}, told apart by the label \`${group.label}\``)
  }
  lines.push('', table(structure))
  return lines.join('\n')
}

/** Its one element is the record. */
function isRecord(group: Group): boolean {
  return group.countField === undefined && !group.columnwise
}

const FIXED_BYTES: Readonly<Record<string, number>> = { u64: 8, mac: 8, uuid: 16, ipv6: 16 }

function specification(spec: string): string {
  if (spec.startsWith('http')) return `<${spec}>`
  return spec.startsWith('sflow_') ? `[${spec}](https://sflow.org/${spec})` : spec
}

function table(structure: Structure): string {
  const counters = structure.of === 'counter'
  const { group } = structure
  const rows = [
    ...structure.fields.map(field => row(structure, field, '')),
    ...(group?.fields ?? []).map(field =>
      row(structure, field, group !== undefined && isRecord(group) ? '' : 'each '),
    ),
  ]
  const head = counters
    ? '| field | kind | unit | metric | key |\n|---|---|---|---|---|'
    : '| field | kind | unit | key |\n|---|---|---|---|'
  return `${head}\n${rows.join('\n')}\n`
}

function row(structure: Structure, field: Field, each: string): string {
  const metrics =
    field.metrics.length > 0 ? field.metrics.map(metricText).join('<br>') : noMetric(field)
  const prefix = structure.toolPrefix ?? ''
  const names = field.tool === false ? [] : (field.toolParts ?? [field.tool ?? field.name])
  const keys = names.map(name => `\`${prefix}${name}\``).join(' ')
  const columns = [`${each}\`${field.name}\``, field.kind, field.unit ?? '']
  if (structure.of === 'counter') columns.push(metrics)
  columns.push(keys)
  return `| ${columns.join(' | ')} |`
}

function noMetric(field: Field): string {
  return field.noMetric === undefined ? '' : `none: ${cell(field.noMetric)}`
}

function metricText(metric: Metric): string {
  const labels = Object.entries(metric.labels ?? {}).map(([key, value]) => `${key}="${value}"`)
  if (metric.states) labels.push(`state="${metric.states.join('\\|')}"`)
  const selector = labels.length > 0 ? `{${labels.join(',')}}` : ''
  const notes = [
    metric.divisor && `divided by ${metric.divisor}`,
    metric.factor && `times ${metric.factor}`,
    metric.bit !== undefined && `bit ${metric.bit}`,
    metric.equals !== undefined && `1 where it is ${metric.equals}`,
    metric.unknown && `unknown: ${metric.unknown.join(', ')}`,
    metric.max && `unknown beyond 2^${Math.log2(metric.max)}`,
  ].filter(Boolean)
  const remark = notes.length > 0 ? ` (${notes.join('; ')})` : ''
  return `\`${metric.name}${selector}\` ${cell(metric.help)}${remark}`
}

/** Text that would end a cell of the table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
