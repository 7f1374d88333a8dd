/** Every family that the bridge can expose, without its values: for tests, rules, dashboards, docs. */

import { BRIDGE_FAMILIES } from '../engine/bridge-families.ts'
import { COUNTER_FAMILIES, type FamilyHeader } from '../engine/families.ts'
import { DNS_LOOKUPS } from '../engine/flow-names.ts'
import { LINK_END_INFO } from '../engine/link-families.ts'
import {
  AGENT_FAMILIES,
  AGENT_SAMPLES,
  DROPPED_PACKETS,
  INFO_FAMILIES,
  SOURCE_SAMPLING_FAMILIES,
} from '../engine/self-families.ts'
import { OWN_FAMILIES } from './own-families.ts'
import { SNMP_FAMILIES } from './snmp-families.ts'

export interface CatalogueEntry extends FamilyHeader {
  /** Names of its labels, in the order of the page. */
  readonly labels: readonly string[]
}

const SUBJECT_LABELS = {
  interface: ['agent', 'ifindex', 'ifname'],
  host: ['agent', 'host'],
  virtual: ['agent', 'host', 'container', 'kind'],
  source: ['agent', 'source'],
} as const

export function metricCatalogue(): CatalogueEntry[] {
  const entries: CatalogueEntry[] = []
  for (const family of COUNTER_FAMILIES) {
    const { name, type, help, structure, cells } = family
    const subject = family.name.startsWith('sflow_vm_')
      ? ['agent', 'host', 'vm']
      : family.name.startsWith('sflow_jvm_')
        ? SUBJECT_LABELS.source
        : SUBJECT_LABELS[structure.subject]
    const suffixes = cells.flatMap(cell => (cell.states ? ['state'] : labelNames(cell.suffix)))
    const group = family.group && structure.group ? [structure.group.label] : []
    entries.push({
      name,
      type,
      help,
      labels: Array.from(new Set([...subject, ...group, ...suffixes])),
    })
  }
  const perAgent = ['agent', 'sub_agent']
  for (const { name, type, help } of AGENT_FAMILIES)
    entries.push({ name, type, help, labels: perAgent })
  for (const header of Object.values(SOURCE_SAMPLING_FAMILIES)) {
    entries.push({ ...header, labels: [...perAgent, 'source'] })
  }
  entries.push({ ...AGENT_SAMPLES, labels: [...perAgent, 'kind'] })
  entries.push({ ...DROPPED_PACKETS, labels: ['agent', 'reason'] })
  for (const [word, help] of Object.entries(INFO_FAMILIES)) {
    entries.push({
      name: `sflow_${word}_info`,
      type: 'gauge',
      help,
      labels: INFO_LABELS[word] ?? [],
    })
  }
  entries.push({ ...DNS_LOOKUPS, labels: ['outcome'] })
  entries.push({ ...LINK_END_INFO, labels: ['link', 'end', 'agent', 'ifindex', 'ifname'] })
  for (const { name, type, help } of [...BRIDGE_FAMILIES, ...OWN_FAMILIES]) {
    entries.push({ name, type, help, labels: [] })
  }
  for (const { name, type, help, labels } of SNMP_FAMILIES)
    entries.push({ name, type, help, labels })
  const version = ['version', 'node_version', 'component']
  const help = 'Version of the program that answers.'
  entries.push({ name: 'sflow_bridge_build_info', type: 'gauge', help, labels: version })
  return entries
}

const INFO_LABELS: Readonly<Record<string, readonly string[]>> = {
  interface: ['agent', 'ifindex', 'ifname', 'ifalias', 'iftype'],
  host: ['agent', 'host', 'uuid', 'os', 'release', 'machine'],
  container: [
    'agent',
    'host',
    'container',
    'kind',
    'namespace',
    'pod',
    'uuid',
    'os',
    'release',
    'machine',
    'name',
  ],
  vm: ['agent', 'host', 'vm', 'uuid', 'os', 'release', 'machine', 'name'],
  jvm: ['agent', 'source', 'jvm', 'name', 'vendor', 'version'],
  application: ['agent', 'source', 'application'],
}

function labelNames(suffix: string): string[] {
  return Array.from(suffix.matchAll(/([a-z0-9_]+)="/g), match => match[1] as string)
}
