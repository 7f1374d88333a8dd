/** Answers to the JSON interface: agents, interfaces, hosts, containers, as plain objects. */
import type { FlowValueQuery } from '../flows/api.ts'
import type { ActiveFlowQuery } from '../flows/queries.ts'
import type { Agent } from '../state/agent.ts'
import { MACHINE_TYPES, OS_NAMES } from '../state/entity.ts'
import type { Source } from '../state/source.ts'
import type { Engine } from './engine.ts'
import { COUNTER_FAMILIES, readingOf } from './families.ts'
import type { InterfaceRates } from './interface-rates.ts'

/** Never throws; an unknown question is answered with undefined. */
export function answer(engine: Engine, what: string, argument: unknown): unknown {
  switch (what) {
    case 'agents':
      return engine.registry.agents.values().map(agent => {
        return { ...describeAgent(agent), systemName: engine.learned.systemName(agent.address) }
      })
    case 'interfaces':
      return describeAll(engine.registry.interfaces.values(), argument)
    case 'interfacerates':
      return busiest(engine, argument)
    case 'hosts':
      return describeAll(engine.registry.hosts.values().filter(isHost), argument)
    case 'containers':
      return describeAll(engine.registry.containers.values(), argument)
    case 'sources':
      return describeAll(others(engine), argument)
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

/** The table of hosts holds whatever is of their class: datapaths of Open vSwitch and processes, too. */
function isHost({ kind }: Source): boolean {
  return kind === 'host'
}

function others({ registry: { hosts, sources } }: Engine): readonly Source[] {
  return [...hosts.values().filter(source => !isHost(source)), ...sources.values()]
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
  const { agent, readings } = (argument ?? {}) as { agent?: string; readings?: readonly string[] }
  const only = readings && new Set(readings)
  return sources
    .filter(source => source.exposed && (agent === undefined || source.agent.address === agent))
    .map(source => describeSource(source, only))
}

/** Columns of if_counters: octets, discards and errors, in and out; the status has 2 for "oper up". */
const IN = { octets: 5, discards: 9, errors: 10 }
const OUT = { octets: 12, discards: 16, errors: 17 }
const STATUS = 4
const OPER_UP = 2

/**
 * A small row for the live page, which asks often: agent, sub-agent, ifIndex, name, speed in bit/s,
 * bytes in and out, discards and errors, each a second (null: not known), and whether it is up.
 */
function rowOf(source: Source, rates: InterfaceRates) {
  const { agent, sourceIndex, name, speed, rows, interfaceRow } = source
  const rate = (column: number) => {
    const value = rates.of(interfaceRow, column)
    return Number.isFinite(value) ? Math.round(value * 100) / 100 : null
  }
  const both = (a: number, b: number) => (rate(a) ?? 0) + (rate(b) ?? 0)
  const [first] = rows
  const status =
    first === undefined ? 0 : (first.pool.data[first.row * first.pool.stride + STATUS] ?? 0)
  const discards = both(IN.discards, OUT.discards)
  const errors = both(IN.errors, OUT.errors)
  const up = (status & OPER_UP) !== 0
  const ends = [rate(IN.octets), rate(OUT.octets)]
  return [agent.address, agent.subAgent, sourceIndex, name, speed, ...ends, discards, errors, up]
}

/** Interfaces with the most traffic, the busiest first; `max` of them if that is asked. */
function busiest({ registry, counters }: Engine, argument: unknown) {
  const { max = Number.POSITIVE_INFINITY } = (argument ?? {}) as { max?: number }
  const { interfaceRates } = counters
  const sources = registry.interfaces.values().filter(({ exposed }) => exposed)
  if (sources.length <= max) return sources.map(source => rowOf(source, interfaceRates))
  const rate = ({ interfaceRow }: Source, column: number) =>
    interfaceRates.of(interfaceRow, column) || 0
  const traffic = (source: Source) => rate(source, IN.octets) + rate(source, OUT.octets)
  return sources
    .sort((a, b) => traffic(b) - traffic(a))
    .slice(0, max)
    .map(source => rowOf(source, interfaceRates))
}

/**
 * A source with its names and the readings of its own families, by metric name and extra labels;
 * of some metrics only, if that is asked.
 */
export function describeSource(source: Source, only?: ReadonlySet<string>) {
  const readings: Record<string, number> = {}
  for (const { pool, row, elementLabel } of source.rows) {
    for (const family of COUNTER_FAMILIES) {
      if (family.structure !== pool.structure || family.status !== pool.status[row]) continue
      if (family.group !== (elementLabel !== '') || only?.has(family.name) === false) continue
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
    alias: source.alias === '' ? undefined : source.alias,
    ifType: source.texts.ifType,
    system: systemOf(source),
    host: source.hostName,
    lastSeenMs: source.lastSeenMs,
    intervalMs: source.intervalMs,
    readings,
  }
}

function systemOf({ kind, texts }: Source) {
  if (kind !== 'host' || texts.osName === undefined) return undefined
  return {
    os: OS_NAMES[texts.osName] ?? String(texts.osName),
    release: texts.osRelease ?? '',
    machine: MACHINE_TYPES[texts.machineType ?? -1] ?? '',
  }
}
