/**
 * Questions about the flows of the moment, exported or not: what `/api/v1/activeflows` and
 * `/api/v1/flowvalue` answer. Texts are made for the largest flows only, highest first.
 */
import type { Estimate } from './estimate.ts'
import type { FlowTable } from './flow-table.ts'

/** So many of the largest flows are looked at for one answer: some 5 ms of formatting. */
export const EXAMINED_MAX = 4_096

export interface ActiveFlowQuery {
  readonly max: number
  readonly minValue: number
  /** Only this agent. */
  readonly agent?: string | undefined
  /** Only flows whose labels have one of these values. */
  readonly labels?: Readonly<Record<string, readonly string[]>> | undefined
  /** One flow seen by several sources; by default `max`. */
  readonly combine?: Combination | undefined
}

/**
 * One flow seen by several sources: the largest, their sum, each apart; or the largest of those on
 * ports without a link of the topology, or with one.
 */
export const COMBINATIONS = ['max', 'sum', 'none', 'edge', 'core'] as const
export type Combination = (typeof COMBINATIONS)[number]

/** What the topology says of ports. */
export interface PortRoles {
  isCore(agent: string, ifIndex: number): boolean
}

export interface ActiveFlow extends Estimate {
  readonly agent: string
  readonly dataSource: string
  /** Key texts joined by commas. */
  readonly key: string
  readonly labels: Readonly<Record<string, string>>
  /** Sources that saw it: 1 unless they were combined. */
  readonly sources: number
  /** Whether it is a series now. */
  readonly exported: boolean
}

export function activeFlows(
  table: FlowTable,
  query: ActiveFlowQuery,
  roles?: PortRoles,
): ActiveFlow[] {
  const flows: ActiveFlow[] = []
  const combined = new Map<string, ActiveFlow>()
  const combine = query.combine ?? 'max'
  for (const entry of largest(table, query)) {
    const flow = describe(table, entry)
    if (!matches(flow, query) || !hasRole(flow, combine, roles)) continue
    if (combine === 'none') {
      flows.push(flow)
      if (flows.length >= query.max) break
      continue
    }
    const known = combined.get(flow.key)
    combined.set(flow.key, known === undefined ? flow : together(known, flow, combine))
    // Entries come highest first, so the largest `max` are complete; sums need all.
    if (combine !== 'sum' && combined.size >= query.max) break
  }
  if (combine !== 'none') flows.push(...combined.values())
  return flows.sort((a, b) => b.value - a.value).slice(0, query.max)
}

/** The answers of several engines as one: what `combine` asks holds across them, too. */
export function mergeActiveFlows(
  answers: readonly (readonly ActiveFlow[])[],
  query: ActiveFlowQuery,
): ActiveFlow[] {
  const flows = answers.flat().sort((a, b) => b.value - a.value)
  const { combine = 'max', max } = query
  if (combine === 'none' || answers.length === 1) return flows.slice(0, max)
  const combined = new Map<string, ActiveFlow>()
  for (const flow of flows) {
    const known = combined.get(flow.key)
    combined.set(flow.key, known === undefined ? flow : together(known, flow, combine))
  }
  return [...combined.values()].sort((a, b) => b.value - a.value).slice(0, max)
}

/** The rate of the flow with this key; 0 if it is not among those looked at. */
export function flowValue(
  table: FlowTable,
  agent: string,
  dataSource: string,
  key: string,
): number {
  for (const entry of largest(table, { max: EXAMINED_MAX, minValue: 0, agent })) {
    if (dataSource !== '' && sourceOf(table, entry) !== dataSource) continue
    if (table.keyTexts(entry).join(',') === key) return table.estimate(entry).value
  }
  return 0
}

function largest(table: FlowTable, { minValue, agent }: ActiveFlowQuery): number[] {
  const { hitters } = table
  const entries: number[] = []
  const ranksRates = table.flow.value.kind === 'sum'
  const rateMin = ranksRates ? Math.max(minValue, table.rateMin) : table.rateMin
  for (let entry = 0; entry < hitters.count; entry++) {
    if (table.rateOf(entry) < rateMin) continue
    if (agent !== undefined && agentOf(table, entry) !== agent) continue
    if (!ranksRates && !(table.estimate(entry).value >= minValue)) continue
    entries.push(entry)
  }
  entries.sort((a, b) => hitters.likely(b) - hitters.likely(a))
  return entries.slice(0, EXAMINED_MAX)
}

function describe(table: FlowTable, entry: number): ActiveFlow {
  const texts = table.keyTexts(entry)
  const labels: Record<string, string> = {}
  table.flow.labels.forEach((name, position) => {
    labels[name] = texts[position] ?? ''
  })
  return {
    agent: agentOf(table, entry),
    dataSource: sourceOf(table, entry),
    key: texts.join(','),
    labels,
    sources: 1,
    exported: table.isExported(table.hitters.pinOf(entry)),
    ...table.estimate(entry),
  }
}

function matches(flow: ActiveFlow, { labels }: ActiveFlowQuery): boolean {
  if (labels === undefined) return true
  return Object.entries(labels).every(([name, values]) => values.includes(flow.labels[name] ?? ''))
}

function hasRole({ agent, dataSource }: ActiveFlow, combine: Combination, roles?: PortRoles) {
  if (combine !== 'edge' && combine !== 'core') return true
  return (roles?.isCore(agent, Number(dataSource)) ?? false) === (combine === 'core')
}

function together(known: ActiveFlow, flow: ActiveFlow, combine: Combination): ActiveFlow {
  const sources = known.sources + flow.sources
  const exported = known.exported || flow.exported
  if (combine !== 'sum') return { ...known, sources, exported }
  // Independent errors add up as squares do.
  const error = Math.hypot(known.value * known.errorRatio, flow.value * flow.errorRatio)
  const value = known.value + flow.value
  const missed =
    known.upperBound -
    known.value * (1 + known.errorRatio) +
    (flow.upperBound - flow.value * (1 + flow.errorRatio))
  return {
    ...known,
    value,
    lowerBound: Math.max(0, value - error),
    upperBound: value + error + missed,
    errorRatio: error / value,
    sources,
    exported,
  }
}

function agentOf(table: FlowTable, entry: number): string {
  return table.units?.agents[table.unitOf(entry)] ?? ''
}

function sourceOf(table: FlowTable, entry: number): string {
  if (table.flow.definition.by !== 'interface') return ''
  return String((table.units?.ifIndexes[table.unitOf(entry)] ?? 0) >>> 0)
}
