/** What the engine and its flow half want of each other; `flows/` knows of neither. */
import type { FlowKeyStats, FlowTableStats } from '../flows/families.ts'
import type { ActiveFlow, ActiveFlowQuery } from '../flows/queries.ts'
import type { DatagramHeader, Sample } from '../sflow/samples.ts'
import type { Agent } from '../state/agent.ts'
import type { SmallFamily } from './render.ts'

/** What flow tables want of the engine. */
export interface FlowSink {
  /** Nothing is defined: no sample need be shown to it. */
  readonly isIdle: boolean
  sample(header: DatagramHeader, sample: Sample, agent: Agent): void
  /** All samples take effect now, if they have not yet. Before anything is read or told they do. */
  settle(): void
  tick(nowMs: number): void
  cut(): { readonly families: readonly SmallFamily[]; readonly totals: readonly SmallFamily[] }
  stats(): readonly FlowTableStats[]
  keyStats(): readonly FlowKeyStats[]
  /** Samples that could not be handed on in time. */
  readonly shed: number
  activeFlows(name: string, query: ActiveFlowQuery): readonly ActiveFlow[] | undefined
  flowValue(name: string, agent: string, dataSource: string, key: string): number | undefined
}
