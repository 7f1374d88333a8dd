/** The metric families of all thresholds: what is active, what fired, what was refused. */
import { labelText } from '../state/text.ts'
import { type FlowFamily, family } from './families.ts'
import type { FlowThreshold } from './flow-threshold.ts'
import type { MetricThreshold } from './metric-threshold.ts'

export function thresholdFamilies(
  thresholds: readonly (FlowThreshold | MetricThreshold)[],
): FlowFamily[] {
  const all = thresholds.map(({ crossings }) => crossings)
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
