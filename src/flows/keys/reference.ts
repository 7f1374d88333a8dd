/** The reference page of flow keys, functions and filters: docs/reference/flow-keys.md. */
import { DEPTHS } from '../../packet/layers.ts'
import { PATTERN_LENGTH_MAX, REPEATS_MAX } from '../filter/pattern.ts'
import { FUNCTIONS } from '../functions/table.ts'
import { SHIPPED_FLOWS, SHIPPED_SERIES_MAX } from '../shipped.ts'
import { FLOW_KEYS } from './table.ts'

const HEAD = `# Flow keys, functions, filters

What a flow definition can be made of (the section \`flows\` of the configuration, and
\`PUT /api/v1/flows/NAME\`). The names are those of sFlow-RT. This page is generated from the program.

A sample that lacks a key of a definition is left out of it, unless \`null:KEY:WORD\` gives it a word.
`

const KEYS = `## Keys

Keys of headers take a suffix: \`ipsource\` is the outermost IPv4 source, \`ipsource.1\` that of the next
IPv4 header inside, \`ipsource.2\` of the one inside that. Where there is no header in a sample, the
records "sampled Ethernet", "sampled IPv4" and "sampled IPv6" are read in its place. MAC addresses are
written as twelve upper-case digits; a filter takes all common forms.
`

const FUNCTIONS_HEAD = `## Functions

Arguments are parted by \`:\`. A function inside another stands in brackets:
\`or:[country:ipsource]:[country:ip6source]\`. A backslash takes the next character as it is, so \`\\:\` is a
colon. An argument that is left out at the end has a default.
`

const VALUES = `## Values

\`bytes\` (frame length × sampling rate), \`frames\`, \`requests\`, \`duration\`, or any key that is a number.
Before a key: \`count:\` distinct values, \`avg:\` the average by frames, \`min:\` and \`max:\`. \`sum:\` and
\`rate:\` are what a plain key is anyway. \`NAME=\` in front names the metric: \`sources=count:ipsource\`.
`

const FILTERS = `## Filters

    first:stack:.:ip:ip6=ip & (tcpdestinationport=80,443 | tcpflags~.......1.) & direction!=egress

- Left of \`=\`, \`!=\`, \`~\`, \`!~\` stands a key or function, right of it a list with commas: values, or
  patterns for \`~\` and \`!~\`. \`&\` binds before \`|\`; round brackets group.
- A key that the sample lacks equals \`null\` and nothing else: \`vlan=null\` passes untagged frames,
  \`vlan!=10\` does too.
- Addresses are compared with networks as well: \`ipsource=10.0.0.0/8\`.
- A value with \`,\`, \`&\`, \`|\` or a bracket stands in double quotes.
- Patterns match the whole text, as in sFlow-RT: \`stack~eth.*tcp\`. They are a safe part of regular
  expressions: at most ${PATTERN_LENGTH_MAX} characters and ${REPEATS_MAX} repetitions (\`*\`, \`+\`, \`{1,3}\`) of single characters or classes;
  groups may be alternatives and optional, and not repeated; no look-around, no back references.
`

export function flowKeysReferenceText(): string {
  return [
    HEAD,
    KEYS,
    ...keyTables(),
    FUNCTIONS_HEAD,
    functionTable(),
    VALUES,
    FILTERS,
    shipped(),
  ].join('\n')
}

function keyTables(): string[] {
  const groups = new Map<string, string[]>()
  for (const { name, kind, group, help, depths } of FLOW_KEYS) {
    const shown = typeof kind === 'string' ? kind : kind.name
    const inner = depths === DEPTHS ? ' (.1, .2)' : ''
    const rows = groups.get(group) ?? []
    rows.push(`| \`${name}\`${inner} | ${shown} | ${cell(help)} |`)
    groups.set(group, rows)
  }
  return [...groups].map(([group, rows]) =>
    [`### ${group}\n`, '| key | kind | meaning |', '|---|---|---|', ...rows, ''].join('\n'),
  )
}

function functionTable(): string {
  const rows = FUNCTIONS.map(({ usage, help }) => `| \`${cell(usage)}\` | ${cell(help)} |`)
  return ['| function | meaning |', '|---|---|', ...rows, ''].join('\n')
}

/** In a table a bar would begin the next cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function shipped(): string {
  const rows = SHIPPED_FLOWS.map(flow => {
    const keys = flow.keys.map(key => `\`${cell(key)}\``).join(', ')
    const filter = 'filter' in flow ? shortened(flow.filter) : ''
    const series =
      'max' in flow
        ? `${flow.n} by ${'by' in flow ? flow.by : 'agent'}, at most ${flow.max}`
        : 'none'
    return `| ${flow.name} | ${keys} | ${filter} | ${series} |`
  })
  return `## Definitions that are on

They make at most ${SHIPPED_SERIES_MAX.toLocaleString('en')} flows at a time. A definition of the same name replaces one;
\`enabled: false\` switches it off.

| name | keys | filter | flows as series |
|---|---|---|---|
${rows.join('\n')}
`
}

function shortened(text: string): string {
  return `\`${cell(text.length > 60 ? `${text.slice(0, 60)}…` : text)}\``
}
