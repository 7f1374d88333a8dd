/**
 * Families that are not read off rows: what is said of agents, of names (`_info`), and of the
 * bridge's own work. `totals` carry no agent and are added up over workers.
 */
import type { FlowTableStats } from '../flows/families.ts'
import { REFUSALS } from '../sflow/refusal.ts'
import type { Agent } from '../state/agent.ts'
import type { Source } from '../state/source.ts'
import { labelText } from '../state/text.ts'
import type { Engine } from './engine.ts'
import type { FamilyHeader } from './families.ts'
import type { SmallFamily, SmallLine } from './render.ts'

interface AgentFamily extends FamilyHeader {
  readonly value: (agent: Agent) => number
}

const counter = (name: string, help: string, value: (agent: Agent) => number): AgentFamily => {
  return { name, type: 'counter', help, value }
}
const gauge = (name: string, help: string, value: (agent: Agent) => number): AgentFamily => {
  return { name, type: 'gauge', help, value }
}

/** Series with agent and sub_agent; a reading of NaN is left out. */
export const AGENT_FAMILIES: readonly AgentFamily[] = [
  gauge(
    'sflow_agent_info',
    'An agent that is known, by the address inside its datagrams.',
    () => 1,
  ),
  gauge(
    'sflow_agent_last_datagram_timestamp_seconds',
    'When the last datagram came, kept for a day after an agent fell silent.',
    agent => agent.lastDatagramMs / 1_000,
  ),
  gauge(
    'sflow_agent_uptime_seconds',
    'Uptime of the agent in its last datagram.',
    agent => agent.uptimeMs / 1_000,
  ),
  gauge(
    'sflow_agent_polling_interval_seconds',
    'Observed time between two counter samples of one source.',
    agent => (agent.pollingIntervalMs > 0 ? agent.pollingIntervalMs / 1_000 : Number.NaN),
  ),
  counter(
    'sflow_agent_datagrams_total',
    'Datagrams received and processed.',
    agent => agent.datagrams,
  ),
  counter(
    'sflow_agent_datagrams_lost_total',
    'Datagrams missing in the sequence, by the network or by our socket.',
    agent => agent.sequence.lost,
  ),
  counter(
    'sflow_agent_datagrams_duplicated_total',
    'Datagrams that had arrived before, and were refused.',
    agent => agent.sequence.duplicated,
  ),
  counter(
    'sflow_agent_datagrams_reordered_total',
    'Datagrams that arrived behind a later one, and were processed.',
    agent => agent.sequence.reordered,
  ),
  counter(
    'sflow_agent_restarts_total',
    'Times that the sequence began anew.',
    agent => agent.sequence.restarts,
  ),
  counter(
    'sflow_agent_identity_conflicts_total',
    'Datagrams of another device that uses the same agent address and sub-agent.',
    agent => agent.sequence.conflicts,
  ),
  counter(
    'sflow_agent_samples_duplicated_total',
    'Samples of counters that were late or came twice, and were left out.',
    agent => agent.samplesDuplicated,
  ),
  counter(
    'sflow_agent_samples_lost_total',
    'Samples of counters missing in the sequence of their source.',
    agent => agent.samplesLost,
  ),
  counter(
    'sflow_agent_source_changes_total',
    'Times that the UDP source address of its datagrams changed.',
    agent => agent.sourceChanges,
  ),
]

export const SOURCE_SAMPLING_FAMILIES = {
  rate: {
    name: 'sflow_agent_sampling_rate',
    type: 'gauge',
    help: 'Sampling rate that the agent states: one packet in so many.',
  },
  effective: {
    name: 'sflow_agent_sampling_rate_effective',
    type: 'gauge',
    help: 'Packets that could have been sampled for each sample, by the sample pool.',
  },
  dropped: {
    name: 'sflow_agent_samples_dropped_total',
    type: 'counter',
    help: 'Samples that the agent itself had to drop.',
  },
} as const satisfies Record<string, FamilyHeader>

export const DROPPED_PACKETS: FamilyHeader = {
  name: 'sflow_dropped_packets_total',
  type: 'counter',
  help: 'Packets that the agent reported as discarded, by reason (sFlow 0:5).',
}

