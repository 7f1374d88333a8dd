/** docs/reference/agent-page.md: what `/agent` tells, under whose names, and what it cannot tell. */
import type { Compat } from './compat.ts'
import { DEVICE_COMPAT } from './compat-device.ts'
import { HOST_COMPAT, NOT_CARRIED } from './compat-host.ts'
import { INTERFACE_COMPAT } from './compat-interface.ts'

const HEAD = `# One agent under other exporters’ names

\`GET /agent?target=ADDRESS\` tells one agent's numbers under the names of snmp_exporter (module if_mib) and node_exporter, so that dashboards
which people have go on working. Prometheus finds the agents by \`/sd\`; each is a target of its own, with its own \`up\`:

\`\`\`yaml
scrape_configs:
  - job_name: sflow-agents
    metrics_path: /agent
    http_sd_configs: [{ url: 'http://127.0.0.1:16343/sd' }]
    relabel_configs:
      - { source_labels: [__address__], target_label: __param_target }
      - { source_labels: [__param_target], target_label: instance }
      - { target_label: __address__, replacement: '127.0.0.1:16343' }
\`\`\`

A test asks a real Prometheus every query of "Node Exporter Full" (1860) and "SNMP Interface Status" that stands in
[test/end-to-end/dashboard-queries.ts](../../test/end-to-end/dashboard-queries.ts). This page is generated from the program.

What to know:

- sFlow sums over all cores, disks and file systems of a host. Cores are shown as so many equal ones, so that their number and means over
  them are right; the others are one series with \`device="all"\`. Panels that choose \`mountpoint="/"\` stay empty.
- Network devices of a host are told one by one where its agent sends their counters, as hsflowd does; else the sum is \`device="all"\`.
- Types are those of the originals: what node_exporter reads from /proc/net/snmp and /proc/vmstat has none (\`untyped\`).
- A field that an agent does not fill (hsflowd and Open vSwitch: broadcasts) is left out.
- Besides these there are \`ifType_info\`, \`sysUpTime\`, \`node_uname_info\`, \`node_boot_time_seconds\` and \`node_time_seconds\`: when the host was last heard of.
`

export function agentPageReferenceText(): string {
  const missing = Object.entries(NOT_CARRIED).map(([name, reason]) => `| \`${name}\` | ${reason} |`)
  return [
    HEAD,
    '## Interfaces, as snmp_exporter names them\n',
    table(INTERFACE_COMPAT),
    '## Hosts, as node_exporter names them\n',
    table(HOST_COMPAT),
    '## Network devices of a host, as node_exporter names them\n',
    'Besides these there is `node_network_info`, with `device`, `operstate`, `adminstate` and `ifalias`.\n',
    table(DEVICE_COMPAT),
    '## What dashboards ask and sFlow does not tell\n',
    `| asked | why there is none |\n|---|---|\n${missing.join('\n')}\n`,
  ].join('\n')
}

function table(compats: readonly Compat[]): string {
  const lines = compats.map(({ name, labels, from, plus = [] }) => {
    const inner = Object.entries(labels ?? {}).map(([key, value]) => `${key}="${value}"`)
    return `| \`${name}${inner.length > 0 ? `{${inner.join(',')}}` : ''}\` | \`${[from, ...plus].join('` + `')}\` |`
  })
  return `| there | here |\n|---|---|\n${lines.join('\n')}\n`
}
