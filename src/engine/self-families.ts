/**
 * Families that are not read off rows: what is said of agents, and of names (`_info`).
 */
import type { Agent } from '../state/agent.ts'
import type { Source } from '../state/source.ts'
import { escapeLabel, labelText } from '../state/text.ts'
import { reasonName } from './discard-reasons.ts'
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
  families.push(samplesFamily(agents, labels), ...samplingFamilies(agents, labels))
  families.push(dropFamily(agents))
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

function samplingFamilies(agents: readonly Agent[], labels: readonly string[]): SmallFamily[] {
  const rate: SmallLine[] = []
  const effective: SmallLine[] = []
  const dropped: SmallLine[] = []
  agents.forEach(({ sources }, index) => {
    for (const source of sources) {
      if (source.flowSamples === 0) continue
      const own = `${labels[index]},source="${escapeLabel(source.sourceLabel)}"`
      rate.push({ labels: own, value: source.samplingRate })
      dropped.push({ labels: own, value: source.dropsTotal })
      if (source.poolSamples === 0) continue
      effective.push({ labels: own, value: source.poolTotal / source.poolSamples })
    }
  })
  return [
    { ...SOURCE_SAMPLING_FAMILIES.rate, lines: rate },
    { ...SOURCE_SAMPLING_FAMILIES.effective, lines: effective },
    { ...SOURCE_SAMPLING_FAMILIES.dropped, lines: dropped },
  ]
}

/** Sub-agents of one address share their series. */
function dropFamily(agents: readonly Agent[]): SmallFamily {
  const sums = new Map<string, number>()
  for (const agent of agents) {
    for (const [code, count] of agent.discards) {
      const labels = labelText({ agent: agent.address, reason: reasonName(code) })
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
