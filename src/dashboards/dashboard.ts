/** A whole dashboard: panels in rows, variables, alerts as annotations, links that keep the selection. */
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { DATASOURCE } from './fields.ts'
import { placed } from './layout.ts'
import { panelOf } from './panels.ts'
import type { DashboardSpec } from './spec.ts'
import { datasourceVariable, queryVariable } from './variables.ts'

/** Links between dashboards go by it. */
const TAG = 'sflow'

export function dashboardOf(spec: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(spec.title)
    .id(null)
    .uid(spec.uid)
    .description(spec.description)
    .tags([TAG, ...(spec.tags ?? [])])
    .readonly()
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: spec.from ?? 'now-1h', to: 'now' })
    .refresh('30s')
    .version(1)
    .withVariable(datasourceVariable())
    .annotation(alerts(spec.variables.some(({ name }) => name === 'agent')))
    .link(siblings())
  for (const variable of spec.variables) builder.withVariable(queryVariable(variable))
  let id = 1
  for (const row of spec.rows) {
    const built = new RowBuilder(row.title).id(id++)
    if (row.collapsed) {
      built.collapsed(true)
      for (const panel of row.panels) built.withPanel(panelOf(panel, id++, spec.step))
    }
    builder.withRow(built)
    if (row.collapsed) continue
    for (const panel of row.panels) builder.withPanel(panelOf(panel, id++, spec.step))
  }
  return tidied(builder.build())
}

/** Places panels, and takes out what the SDK writes by default and Grafana's published types do not know. */
function tidied(dashboard: Dashboard): Dashboard {
  for (const variable of dashboard.templating.list ?? []) {
    for (const name of ['auto', 'auto_min', 'auto_count', 'definition'])
      Reflect.deleteProperty(variable, name)
  }
  placed(dashboard.panels ?? [])
  const panels = (dashboard.panels ?? []).flatMap(one => ('panels' in one ? one.panels : [one]))
  for (const panel of panels) {
    if (panel.type === 'table') Reflect.deleteProperty(panel.options as object, 'footer')
  }
  return dashboard
}

/** As in the files: sorted by nothing but the builder, so that the same source gives the same bytes. */
export function dashboardJson(spec: DashboardSpec): string {
  return `${JSON.stringify(dashboardOf(spec), undefined, 2)}\n`
}

/** Alerts that fire, for the chosen agents or for none in particular, as marks in every picture. */
function alerts(hasAgent: boolean): AnnotationQueryBuilder {
  const about = hasAgent ? ', agent=~"$agent|"' : ''
  return new AnnotationQueryBuilder()
    .name('Alerts')
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor('red')
    .target(
      new DataqueryBuilder()
        .refId('Anno')
        .expr(`ALERTS{alertstate="firing", severity!="info"${about}}`)
        .interval('60s'),
    )
    .titleFormat('{{alertname}}')
    .textFormat('{{agent}} {{ifname}} {{host}} {{container}}')
    .tagKeys('severity')
}

function siblings(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('sFlow dashboards')
    .type(DashboardLinkType.Dashboards)
    .icon('external link')
    .tooltip('Other sFlow dashboards, with the same selection and time')
    .url('')
    .tags([TAG])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true)
    .targetBlank(false)
}