export function agentFamilies(engine: Engine): SmallFamily[] {
  const agents = engine.registry.agents.values()
  const labels = agents.map(agent =>
    labelText({ agent: agent.address, sub_agent: String(agent.subAgent) }),
  )
  const families: SmallFamily[] = AGENT_FAMILIES.map(({ value, ...header }) => {
    const lines: SmallLine[] = []
    agents.forEach((agent, index) => {
      const reading = value(agent)
      if (!Number.isNaN(reading)) lines.push({ labels: labels[index] as string, value: reading })
    })
    return { ...header, lines }
  })
  families.push(samplesFamily(agents, labels), ...samplingFamilies(agents))
  families.push(dropFamily(engine, agents))
  return families.filter(family => family.lines.length > 0)
}

export const AGENT_SAMPLES: FamilyHeader = {
  name: 'sflow_agent_samples_total',
  type: 'counter',
  help: 'Samples received, by kind: of packets (flow), of counters, of discarded packets (discard).',
}

function samplesFamily(agents: readonly Agent[], labels: readonly string[]): SmallFamily {
  const lines = agents.flatMap((agent, index) => [
    { labels: `${labels[index]},kind="flow"`, value: agent.flowSamples },
    { labels: `${labels[index]},kind="counters"`, value: agent.counterSamples },
    { labels: `${labels[index]},kind="discard"`, value: agent.discardSamples },
  ])
  return { ...AGENT_SAMPLES, lines }
}

function samplingFamilies(agents: readonly Agent[]): SmallFamily[] {
  const rate: SmallLine[] = []
  const effective: SmallLine[] = []
  const dropped: SmallLine[] = []
  for (const agent of agents) {
    for (const source of agent.sources) {
      if (source.flowSamples === 0) continue
      const labels = labelText({
        agent: agent.address,
        sub_agent: String(agent.subAgent),
        source: source.sourceLabel,
      })
      rate.push({ labels, value: source.samplingRate })
      dropped.push({ labels, value: source.dropsTotal })
      if (source.poolSamples === 0) continue
      effective.push({ labels, value: source.poolTotal / source.poolSamples })
    }
  }
  return [
    { ...SOURCE_SAMPLING_FAMILIES.rate, lines: rate },
    { ...SOURCE_SAMPLING_FAMILIES.effective, lines: effective },
    { ...SOURCE_SAMPLING_FAMILIES.dropped, lines: dropped },
  ]
}

/** Sub-agents of one address share their series. */
function dropFamily(engine: Engine, agents: readonly Agent[]): SmallFamily {
  const sums = new Map<string, number>()
  for (const agent of agents) {
    for (const [code, count] of agent.discards) {
      const labels = labelText({ agent: agent.address, reason: engine.reasonName(code) })
      sums.set(labels, (sums.get(labels) ?? 0) + count)
    }
  }
  return { ...DROPPED_PACKETS, lines: linesOf(sums) }
}

function linesOf(sums: ReadonlyMap<string, number>): SmallLine[] {
  return Array.from(sums, ([labels, value]) => ({ labels, value }))
}

export const INFO_FAMILIES = {
  interface: 'What is known of an interface: alias and type (IF-MIB ifType).',
  host: 'What is known of a host.',
  container: 'What is known of a container, pod or unit; name is the whole name that was sent.',
  vm: 'What is known of a virtual machine; name is the whole name that was sent.',
  jvm: 'What is known of a Java virtual machine.',
  application: 'The name of an application.',
} as const

export function infoFamilies(engine: Engine): SmallFamily[] {
  const lines: Record<keyof typeof INFO_FAMILIES, SmallLine[]> = {
    interface: [],
    host: [],
    container: [],
    vm: [],
    jvm: [],
    application: [],
  }
  const { interfaces, hosts, containers, sources } = engine.registry
  for (const table of [interfaces, hosts, containers, sources]) {
    for (const source of table.values()) {
      if (source.exposed && source.info !== '')
        lines[infoOf(source)].push({ labels: source.info, value: 1 })
    }
  }
  return Object.entries(INFO_FAMILIES).flatMap(([word, help]): SmallFamily[] => {
    const found = lines[word as keyof typeof INFO_FAMILIES]
    return found.length ? [{ name: `sflow_${word}_info`, type: 'gauge', help, lines: found }] : []
  })
}

function infoOf(source: Source): keyof typeof INFO_FAMILIES {
  const { kind } = source
  if (kind === 'pod' || kind === 'unit') return 'container'
  return kind === 'source' ? 'application' : kind
}

interface TotalFamily extends FamilyHeader {
  readonly lines: (engine: Engine) => SmallLine[]
}

