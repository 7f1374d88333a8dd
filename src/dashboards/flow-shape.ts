/** What a dashboard needs to know of a flow definition: its metrics and labels, as the compiler names them. */

import type { CompiledFlow } from '../flows/compiled.ts'
import { extraMeasures } from '../flows/measures.ts'

export interface FlowShape {
  readonly name: string
  /** The keys' label names, in order. */
  readonly labels: readonly string[]
  readonly by: 'interface' | 'agent' | 'all'
  /** Counts drop notifications: no packet has a second one elsewhere. */
  readonly dropped: boolean
  /** What the smoothed rate counts: `bytes`, `frames`, or a value of the definition. */
  readonly rate: string
  readonly filter: string
  readonly keys: readonly string[]
  /** False: events and `/api/v1/activeflows` only, no panels. */
  readonly series: boolean
  /** Further totals (true) and gauges (false) by the name that follows `sflow_flow_NAME_`. */
  readonly extras: readonly { readonly name: string; readonly isTotal: boolean }[]
}

export function flowShape(flow: CompiledFlow): FlowShape {
  const { name, by, filter, keys, series, dropped } = flow.definition
  return {
    name,
    by,
    filter,
    keys,
    series,
    dropped,
    labels: flow.labels,
    rate: flow.value.kind === 'sum' ? flow.value.metricName : 'frames',
    extras: extraMeasures(flow).map(({ metricName, kind }) => ({
      name: metricName,
      isTotal: kind === 'sum',
    })),
  }
}

/** Every family of the definition, whole, with its type: `table-families.ts` makes the same. */
export function flowMetrics(shape: FlowShape): Map<string, 'counter' | 'gauge'> {
  const { extras, rate } = shape
  const name = (suffix: string) => `sflow_flow_${shape.name}_${suffix}`
  const totals = extras.filter(({ isTotal }) => isTotal).map(extra => extra.name)
  return new Map([
    ...['bytes', 'frames', 'samples', ...totals].map(
      what => [name(`${what}_total`), 'counter'] as const,
    ),
    ...['bytes', 'frames', ...totals].map(
      what => [name(`other_${what}_total`), 'counter'] as const,
    ),
    ...[`${rate}_per_second`, 'error_ratio'].map(what => [name(what), 'gauge'] as const),
    ...extras.filter(({ isTotal }) => !isTotal).map(extra => [name(extra.name), 'gauge'] as const),
  ])
}
