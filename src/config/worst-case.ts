/**
 * What a configuration may cost at worst: Prometheus rows of counters, live flow series and new flow
 * series an hour; the bridge what its flow tables hold. `check` prints it.
 */
import type { FlowDefinition } from '../flows/compiled.ts'
import { rememberedMax } from '../flows/series-budget.ts'
import { formatDuration } from '../text.ts'
import type { Limits } from './limits.ts'

/** Bytes, frames, samples, rate, error; see the families of a flow definition. */
export const FAMILIES_PER_FLOW = 5

export interface WorstCase {
  readonly definitions: number
  /** Their tables; those by interface have twice the entries and count twice. */
  readonly tables: number
  readonly flows: number
  readonly flowSeries: number
  readonly flowSeriesPerHour: number
  /** Totals of flows that left, which one that returns goes on from. */
  readonly remembered: number
}

export function worstCase(definitions: Iterable<FlowDefinition>): WorstCase {
  let [count, tables, flows, flowSeries, flowSeriesPerHour, remembered] = [0, 0, 0, 0, 0, 0]
  for (const { by, series, max, budget, values } of definitions) {
    count += 1
    tables += by === 'interface' ? 2 : 1
    if (!series) continue
    const families = FAMILIES_PER_FLOW + values.length
    flows += max
    flowSeries += max * families
    flowSeriesPerHour += budget * families
    remembered += rememberedMax(max, budget)
  }
  return { definitions: count, tables, flows, flowSeries, flowSeriesPerHour, remembered }
}

export function worstCaseLines(limits: Limits, definitions: Iterable<FlowDefinition>): string[] {
  const cost = worstCase(definitions)
  const { definitions: count, tables, flows, flowSeries, flowSeriesPerHour, remembered } = cost
  const text = (value: number) => value.toLocaleString('en')
  return [
    `at most ${text(flows)} flows of ${count} definitions, ${text(flowSeries)} series, ${text(flowSeriesPerHour)} new series an hour; and two for each agent and definition`,
    `at most ${text(limits.agents)} agents, ${text(limits.interfaces)} interfaces, ${text(limits.hosts)} hosts, ${text(limits.containers)} containers, ${text(limits.sources)} other sources`,
    `at most ${text(tables * limits.flow_entries)} entries of flow tables, ${text(remembered)} totals remembered for ${formatDuration(limits.flow_memory)}, ${text(limits.threshold_crossings)} crossings of a threshold at a time`,
  ]
}
