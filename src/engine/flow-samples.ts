/**
 * The flow half of an engine: samples on their way to the flow tables, with the direction rule, the
 * names that flow keys ask for, and the readings that thresholds on metrics ask for.
 */

import { DirectionRule } from '../flows/direction.ts'
import { FlowEngine } from '../flows/engine.ts'
import type { ThresholdEvent } from '../flows/events.ts'
import type { FlowKeyStats, FlowSnapshot, FlowTableStats } from '../flows/families.ts'
import { FlowView } from '../flows/flow-view.ts'
import { FlowContext } from '../flows/functions/context.ts'
import type { FlowLimits } from '../flows/limits.ts'
import type { SampleTaps } from '../flows/merge/taps.ts'
import type { ActiveFlow, ActiveFlowQuery } from '../flows/queries.ts'
import {
  applyFlowSettings,
  type FlowSettings,
  type FlowTaker,
  NO_SETTINGS,
} from '../flows/settings.ts'
import type { DatagramHeader, Sample } from '../sflow/samples.ts'
import type { Agent } from '../state/agent.ts'
import type { Engine } from './engine.ts'
import { FlowNames, type ReverseLookups } from './flow-names.ts'
import type { FlowSink } from './flow-sink.ts'
import { MetricReadings } from './metric-readings.ts'
import type { SmallFamily, SmallLine } from './render.ts'

const SWEEP_MS = 60_000

export interface FlowSamplesOptions {
  readonly limits: FlowLimits
  readonly seed: number
  readonly onEvent: (event: ThresholdEvent) => void
  /** Asks for names of addresses; absent: dns: knows none. */
  readonly reverse?: ReverseLookups
  /** One of several workers: samples of flows over all agents are counted elsewhere. */
  readonly taps?: SampleTaps
}

export class FlowSamples implements FlowSink {
  /** The direction rule learns ports only while something is counted, as from a start of the bridge. */
  isIdle = true
  readonly engine: FlowEngine
  readonly direction: DirectionRule
  readonly #owner: Engine
  readonly #context: FlowContext
  readonly #view = new FlowView()
  readonly #names: FlowNames
  readonly #taps: SampleTaps | undefined
  readonly #taker: FlowTaker
  /** Some definition asks whether a port has a link. */
  #marks = false
  #settings: FlowSettings = NO_SETTINGS
  #sweptMs = 0
  #nowMs = 0

  constructor(owner: Engine, { limits, seed, onEvent, reverse, taps }: FlowSamplesOptions) {
    this.#owner = owner
    const readings = new MetricReadings(owner)
    this.direction = new DirectionRule({ seed })
    this.engine = new FlowEngine({
      limits,
      names: readings,
      metrics: readings,
      seed,
      onEvent,
    })
    this.#taps = taps
    this.#taker = taps === undefined ? this.engine : withTaps(this.engine, taps)
    this.#names = new FlowNames(owner, seed, reverse)
    this.#context = new FlowContext({ names: this.#names })
  }

  /** Samples of flows over all agents that could not be handed on in time. */
  get shed(): number {
    return this.#taps?.shed ?? 0
  }

  /** What changed takes effect, the rest goes on counting. Returns what could not be taken. */
  apply(settings: FlowSettings): string[] {
    this.#names.configure(settings)
    const faults = applyFlowSettings(this.#taker, this.#context, this.#settings, settings)
    // As they were written: those over all agents are counted elsewhere and read here.
    this.#marks = Object.values(settings.flows).some(
      given => ((given as { readonly ports?: unknown }).ports ?? 'all') !== 'all',
    )
    this.isIdle = Object.keys(settings.flows).length === 0
    this.#settings = settings
    return faults
  }

  sample(header: DatagramHeader, sample: Sample, agent: Agent): void {
    const view = this.#view
    // Not as an argument: the number would be made an object for each sample.
    view.nowMs = this.#owner.nowMs
    // Before the first text is remembered: else its age would count from 1970.
    if (this.#sweptMs === 0) this.#sweep(view.nowMs)
    view.sameAgent = this.#names.agent === agent
    if (!view.sameAgent) this.#names.agent = agent
    view.begin(header, sample)
    if (this.#marks) this.#names.topology?.mark(view)
    this.direction.observe(view)
    this.engine.stage(view)
    if (this.#taps === undefined) return
    view.finish()
    this.#taps.sample(view)
  }

  settle(): void {
    this.engine.settle()
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs
    this.engine.tick(nowMs)
    this.#names.tick(nowMs)
    if (nowMs - this.#sweptMs >= SWEEP_MS) this.#sweep(nowMs)
  }

  #sweep(nowMs: number): void {
    this.#sweptMs = nowMs
    this.direction.sweep(nowMs)
    this.#context.texts.sweep(nowMs)
    this.#names.sweep()
  }

  /** Families whose series carry an agent, and the few that carry none: one cut for both. */
  cut(): { readonly families: SmallFamily[]; readonly totals: SmallFamily[] } {
    const snapshot = this.engine.snapshot(this.#nowMs)
    const families = [...split(snapshot, true), ...this.#names.families()]
    return {
      families,
      totals: [...split(snapshot, false), this.#leftOut(), ...this.#names.totals()],
    }
  }

  #leftOut(): SmallFamily {
    return {
      name: 'sflow_bridge_samples_second_sighting_total',
      type: 'counter',
      help: 'Samples of packets that the same agent had sampled on their way in: left out.',
      lines: [{ labels: '', value: this.direction.leftOut }],
    }
  }

  activeFlows(name: string, query: ActiveFlowQuery): readonly ActiveFlow[] | undefined {
    return this.engine.activeFlows(name, query, this.#names)
  }

  flowValue(name: string, agent: string, dataSource: string, key: string): number | undefined {
    return this.engine.flowValue(name, agent, dataSource, key)
  }

  stats(): readonly FlowTableStats[] {
    return [
      ...this.engine.stats(),
      this.#context.texts.stats('flow_texts'),
      ...this.#names.stats(),
      this.direction.stats('flow_ingress_ports'),
    ]
  }

  keyStats(): readonly FlowKeyStats[] {
    return this.engine.keyStats()
  }
}

/** Definitions over all agents go to the taps, all else to the engine. */
function withTaps(engine: FlowEngine, taps: SampleTaps): FlowTaker {
  return {
    define(flow) {
      const { name, by } = flow.definition
      if (by === 'all') engine.remove(name)
      else taps.remove(name)
      return by === 'all' ? taps.define(flow) : engine.define(flow)
    },
    remove: name => taps.remove(name) || engine.remove(name),
    setThreshold: threshold => engine.setThreshold(threshold),
    removeThreshold: name => engine.removeThreshold(name),
  }
}

function split(snapshot: FlowSnapshot, withAgent: boolean): SmallFamily[] {
  return smallFamilies(snapshot, labels => /(?:^|,)agent="/.test(labels) === withAgent)
}

/** What a snapshot tells, as lines; of each family those whose labels are wanted. */
export function smallFamilies(
  snapshot: FlowSnapshot,
  wants: (labels: string) => boolean,
): SmallFamily[] {
  const families: SmallFamily[] = []
  for (const { name, type, help, labels, values } of snapshot) {
    const lines: SmallLine[] = []
    labels.forEach((text, at) => {
      const value = values[at] as number
      if (Number.isNaN(value) || !wants(text)) return
      lines.push({ labels: text, value })
    })
    if (lines.length > 0) families.push({ name, type, help, lines })
  }
  return families
}
