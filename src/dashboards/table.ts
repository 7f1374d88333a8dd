/**
 * Tables: one query a column, joined by their labels into one row for each label set; titles, units
 * and limits by column.
 */
import {
  BarGaugeDisplayMode,
  TableCellDisplayMode,
  type TableCellOptions,
  TableSortByFieldStateBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table'
import { linkOf, target, thresholdsOf, valueMapping } from './fields.ts'
import type { Column, TablePanel } from './spec.ts'

/** Of columns with numbers, in pixels; what is left is shared out among the labels. */
const WIDTH = 105
const GAUGE_WIDTH = 150

export function tablePanel(spec: TablePanel): Table {
  const panel = new Table()
    .showHeader(true)
    .filterable(false)
    .minWidth(60)
    .cellOptions({ type: TableCellDisplayMode.Auto })
    .thresholds(thresholdsOf([], 'text'))
    .targets(spec.columns.map(({ expr }, at) => target({ expr }, at, 'table')))
    .transformations(transformations(spec))
  // The text for an empty table would fill every empty cell, too.
  for (const title of Object.values(spec.labels))
    panel.overrideByName(title, labelProperties(spec, title))
  for (const column of spec.columns) panel.overrideByName(column.title, columnProperties(column))
  if (spec.sort !== undefined) {
    panel.sortBy([new TableSortByFieldStateBuilder().displayName(spec.sort).desc(true)])
  }
  for (const { of, properties } of spec.overrides ?? []) panel.overrideByName(of, [...properties])
  return panel
}

/** One column comes as `Value`, several as `Value #A`, `Value #B`, … once they are merged. */
function transformations({ labels, columns }: TablePanel) {
  const isOne = columns.length === 1
  const valueName = (at: number) => (isOne ? 'Value' : `Value #${String.fromCharCode(65 + at)}`)
  const names = [...Object.keys(labels), ...columns.map((_, at) => valueName(at))]
  const titles = [...Object.values(labels), ...columns.map(({ title }) => title)]
  const organize = {
    excludeByName: { Time: true },
    includeByName: {},
    indexByName: Object.fromEntries(names.map((name, index) => [name, index])),
    renameByName: Object.fromEntries(names.map((name, at) => [name, titles[at]])),
  }
  return [
    ...(isOne ? [] : [{ id: 'merge', options: {} }]),
    { id: 'filterFieldsByName', options: { include: { names: ['Time', ...names] } } },
    { id: 'organize', options: organize },
  ]
}

/** The first column carries the link to where its row leads. */
function labelProperties(spec: TablePanel, title: string): DynamicConfigValue[] {
  const properties: DynamicConfigValue[] = [{ id: 'noValue', value: '' }]
  const width = spec.widths?.[title]
  if (width !== undefined) properties.push({ id: 'custom.width', value: width })
  if (spec.drillDown !== undefined && title === Object.values(spec.labels)[0]) {
    const link = linkOf(spec.drillDown, name => `\${__data.fields["${name}"]}`)
    properties.push({ id: 'links', value: [link.build()] })
  }
  return properties
}

function columnProperties(column: Column): DynamicConfigValue[] {
  const properties: DynamicConfigValue[] = [
    { id: 'unit', value: column.unit },
    { id: 'noValue', value: '–' },
  ]
  const add = (id: string, value: unknown) => properties.push({ id, value })
  if (column.decimals !== undefined) add('decimals', column.decimals)
  add('custom.width', column.width ?? (column.gauge === undefined ? WIDTH : GAUGE_WIDTH))
  if (column.values !== undefined) add('mappings', [valueMapping(column.values)])
  if (column.steps !== undefined) add('thresholds', thresholdsOf(column.steps, 'text').build())
  if (column.gauge !== undefined) {
    add('min', 0)
    if (column.gauge.max !== undefined) add('max', column.gauge.max)
  }
  const cell = cellOf(column)
  if (cell !== undefined) add('custom.cellOptions', cell)
  return properties
}

function cellOf(column: Column): TableCellOptions | undefined {
  if (column.gauge !== undefined) {
    return { type: TableCellDisplayMode.Gauge, mode: BarGaugeDisplayMode.Basic }
  }
  if (column.steps === undefined && column.values === undefined) return undefined
  return { type: TableCellDisplayMode.ColorText }
}