const total = (name: string, help: string, lines: (engine: Engine) => SmallLine[]): TotalFamily => {
  return { name, type: name.endsWith('_total') ? 'counter' : 'gauge', help, lines }
}
const one = (value: number): SmallLine[] => [{ labels: '', value }]

const byReason = (counts: Float64Array): SmallLine[] =>
  REFUSALS.flatMap(({ reason }, code) =>
    reason === 'none' ? [] : [{ labels: labelText({ reason }), value: counts[code] as number }],
  )

const byTable = (engine: Engine, what: keyof FlowTableStats): SmallLine[] => {
  const held = [...engine.registry.tables, engine.rtMetrics.table]
  const tables = held.map(({ name, size, max, created, refused, evicted }) => {
    return { table: name, series: size, seriesMax: max, created, refused, evicted }
  })
  return [...tables, ...(engine.flows?.stats() ?? [])].map(stats => {
    return { labels: labelText({ table: stats.table }), value: Number(stats[what]) }
  })
}

export const BRIDGE_FAMILIES: readonly TotalFamily[] = [
  total('sflow_bridge_datagrams_received_total', 'Datagrams received.', engine =>
    one(engine.datagramsReceived),
  ),
  total('sflow_bridge_received_bytes_total', 'Bytes of datagrams received.', engine =>
    one(engine.bytesReceived),
  ),
  total('sflow_bridge_datagrams_refused_total', 'Datagrams refused, by reason.', engine =>
    byReason(engine.datagramsRefused),
  ),
  total(
    'sflow_bridge_records_refused_total',
    'Samples and records refused inside datagrams that were processed, by reason.',
    engine => byReason(engine.recordsRefused),
  ),
  total(
    'sflow_bridge_records_skipped_total',
    'Records of structures that are not read, by tag.',
    engine =>
      engine.skipped.entries().map(([tag, value]) => ({ labels: labelText({ tag }), value })),
  ),
  total(
    'sflow_bridge_samples_skipped_total',
    'Samples of kinds that are not read, by tag.',
    engine =>
      engine.skippedSamples
        .entries()
        .map(([tag, value]) => ({ labels: labelText({ tag }), value })),
  ),
  total('sflow_bridge_records_read_total', 'Records of counters read.', engine =>
    one(engine.counters.records),
  ),
  total('sflow_bridge_flow_samples_total', 'Packet samples read.', engine =>
    one(engine.flowSamples),
  ),
  total('sflow_bridge_discard_samples_total', 'Discarded-packet samples read.', engine =>
    one(engine.discardSamples),
  ),
  total('sflow_bridge_wraps_total', 'Wraps of 32-bit counters that were bridged.', engine =>
    one(sum(engine, 'wraps')),
  ),
  total('sflow_bridge_resets_total', 'Records whose counters began anew.', engine =>
    one(sum(engine, 'resets')),
  ),
  total(
    'sflow_bridge_sources_shadowed_total',
    'Sources whose labels another live source already had.',
    engine => one(engine.naming.shadowed),
  ),
  total(
    'sflow_bridge_interfaces_unnamed_total',
    'Interfaces that were exposed without a name.',
    engine => one(engine.naming.unnamed),
  ),
  total('sflow_bridge_epochs', 'Wrapped counters that are remembered.', engine =>
    one(engine.epochs.size),
  ),
  total('sflow_bridge_series', 'Label sets held, by table.', engine => byTable(engine, 'series')),
  total('sflow_bridge_series_limit', 'Label sets that a table may hold.', engine =>
    byTable(engine, 'seriesMax'),
  ),
  total(
    'sflow_bridge_series_refused_total',
    'Label sets refused because their table or quota was full.',
    engine => byTable(engine, 'refused'),
  ),
  total('sflow_bridge_series_evicted_total', 'Idle label sets that gave way to new ones.', engine =>
    byTable(engine, 'evicted'),
  ),
  total('sflow_bridge_series_created_total', 'Label sets taken in.', engine =>
    byTable(engine, 'created'),
  ),
]

export function bridgeTotals(engine: Engine): SmallFamily[] {
  return BRIDGE_FAMILIES.map(({ lines, ...header }) => ({ ...header, lines: lines(engine) }))
}

function sum(engine: Engine, what: 'wraps' | 'resets'): number {
  let count = 0
  for (const pool of engine.counters.pools) count += pool[what]
  for (const pool of engine.counters.groupPools) count += pool?.[what] ?? 0
  return count
}
