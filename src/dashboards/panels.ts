/** One panel of each kind, from its description to the SDK's builder. */
import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge'
import {
  AxisPlacement,
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  GraphGradientMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import { FieldColorBuilder, FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as Text, TextMode } from '@grafana/grafana-foundation-sdk/text'
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries'
import { DATASOURCE, linkOf, target, thresholdsOf, valueMapping } from './fields.ts'
import type {
  BarPanel,
  PanelSpec,
  StatePanel,
  StatPanel,
  TablePanel,
  TextPanel,
  TimePanel,
} from './spec.ts'
import { tablePanel } from './table.ts'

const HEIGHT = { time: 8, stat: 4, bars: 8, states: 8, table: 9, text: 4 } as const

export type Builder =
  | TimeSeries
  | Stat
  | BarGauge
  | StateTimeline
  | Text
  | ReturnType<typeof tablePanel>

/** `id` is unique in its dashboard; `step` as in DashboardSpec. */
export function panelOf(spec: PanelSpec, id: number, step: string | undefined): Builder {
  const panel = builderOf(spec)
  panel
    .id(id)
    .title(spec.title)
    .description(spec.description)
    .span(spec.width)
    .height(spec.height ?? HEIGHT[spec.kind])
  if (spec.kind === 'text') return panel
  panel.datasource(DATASOURCE)
  if (spec.empty !== undefined) panel.noValue(spec.empty)
  if (step !== undefined) panel.interval(step)
  return panel
}

function builderOf(spec: PanelSpec): Builder {
  switch (spec.kind) {
    case 'time':
      return timePanel(spec)
    case 'stat':
      return statPanel(spec)
    case 'bars':
      return barPanel(spec)
    case 'states':
      return statesPanel(spec)
    case 'table':
      return tablePanel(spec)
    case 'text':
      return textPanel(spec)
  }
}

function timePanel(spec: TimePanel): TimeSeries {
  const panel = new TimeSeries()
    .drawStyle(spec.bars ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .lineWidth(1)
    // Shades below many lines are mud.
    .fillOpacity(spec.bars ? 60 : spec.stacked ? 35 : 0)
    .gradientMode(GraphGradientMode.None)
    .showPoints(VisibilityMode.Auto)
    .axisPlacement(AxisPlacement.Auto)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic))
    .legend(legendOf(spec))
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    )
  if (spec.stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))
  if (spec.mirrored)
    panel.overrideByRegexp('/ out$/', [{ id: 'custom.transform', value: 'negative-Y' }])
  if (spec.logarithmic) {
    panel.scaleDistribution(
      new ScaleDistributionConfigBuilder().type(ScaleDistribution.Log).log(10),
    )
  }
  if (spec.namedByLabels) panel.transformations(labelNames())
  if (spec.showSteps) {
    panel.thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed),
    )
  }
  return withField(panel, spec).targets(spec.queries.map((query, at) => target(query, at, 'range')))
}

/** More than any definition that people can still read in a legend. */
const LABELS_MAX = 6

/**
 * `{protocol="udp"}` to `udp`, `{a="1", b="2"}` to `a 1, b 2`. One pattern for each number of labels:
 * Grafana's transformation keeps a global pattern's place from one series to the next, and skips some.
 */
function labelNames(): { readonly id: string; readonly options: object }[] {
  return Array.from({ length: LABELS_MAX }, (_, index) => {
    const count = index + 1
    const each = (of: (n: number) => string, between: string) =>
      Array.from({ length: count }, (_unused, n) => of(n)).join(between)
    const regex = `^\\{${each(() => '(\\w+)="([^"]*)"', ', ?')}\\}$`
    const words = each(n => `$${2 * n + 1} $${2 * n + 2}`, ', ')
    return { id: 'renameByRegex', options: { regex, renamePattern: count === 1 ? '$2' : words } }
  })
}

function legendOf(spec: TimePanel): VizLegendOptionsBuilder {
  const legend = new VizLegendOptionsBuilder().showLegend(true)
  if (spec.legend !== 'table') {
    return legend.displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).calcs([])
  }
  const isWide = spec.width >= 14
  return legend
    .displayMode(LegendDisplayMode.Table)
    .placement(isWide ? LegendPlacement.Right : LegendPlacement.Bottom)
    .calcs(['lastNotNull', 'max'])
    .sortBy('Last *')
    .sortDesc(true)
}

function statPanel(spec: StatPanel): Stat {
  const panel = new Stat()
    .graphMode(spec.trend ? BigValueGraphMode.Area : BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .reduceOptions(new ReduceDataOptionsBuilder().values(false).calcs(['lastNotNull']))
  const how = spec.trend ? 'range' : 'instant'
  return withField(panel, spec).targets(spec.queries.map((query, at) => target(query, at, how)))
}

function barPanel(spec: BarPanel): BarGauge {
  const panel = new BarGauge()
    .displayMode(BarGaugeDisplayMode.Gradient)
    .orientation(VizOrientation.Horizontal)
    .showUnfilled(true)
    .reduceOptions(new ReduceDataOptionsBuilder().values(false).calcs(['lastNotNull']))
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(false)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
  if (spec.steps === undefined) {
    panel.colorScheme(new FieldColorBuilder().mode(FieldColorModeId.ContinuousBlues))
  }
  return withField(panel, spec).targets(
    spec.queries.map((query, at) => target(query, at, 'instant')),
  )
}

function statesPanel(spec: StatePanel): StateTimeline {
  const panel = new StateTimeline()
    .lineWidth(0)
    .fillOpacity(80)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(false)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single).sort(SortOrder.None))
  return withField(panel, spec).targets(spec.queries.map((query, at) => target(query, at, 'range')))
}

function textPanel(spec: TextPanel): Text {
  return new Text().mode(TextMode.Markdown).content(spec.markdown)
}

type FieldBuilder = TimeSeries | Stat | BarGauge | StateTimeline

function withField<B extends FieldBuilder>(
  panel: B,
  spec: Exclude<PanelSpec, TablePanel | TextPanel>,
): B {
  panel.unit(spec.unit)
  if (spec.decimals !== undefined) panel.decimals(spec.decimals)
  // What is stacked is compared by its height: from nothing on.
  const min = spec.min ?? (spec.kind === 'time' && spec.stacked ? 0 : undefined)
  if (min !== undefined) panel.min(min)
  if (spec.max !== undefined) panel.max(spec.max)
  panel.thresholds(thresholdsOf(spec.steps ?? [], spec.base ?? 'green'))
  if (spec.values !== undefined) panel.mappings([valueMapping(spec.values)])
  for (const { of, properties } of spec.overrides ?? []) {
    if (of.startsWith('/')) panel.overrideByRegexp(of, [...properties])
    else panel.overrideByName(of, [...properties])
  }
  if (spec.drillDown !== undefined) {
    panel.dataLinks([linkOf(spec.drillDown, label => `\${__field.labels.${label}}`)])
  }
  return panel
}
