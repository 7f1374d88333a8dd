/**
 * What a configuration may cost Prometheus at worst: rows of counters, live flow series, new flow
 * series an hour. `check` prints it.
 */
import type { FlowDefinition } from '../flows/compiled.ts'
import type { Limits } from './limits.ts'

/** Bytes, frames, samples, rate, error; see the families of a flow definition. */
export const FAMILIES_PER_FLOW = 5

export interface WorstCase {
  readonly definitions: number
  readonly flows: number
  readonly flowSeries: number
  readonly flowSeriesPerHour: number
}

export function worstCase(definitions: Iterable<FlowDefinition>): WorstCase {
  let [count, flows, flowSeries, flowSeriesPerHour] = [0, 0, 0, 0]
  for (const { series, max, budget, values } of definitions) {
    count += 1
    if (!series) continue
    const families = FAMILIES_PER_FLOW + values.length
    flows += max
    flowSeries += max * families
    flowSeriesPerHour += budget * families
  }
  return { definitions: count, flows, flowSeries, flowSeriesPerHour }
}

export function worstCaseLines(limits: Limits, definitions: Iterable<FlowDefinition>): string[] {
  const { definitions: count, flows, flowSeries, flowSeriesPerHour } = worstCase(definitions)
  const text = (value: number) => value.toLocaleString('en')
  return [
    `at most ${text(flows)} flows of ${count} definitions, ${text(flowSeries)} series, ${text(flowSeriesPerHour)} new series an hour; and two for each agent and definition`,
    `at most ${text(limits.agents)} agents, ${text(limits.interfaces)} interfaces, ${text(limits.hosts)} hosts, ${text(limits.containers)} containers, ${text(limits.sources)} other sources`,
  ]
}
