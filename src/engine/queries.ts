/** Answers to the JSON interface: agents, interfaces, hosts, containers, as plain objects. */
import type { FlowValueQuery } from '../flows/api.ts'
import type { ActiveFlowQuery } from '../flows/queries.ts'
import type { Agent } from '../state/agent.ts'
import type { Source } from '../state/source.ts'
import type { Engine } from './engine.ts'
import { COUNTER_FAMILIES, readingOf } from './families.ts'

/** Never throws; an unknown question is answered with undefined. */
export function answer(engine: Engine, what: string, argument: unknown): unknown {
  switch (what) {
    case 'agents':
      return engine.registry.agents.values().map(describeAgent)
    case 'interfaces':
      return describeAll(engine.registry.interfaces.values(), argument)
    case 'hosts':
      return describeAll(engine.registry.hosts.values(), argument)
    case 'containers':
      return describeAll(engine.registry.containers.values(), argument)
    case 'sources':
      return describeAll(engine.registry.sources.values(), argument)
    case 'activeflows': {
      const { name, query } = argument as { name: string; query: ActiveFlowQuery }
      return engine.flows?.activeFlows(name, query)
    }
    case 'flowvalue': {
      const { name, agent, dataSource, key } = argument as FlowValueQuery
      return engine.flows?.flowValue(name, agent, dataSource, key)
    }
    default:
      return undefined
  }
}

function describeAgent(agent: Agent) {
  return {
    agent: agent.address,
    subAgent: agent.subAgent,
    source: agent.lastSource,
    lastDatagramMs: agent.lastDatagramMs,
    uptimeMs: agent.uptimeMs,
    pollingIntervalMs: agent.pollingIntervalMs,
    datagrams: agent.datagrams,
    lost: agent.sequence.lost,
    duplicated: agent.sequence.duplicated,
    reordered: agent.sequence.reordered,
    restarts: agent.sequence.restarts,
    conflicts: agent.sequence.conflicts,
    flowSamples: agent.flowSamples,
    counterSamples: agent.counterSamples,
    sources: agent.sources.size,
  }
}

function describeAll(sources: readonly Source[], argument: unknown) {
  const { agent } = (argument ?? {}) as { agent?: string }
  return sources
    .filter(source => source.exposed && (agent === undefined || source.agent.address === agent))
    .map(describeSource)
}

/** A source with its names and the readings of its own families, by metric name and extra labels. */
export function describeSource(source: Source) {
  const readings: Record<string, number> = {}
  for (const { pool, row, elementLabel } of source.rows) {
    for (const family of COUNTER_FAMILIES) {
      if (family.structure !== pool.structure || family.status !== pool.status[row]) continue
      if (family.group !== (elementLabel !== '')) continue
      for (const plan of family.cells) {
        const value = readingOf(pool.data[row * pool.stride + plan.column] as number, plan)
        if (Number.isNaN(value)) continue
        const labels = [elementLabel, plan.suffix.slice(1)].filter(text => text !== '').join(',')
        readings[labels === '' ? family.name : `${family.name}{${labels}}`] = value
      }
    }
  }
  return {
    agent: source.agent.address,
    subAgent: source.agent.subAgent,
    source: source.sourceLabel,
    ifIndex: source.sourceClass === 0 ? source.sourceIndex : undefined,
    kind: source.kind,
    name: source.name,
    host: source.hostName,
    lastSeenMs: source.lastSeenMs,
    intervalMs: source.intervalMs,
    readings,
  }
}
