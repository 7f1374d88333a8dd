/** Variables: the data source first, then each chosen among the values that labels have now. */
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DATASOURCE } from './fields.ts'
import type { VariableSpec } from './spec.ts'

export function datasourceVariable(): DatasourceVariableBuilder {
  return new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .description('The Prometheus that scrapes the bridge.')
    .hide(VariableHide.DontHide)
    .type('prometheus')
    .regex('')
    .multi(false)
    .includeAll(false)
}

/** `All` is `.*`: it also takes series that lack the label, such as ports without a name. */
export function queryVariable(spec: VariableSpec): QueryVariableBuilder {
  const variable = new QueryVariableBuilder(spec.name)
    .label(spec.label)
    .description(spec.description)
    .hide(VariableHide.DontHide)
    .datasource(DATASOURCE)
    .query({ query: spec.query, refId: `variable-${spec.name}` })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .regex(spec.regex ?? '')
    .multi(spec.single !== true)
    .includeAll(spec.single !== true)
  if (spec.single) return variable
  return variable.allValue('.*').current({ selected: true, text: ['All'], value: ['$__all'] })
}
