/**
 * All flow definitions and thresholds of one engine. Samples and time go in; families, answers and
 * events come out. No clock, no timer, no I/O of its own; everything remembered has a maximum.
 */
import { labelText } from '../state/text.ts'
import { Candidates } from './candidates.ts'
import type { CompiledFlow, FlowView } from './compiled.ts'
import type { EventListener } from './crossings.ts'
import { type FlowFamily, type FlowSnapshot, type FlowTableStats, family } from './families.ts'
import { FlowTable, type NameSource } from './flow-table.ts'
import { FlowThreshold } from './flow-threshold.ts'
import { MetricThreshold } from './metric-threshold.ts'
import {
  type ActiveFlow,
  type ActiveFlowQuery,
  activeFlows,
  flowValue,
  type PortRoles,
} from './queries.ts'
import { Ranking } from './ranking.ts'
import { tableFamilies } from './table-families.ts'
import { type MetricSource, type ThresholdDefinition, thresholdFault } from './threshold.ts'
import { Units } from './units.ts'

export interface FlowLimits {
  readonly agents: number
  readonly interfaces: number
  readonly interfacesPerAgent: number
  readonly definitions: number
  readonly thresholds: number
  /** Entries of a heavy-hitter table. */
  readonly entries: number
  readonly holdMs: number
  readonly lingerMs: number
  /** How long the total of a flow that left is remembered. */
  readonly rememberMs: number
  /** Crossings of one threshold that may be active at a time. */
  readonly activeMax: number
}

export const FLOW_LIMITS: FlowLimits = {
  agents: 10_000,
  interfaces: 50_000,
  interfacesPerAgent: 4_096,
  definitions: 64,
  thresholds: 256,
  // Top-100 recall of 0.98 under 90 % spoofed noise wants 16 Ki: test/flows/tables.test.ts.
  entries: 16_384,
  holdMs: 35_000,
  lingerMs: 600_000,
  rememberMs: 24 * 3_600_000,
  activeMax: 1_000,
}

export interface FlowEngineOptions {
  readonly limits: FlowLimits
  readonly names: NameSource
  readonly metrics: MetricSource
  /** Makes the places of keys from the wire unguessable. */
  readonly seed: number
  readonly onEvent: EventListener
}

export class FlowEngine {
  samples = 0
  readonly #options: FlowEngineOptions
  readonly #agents: Units
  readonly #interfaces: Units
  readonly #ranking: Ranking
  readonly #tables = new Map<string, FlowTable>()
  readonly #thresholds = new Map<string, FlowThreshold | MetricThreshold>()
  #order: readonly FlowTable[] = []
  #candidates = new Candidates<FlowTable>([], table => table.flow)
  #needsPorts = false
  #nowMs = 0

