/** What panels of all kinds share: their data source, queries, limits, words for numbers, and links. */
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import type { DrillDown, Query, Step } from './spec.ts'

/** The variable `datasource` of each dashboard. */
export const DATASOURCE = { type: 'prometheus', uid: `\${datasource}` }

export function thresholdsOf(steps: readonly Step[], base: string): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    // Grafana's JSON asks for null at the lowest step.
    { value: null, color: base },
    ...steps.map(([value, color]) => ({ value, color })),
  ])
}

export function valueMapping(
  values: Readonly<Record<string, { readonly text: string; readonly color: string }>>,
): ValueMapping {
  const options = Object.fromEntries(
    Object.entries(values).map(([value, { text, color }], index) => [
      value,
      { text, color, index },
    ]),
  )
  return { type: MappingType.ValueToText, options }
}

/** A link that takes the shown time and the data source along. */
export function linkOf(to: DrillDown, reference: (label: string) => string): DashboardLinkBuilder {
  const variables = Object.entries(to.with).map(
    ([name, label]) => `var-${name}=${reference(label)}`,
  )
  const query = [`\${datasource:queryparam}`, ...variables, `\${__url_time_range}`].join('&')
  return new DashboardLinkBuilder(to.title)
    .type(DashboardLinkType.Link)
    .icon('')
    .tooltip('')
    .tags([])
    .url(`/d/${to.uid}?${query}`)
}

export function target(
  query: Query,
  at: number,
  how: 'range' | 'instant' | 'table',
): DataqueryBuilder {
  const built = new DataqueryBuilder()
    .refId(String.fromCharCode(65 + at))
    .datasource(DATASOURCE)
    .expr(query.expr)
    .format(how === 'table' ? PromQueryFormat.Table : PromQueryFormat.TimeSeries)
  if (query.legend !== undefined) built.legendFormat(query.legend)
  return how === 'range' ? built.range() : built.instant()
}
