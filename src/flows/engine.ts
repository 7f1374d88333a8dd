/**
 * All flow definitions and thresholds of one engine. Samples and time go in; families, answers and
 * events come out. No clock, no timer, no I/O of its own; everything remembered has a maximum.
 */
import { ROWS_MAX } from './additions.ts'
import type { CompiledFlow } from './compiled.ts'
import type { EventListener } from './crossings.ts'
import type { FlowKeyStats, FlowSnapshot, FlowTableStats } from './families.ts'
import type { NameSource } from './flow-labels.ts'
import { FlowTable } from './flow-table.ts'
import { FlowThreshold } from './flow-threshold.ts'
import type { FlowView } from './flow-view.ts'
import type { FlowLimits } from './limits.ts'
import { MetricThreshold } from './metric-threshold.ts'
import { type FilteredTable, Plans } from './plans.ts'
import {
  type ActiveFlow,
  type ActiveFlowQuery,
  activeFlows,
  flowValue,
  type PortRoles,
} from './queries.ts'
import { Ranking } from './ranking.ts'
import { SampleRows } from './sample-rows.ts'
import { keyStats, tableFamilies, tableStats, unitStats } from './table-families.ts'
import { type MetricSource, type ThresholdDefinition, thresholdFault } from './threshold.ts'
import { thresholdFamilies } from './threshold-families.ts'
import { NO_UNIT, Units, unitLimits } from './units.ts'

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
  #plans: Plans
  #rows: SampleRows
  #needsPorts = false
  /** The unit of the latest sample's agent; NO_UNIT: to be looked up. */
  #agent = NO_UNIT
  #nowMs = 0

  constructor(options: FlowEngineOptions) {
    const { limits, seed } = options
    this.#options = options
    const { agents, interfaces } = unitLimits(limits)
    this.#agents = new Units('units_agents', false, agents, seed, unit => this.#agentGone(unit))
    this.#interfaces = new Units('units_interfaces', true, interfaces, seed, () => {})
    this.#ranking = new Ranking(Math.max(limits.agents, limits.interfaces))
    this.#rows = new SampleRows(seed, 0)
    this.#plans = new Plans([], this.#rows)
  }

  /** New maxima of agents and interfaces; what is held stays, and the other limits do. */
  relimit({ agents, interfaces, interfacesPerAgent }: FlowLimits): void {
    this.settle()
    const units = unitLimits({ ...this.#options.limits, agents, interfaces, interfacesPerAgent })
    this.#agents.relimit(units.agents)
    this.#interfaces.relimit(units.interfaces)
    this.#ranking.reach(Math.max(agents, interfaces))
  }

  /** Begins or replaces a definition; what it counted before is gone. False: too many. */
  define(flow: CompiledFlow): boolean {
    const { name } = flow.definition
    if (!this.#tables.has(name) && this.#tables.size >= this.#options.limits.definitions) {
      return false
    }
    this.settle()
    const { limits, names, seed } = this.#options
    const watched = this.#closeThresholdsOn(name)
    // Each port has flows of its own, and many a port only small ones.
    const entriesMax = flow.definition.by === 'interface' ? 2 * limits.entries : limits.entries
    const options = { ...limits, entriesMax, seed }
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
    this.settle()
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
    this.stage(view)
    this.settle()
  }

  /** Takes one sample, begun at least; it is counted by `settle`, at the latest before anything is asked. */
  stage(view: FlowView): void {
    const rows = this.#rowsFor(view)
    this.samples += 1
    this.#nowMs = view.nowMs
    if (!view.sameAgent || this.#agent === NO_UNIT) this.#agent = this.#agents.resolve(view, 0)
    const agent = this.#agent
    const port = this.#needsPorts ? this.#interfaces.resolve(view, agent) : 0
    const hasUnits = agent !== NO_UNIT && !(this.#needsPorts && port === NO_UNIT)
    rows.begin(view, agent, port)
    const lane = this.#plans.laneOf(view)
    if (lane !== undefined && hasUnits) rows.takeLane(view, lane)
    else this.#stageLong(view, rows, hasUnits)
  }

  /** Whatever the sample is. */
  #stageLong(view: FlowView, rows: SampleRows, hasUnits: boolean): void {
    view.finish()
    const plan = this.#plans.of(view)
    const hasAll = rows.read(view, plan.reads)
    const isPlain = hasAll && hasUnits
    if (isPlain) rows.takeAll(plan.plain)
    const asked = isPlain ? plan.others : plan.open
    for (let index = 0; index < asked.length; index++) {
      const table = asked[index] as FlowTable
      if (hasAll || rows.holds(table.slots)) table.stage(view, rows)
    }
    const { filtered, gate } = plan
    if (gate !== undefined && !gate.isOpen(view.packet)) return
    for (let index = 0; index < filtered.length; index++) {
      const { table, passes, reads } = filtered[index] as FilteredTable
      if (!passes(view) || !rows.read(view, reads)) continue
      if (hasAll || rows.holds(table.slots)) table.stage(view, rows)
    }
  }

  /** Takes a sample of one definition alone, which it matches; of no unit. */
  stageInto(table: FlowTable, view: FlowView): void {
    const rows = this.#rowsFor(view)
    rows.begin(view, NO_UNIT, NO_UNIT)
    if (rows.read(view, this.#plans.readsOf(table))) table.stage(view, rows)
  }

  /** Counts what is staged. One definition after the other, so that the table of each is at hand. */
  settle(): void {
    const rows = this.#rows
    if (rows.count === 0) return
    rows.settle()
    const order = this.#order
    for (let index = 0; index < order.length; index++) (order[index] as FlowTable).settle(rows)
    rows.clear()
  }

  /** About once a second: flows enter and leave, events end. */
  tick(nowMs: number): void {
    this.settle()
    this.#nowMs = nowMs
    this.#agent = NO_UNIT
    // Ports go no later than their agents, whose numbers they are found by.
    this.#interfaces.tick(nowMs)
    this.#agents.tick(nowMs)
    for (const table of this.#order) table.tick(nowMs, this.#ranking)
    for (const threshold of this.#thresholds.values()) {
      threshold.tick(nowMs)
      threshold.crossings.forget(nowMs - this.#options.limits.lingerMs)
    }
  }

  /** All families with a copy of their numbers. */
  snapshot(nowMs: number): FlowSnapshot {
    this.settle()
    return [
      ...this.#order.flatMap(table => tableFamilies(table, nowMs)),
      ...thresholdFamilies([...this.#thresholds.values()]),
    ]
  }

  stats(): FlowTableStats[] {
    return [...[this.#agents, this.#interfaces].map(unitStats), ...this.#order.map(tableStats)]
  }

  keyStats(): FlowKeyStats[] {
    return this.#order.map(keyStats)
  }

  /** The largest flows now, or undefined if there is no such definition. */
  activeFlows(name: string, query: ActiveFlowQuery, roles?: PortRoles): ActiveFlow[] | undefined {
    this.settle()
    const table = this.#tables.get(name)
    table?.advance(this.#nowMs)
    return table && activeFlows(table, query, roles)
  }

  /** The value of one flow, 0 if it is not seen; undefined if there is no such definition. */
  flowValue(name: string, agent: string, dataSource: string, key: string): number | undefined {
    this.settle()
    const table = this.#tables.get(name)
    table?.advance(this.#nowMs)
    return table && flowValue(table, agent, dataSource, key)
  }

  /** Sets a threshold, or tells why not. What was active of an earlier one of its name ends. */
  setThreshold(definition: ThresholdDefinition): string | undefined {
    this.settle()
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
    this.settle()
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

  /** With room for another sample, of this time. */
  #rowsFor(view: FlowView): SampleRows {
    const rows = this.#rows
    if (rows.count === ROWS_MAX || (rows.count > 0 && rows.nowMs !== view.nowMs)) this.settle()
    return rows
  }

  #arrange(): void {
    this.#order = [...this.#tables.values()]
    this.#rows = new SampleRows(this.#options.seed, this.#order.length)
    this.#plans = new Plans(this.#order, this.#rows)
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
}