  constructor(options: FlowEngineOptions) {
    const { limits, seed } = options
    this.#options = options
    // A unit's number is used again only when nothing that was remembered of it is left.
    const idleMs = limits.rememberMs + limits.lingerMs + 2 * limits.holdMs
    this.#agents = new Units(
      'units_agents',
      false,
      { max: limits.agents, perAgentMax: limits.agents, idleMs },
      seed,
      unit => this.#agentGone(unit),
    )
    this.#interfaces = new Units(
      'units_interfaces',
      true,
      { max: limits.interfaces, perAgentMax: limits.interfacesPerAgent, idleMs },
      seed,
      () => {},
    )
    const unitsMax = Math.max(limits.agents, limits.interfaces)
    this.#ranking = new Ranking(unitsMax)
  }

  /** Begins or replaces a definition; what it counted before is gone. False: too many. */
  define(flow: CompiledFlow): boolean {
    const { name } = flow.definition
    if (!this.#tables.has(name) && this.#tables.size >= this.#options.limits.definitions) {
      return false
    }
    const { limits, names, seed } = this.#options
    const watched = this.#closeThresholdsOn(name)
    const options = { ...limits, entriesMax: limits.entries, seed }
    const table = new FlowTable(flow, options, this.#agents, this.#interfaces, names)
    this.#tables.set(name, table)
    // One that no longer fits (a share of the speed, and the definition is by agent now) ends.
    for (const threshold of watched) {
      if (this.setThreshold(threshold) !== undefined) this.#thresholds.delete(threshold.name)
    }
    this.#arrange()
    return true
  }

  /** Ends a definition, and the thresholds on it. */
  remove(name: string): boolean {
    for (const threshold of this.#closeThresholdsOn(name)) this.#thresholds.delete(threshold.name)
    const known = this.#tables.delete(name)
    this.#arrange()
    return known
  }

  table(name: string): FlowTable | undefined {
    return this.#tables.get(name)
  }

  definitions(): CompiledFlow[] {
    return Array.from(this.#tables.values(), table => table.flow)
  }

  /** Counts one sample in every definition that it matches. */
  sample(view: FlowView): void {
    this.samples += 1
    this.#nowMs = view.nowMs
    const agent = this.#agents.resolve(view, 0)
    const port = this.#needsPorts ? this.#interfaces.resolve(view, agent) : 0
    const tables = this.#candidates.of(view)
    for (let index = 0; index < tables.length; index++) {
      const table = tables[index] as FlowTable
      table.sample(view, agent, port)
    }
  }

  /** About once a second: flows enter and leave, events end. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs
    this.#agents.tick(nowMs)
    this.#interfaces.tick(nowMs)
    for (const table of this.#order) table.tick(nowMs, this.#ranking)
    for (const threshold of this.#thresholds.values()) {
      threshold.tick(nowMs)
      threshold.crossings.forget(nowMs - this.#options.limits.lingerMs)
    }
  }

  /** All families with a copy of their numbers. */
  snapshot(nowMs: number): FlowSnapshot {
    return [
      ...this.#order.flatMap(table => tableFamilies(table, nowMs)),
      ...this.#thresholdFamilies(),
    ]
  }

  stats(): FlowTableStats[] {
    const units = [this.#agents.table, this.#interfaces.table].map(table => ({
      table: table.name,
      series: table.size,
      seriesMax: table.max,
      created: table.created,
      refused: table.refused,
      evicted: table.evicted,
    }))
    const flows = this.#order.map(({ flow, exported }) => ({
      table: `flow_${flow.definition.name}`,
      series: exported.size,
      seriesMax: flow.definition.max,
      created: exported.created,
      refused: exported.refused,
      evicted: exported.left,
    }))
    return [...units, ...flows]
  }

  /** The largest flows now, or undefined if there is no such definition. */
  activeFlows(name: string, query: ActiveFlowQuery, roles?: PortRoles): ActiveFlow[] | undefined {
    const table = this.#tables.get(name)
    table?.advance(this.#nowMs)
    return table && activeFlows(table, query, roles)
  }

  /** The value of one flow, 0 if it is not seen; undefined if there is no such definition. */
  flowValue(name: string, agent: string, dataSource: string, key: string): number | undefined {
    const table = this.#tables.get(name)
    table?.advance(this.#nowMs)
    return table && flowValue(table, agent, dataSource, key)
  }

  /** Sets a threshold, or tells why not. What was active of an earlier one of its name ends. */
  setThreshold(definition: ThresholdDefinition): string | undefined {
    const { limits, metrics, onEvent } = this.#options
    const table = this.#tables.get(definition.flow ?? '')
    const fault = thresholdFault(definition, table?.flow.definition.by)
    if (fault !== undefined) return fault
    const known = this.#thresholds.get(definition.name)
    if (known === undefined && this.#thresholds.size >= limits.thresholds) {
      return `there are ${limits.thresholds} thresholds already`
    }
    known?.close(this.#nowMs)
    const threshold = table
      ? new FlowThreshold(definition, table, metrics, limits.activeMax, onEvent)
      : new MetricThreshold(definition, metrics, limits.activeMax, onEvent)
    this.#thresholds.set(definition.name, threshold)
    this.#arrange()
    return undefined
  }

  removeThreshold(name: string): boolean {
    this.#thresholds.get(name)?.close(this.#nowMs)
    const known = this.#thresholds.delete(name)
    this.#arrange()
    return known
  }

  thresholds(): { readonly definition: ThresholdDefinition; readonly active: number }[] {
    return Array.from(this.#thresholds.values(), ({ crossings }) => ({
      definition: crossings.definition,
      active: crossings.active,
    }))
  }

  #arrange(): void {
    this.#order = [...this.#tables.values()]
    this.#candidates = new Candidates(this.#order, table => table.flow)
    this.#needsPorts = this.#order.some(({ flow }) => flow.definition.by === 'interface')
    const watches = [...this.#thresholds.values()].filter(
      threshold => threshold instanceof FlowThreshold,
    )
    for (const table of this.#order) {
      table.watches = watches.filter(watch => watch.table === table)
    }
  }

  #closeThresholdsOn(flow: string): ThresholdDefinition[] {
    const closed: ThresholdDefinition[] = []
    for (const threshold of this.#thresholds.values()) {
      if (threshold.crossings.definition.flow !== flow) continue
      threshold.close(this.#nowMs)
      closed.push(threshold.crossings.definition)
    }
    return closed
  }

  #agentGone(unit: number): void {
    for (const table of this.#order) {
      if (table.flow.definition.by !== 'all') table.other.remove(unit)
    }
  }

  #thresholdFamilies(): FlowFamily[] {
    const all = Array.from(this.#thresholds.values(), ({ crossings }) => crossings)
    const names = all.map(({ definition }) => labelText({ threshold: definition.name }))
    const active = all.flatMap(({ definition, counts }) =>
      Array.from(counts.values(), count => ({
        labels: labelText({
          threshold: definition.name,
          agent: count.agent || undefined,
          ifindex: count.dataSource || undefined,
        }),
        active: count.active,
      })),
    )
    return [
      family(
        'sflow_threshold_active',
        'gauge',
        'Flows or readings that are above the threshold now, by source.',
        active.map(({ labels }) => labels),
        at => active[at]?.active ?? 0,
      ),
      family(
        'sflow_threshold_events_total',
        'counter',
        'Events of the threshold: each crossing once.',
        names,
        at => all[at]?.fired ?? 0,
      ),
      family(
        'sflow_threshold_events_refused_total',
        'counter',
        'Crossings without an event, since too many of the threshold were active.',
        names,
        at => all[at]?.refused ?? 0,
      ),
    ]
  }
}
