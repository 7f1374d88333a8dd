/**
 * `/agent?target=…`: one agent's numbers under the names that dashboards for snmp_exporter (if_mib) and
 * node_exporter expect. Text format 0.0.4 only: these counters have names without `_total`, as the
 * originals have. What sFlow does not tell is left out; docs/reference/agent-page.md says what.
 */
import { labelText } from '../state/text.ts'
import type { Compat, DescribedSource } from './compat.ts'
import { DEVICE_COMPAT } from './compat-device.ts'
import { HOST_COMPAT } from './compat-host.ts'
import { IF_TYPES, INTERFACE_COMPAT } from './compat-interface.ts'
import { headerText } from './headers.ts'

/** More cores than this are shown as one, so that a lie of the wire stays small. */
const CORES_MAX = 1_024

type Labels = Readonly<Record<string, string>>

interface Line {
  readonly labels: Labels
  readonly value: number
}

/** The page of one agent; `uptimeMs` is its own. */
export function agentPage(
  interfaces: readonly DescribedSource[],
  hosts: readonly DescribedSource[],
  uptimeMs: number,
): string {
  const ports = interfaces.filter(({ ifIndex }) => ifIndex !== undefined)
  const types = ports.filter(({ ifType }) => ifType !== undefined)
  return [
    family('sysUpTime', 'gauge', 'As SNMPv2-MIB names it: hundredths of a second.', [
      { labels: {}, value: Math.floor(uptimeMs / 10) },
    ]),
    ...compatible(INTERFACE_COMPAT, ports, interfaceLabels),
    family(
      'ifType_info',
      'gauge',
      'As IF-MIB names it, from sFlow if_counters.',
      types.map(source => ({
        labels: { ...interfaceLabels(source), ...typeLabel(source) },
        value: 1,
      })),
    ),
    ...hostAndDevices(hosts, ports),
    ...hostFamilies(hosts),
  ].join('')
}

/** The devices are those of one host alone; of several nobody knows whose they are. */
function hostAndDevices(
  hosts: readonly DescribedSource[],
  ports: readonly DescribedSource[],
): readonly string[] {
  if (hosts.length !== 1 || ports.length === 0) {
    return compatible(HOST_COMPAT, hosts, hostLabels(hosts))
  }
  const others = HOST_COMPAT.filter(({ name }) => !name.startsWith('node_network_'))
  const about = ports.map(port => {
    const { sflow_interface_oper_up: oper, sflow_interface_admin_up: admin } = port.readings
    const labels = {
      ...deviceLabels(port),
      operstate: stateText(oper),
      adminstate: stateText(admin),
      ifalias: port.alias ?? '',
    }
    return { labels, value: 1 }
  })
  return [
    ...compatible(others, hosts, hostLabels(hosts)),
    ...compatible(DEVICE_COMPAT, ports, deviceLabels),
    family(
      'node_network_info',
      'gauge',
      'As node_exporter names it, from sFlow if_counters.',
      about,
    ),
  ]
}

function stateText(isUp: number | undefined): string {
  if (isUp === undefined) return 'unknown'
  return isUp === 1 ? 'up' : 'down'
}

function deviceLabels({ ifIndex, name }: DescribedSource): Labels {
  return { device: name === '' ? String(ifIndex) : name }
}

function interfaceLabels({ ifIndex, name, alias = '' }: DescribedSource): Labels {
  return { ifIndex: String(ifIndex), ifName: name, ifDescr: name, ifAlias: alias }
}

/** Hosts behind one agent address are told apart; one alone has no label, as with node_exporter. */
function hostLabels(hosts: readonly DescribedSource[]): (source: DescribedSource) => Labels {
  return hosts.length > 1 ? ({ host = '' }) => ({ nodename: host }) : () => ({})
}

function typeLabel({ ifType = 1 }: DescribedSource): Labels {
  return { ifType: IF_TYPES[ifType] ?? String(ifType) }
}

/** What is reckoned from several readings, and who the host is: dashboards choose hosts by that. */
function hostFamilies(hosts: readonly DescribedSource[]): readonly string[] {
  const labelsOf = hostLabels(hosts)
  const timed = hosts.flatMap(source => {
    const uptime = source.readings.sflow_host_uptime_seconds
    if (uptime === undefined) return []
    return [{ labels: labelsOf(source), now: source.lastSeenMs / 1_000, uptime }]
  })
  const time = timed.map(({ labels, now }) => ({ labels, value: now }))
  const boot = timed.map(({ labels, now, uptime }) => ({ labels, value: Math.round(now - uptime) }))
  const uname = hosts.map(({ host = '', system }) => {
    const { os = '', release = '', machine = '' } = system ?? {}
    const sysname = os === '' ? '' : os.charAt(0).toUpperCase() + os.slice(1)
    return { labels: { nodename: host, sysname, release, machine }, value: 1 }
  })
  return [
    family('node_time_seconds', 'gauge', 'When the host was last heard of.', time),
    family('node_boot_time_seconds', 'gauge', 'That less its uptime.', boot),
    family('node_uname_info', 'gauge', 'Name of the host, from sFlow host_descr.', uname),
  ]
}

function compatible(
  compats: readonly Compat[],
  sources: readonly DescribedSource[],
  labelsOf: (source: DescribedSource) => Labels,
): readonly string[] {
  const families = Map.groupBy(compats, ({ name }) => name)
  return Array.from(families, ([name, ones]) => {
    const lines = ones.flatMap(one =>
      sources.flatMap(source => linesOf(one, source, labelsOf(source))),
    )
    const [{ type, help } = { type: 'gauge', help: '' } as const] = ones
    return family(name, type, help, lines)
  })
}

function linesOf(compat: Compat, { readings }: DescribedSource, own: Labels): readonly Line[] {
  const read = readings[compat.from]
  if (read === undefined) return []
  const labels = { ...own, ...compat.labels }
  if (compat.perCore) {
    const cores = readings.sflow_host_cpus ?? 1
    const shown = Number.isInteger(cores) && cores >= 1 && cores <= CORES_MAX ? cores : 1
    return Array.from({ length: shown }, (_, core) => {
      return { labels: { cpu: String(core), ...labels }, value: read / shown }
    })
  }
  const sum = (compat.plus ?? []).reduce((value, from) => value + (readings[from] ?? 0), read)
  return [{ labels, value: compat.convert?.(sum) ?? sum }]
}

/** Nothing for a family without lines. */
function family(name: string, type: Compat['type'], help: string, lines: readonly Line[]): string {
  if (lines.length === 0) return ''
  const text = lines.map(({ labels, value }) => {
    const inner = labelText(labels)
    return `${name}${inner === '' ? '' : `{${inner}}`} ${value}\n`
  })
  return headerText({ name, type, help }, 'text') + text.join('')
}
