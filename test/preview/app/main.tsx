/** Draws one dashboard with Grafana's own components: ?uid=…&prometheus=…&theme=dark|light&minutes=… */
import {
  createDataFrame,
  createTheme,
  type DataFrame,
  type Field,
  type FieldConfig,
  FieldType,
  type GrafanaTheme2,
  getDisplayProcessor,
  getFieldDisplayValues,
  ThemeContext,
} from '@grafana/data'
import {
  BarGauge,
  BigValue,
  GlobalStyles,
  LegendDisplayMode,
  PanelChrome,
  Table,
  TimeSeries,
  TooltipPlugin2,
} from '@grafana/ui'
import { createRoot } from 'react-dom/client'
import { rowsOf, type Shown, seriesOf, substitute, type Target } from './queries.ts'

interface Override {
  readonly matcher: { readonly id: string; readonly options: string }
  readonly properties: readonly { readonly id: string; readonly value: unknown }[]
}

interface PanelJson {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly interval?: string
  readonly gridPos: { x: number; y: number; w: number; h: number }
  readonly targets?: readonly Target[]
  readonly options?: Record<string, any>
  readonly fieldConfig?: { defaults: Record<string, any>; overrides: readonly Override[] }
  readonly transformations?: readonly { id: string; options: any }[]
  readonly panels?: readonly PanelJson[]
}

const files = import.meta.glob('../../../grafana/dashboards/*.json', {
  eager: true,
  import: 'default',
})
const asked = new URLSearchParams(location.search)
const uid = asked.get('uid') ?? 'sflow-overview'
const dashboard = Object.values(files).find(one => (one as { uid: string }).uid === uid) as {
  title: string
  panels: readonly PanelJson[]
}
const theme = createTheme({ colors: { mode: asked.get('theme') === 'light' ? 'light' : 'dark' } })
const to = Number(asked.get('to') ?? Math.floor(Date.now() / 1_000))
const shown: Shown = {
  prometheus: asked.get('prometheus') ?? 'http://127.0.0.1:9090',
  from: to - 60 * Number(asked.get('minutes') ?? 30),
  to,
  variables: { flow: asked.get('flow') ?? 'talkers' },
}

const WIDTH = Number(asked.get('width') ?? 1600)
const CELL = { width: (WIDTH - 32) / 24, height: 38, gap: 8 }

/** Overrides by name or expression, laid over the defaults. */
function configOf(panel: PanelJson, name: string, own: FieldConfig): FieldConfig {
  const config: Record<string, any> = structuredClone({ ...panel.fieldConfig?.defaults, ...own })
  config.custom = { ...panel.fieldConfig?.defaults['custom'] }
  for (const { matcher, properties } of panel.fieldConfig?.overrides ?? []) {
    const pattern = /^\/(.*)\/$/.exec(matcher.options)?.[1]
    if (pattern === undefined ? matcher.options !== name : !new RegExp(pattern).test(name)) continue
    for (const { id, value } of properties) {
      if (id.startsWith('custom.')) config.custom[id.slice(7)] = value
      else config[id] = value
    }
  }
  config.color ??= { mode: 'thresholds' }
  for (const step of config.thresholds?.steps ?? []) step.value ??= Number.NEGATIVE_INFINITY
  return config as FieldConfig
}

function dressed(panel: PanelJson, frames: DataFrame[], step: number): DataFrame[] {
  let index = 0
  for (const frame of frames) {
    for (const field of frame.fields) {
      if (field.type === FieldType.time) {
        field.display = getDisplayProcessor({ field, theme })
        // A step without a reading is a gap.
        field.config.interval = step * 1_000
        continue
      }
      const name = field.config.displayName ?? field.name
      field.config = configOf(panel, name, field.config)
      field.state = { displayName: name, seriesIndex: index++, range: rangeOf(field) }
      field.display = getDisplayProcessor({ field, theme })
    }
  }
  return frames
}

/** What Grafana works out before it draws: sparklines need it. */
function rangeOf({ values, config }: Field) {
  const numbers = values.filter(value => typeof value === 'number' && Number.isFinite(value))
  const min = config.min ?? Math.min(...numbers)
  const max = config.max ?? Math.max(...numbers)
  return { min, max, delta: max - min }
}

const done = new Set<number>()

function boxOf(panel: PanelJson) {
  const { x, y, w, h } = panel.gridPos
  return {
    left: 16 + x * CELL.width,
    top: y * CELL.height,
    width: w * CELL.width - CELL.gap,
    height: h * CELL.height - CELL.gap,
  }
}

function Note({ children }: { readonly children: string }) {
  return (
    <div
      style={{
        height: '100%',
        display: 'grid',
        placeItems: 'center',
        color: theme.colors.text.secondary,
        fontSize: 14,
      }}
    >
      {children}
    </div>
  )
}

async function contentOf(panel: PanelJson, width: number, height: number) {
  const step = Math.max(
    Number.parseInt(panel.interval ?? '15s', 10),
    Math.ceil((shown.to - shown.from) / width),
  )
  const targets = panel.targets ?? []
  if (panel.type === 'table') return tableOf(panel, width, height, step)
  const frames = dressed(panel, await seriesOf(shown, targets, step, panel.transformations), step)
  const empty = panel.fieldConfig?.defaults['noValue'] ?? 'No data'
  if (frames.length === 0) return <Note>{empty}</Note>
  if (panel.type === 'timeseries') {
    const legend = panel.options?.['legend'] ?? {}
    return (
      <TimeSeries
        width={width}
        height={height}
        frames={frames}
        timeRange={
          { from: date(shown.from), to: date(shown.to), raw: { from: 'now-1h', to: 'now' } } as any
        }
        timeZone="utc"
        legend={{
          ...legend,
          displayMode: legend.displayMode ?? LegendDisplayMode.List,
          showLegend: true,
        }}
        options={panel.options as any}
      />
    )
  }
  if (panel.type === 'stat' || panel.type === 'bargauge') {
    const values = getFieldDisplayValues({
      fieldConfig: { defaults: {}, overrides: [] },
      reduceOptions: { calcs: ['lastNotNull'], values: false },
      replaceVariables: text => text,
      theme,
      data: frames,
      sparkline: panel.options?.['graphMode'] === 'area',
      timeZone: 'utc',
    })
    if (panel.type === 'stat') {
      return (
        <BigValue
          width={width}
          height={height}
          theme={theme}
          value={values[0]!.display}
          sparkline={values[0]!.sparkline as any}
          graphMode={panel.options?.['graphMode']}
          colorMode={'value' as any}
          justifyMode={'auto' as any}
          textMode={'value' as any}
        />
      )
    }
    const each = Math.min(32, height / values.length)
    // Grafana aligns the names of all bars; drawn one by one they need the same length.
    const longest = Math.max(...values.map(({ display }) => display.title?.length ?? 0))
    return (
      <div>
        {values.map(({ display, field }, at) => (
          <BarGauge
            key={at}
            width={width}
            height={each - 4}
            theme={theme}
            value={{ ...display, title: display.title?.padEnd(longest, '\u2007') }}
            field={field as any}
            display={getDisplayProcessor({
              field: { config: field, type: FieldType.number } as any,
              theme,
            })}
            orientation={'horizontal' as any}
            displayMode={'gradient' as any}
            lcdCellWidth={10}
            itemSpacing={4}
            showUnfilled={true}
          />
        ))}
      </div>
    )
  }
  return (
    <Note>{`${panel.type}: ${frames.length} lines, ${frames
      .slice(0, 6)
      .map(frame => frame.name)
      .join(' · ')}`}</Note>
  )
}

async function tableOf(panel: PanelJson, width: number, height: number, step: number) {
  const organize = panel.transformations?.find(({ id }) => id === 'organize')?.options
  const titles = organize.renameByName as Record<string, string>
  const labels = Object.keys(titles).filter(name => !name.startsWith('Value'))
  const columns = Object.keys(titles).filter(name => name.startsWith('Value'))
  const rows = await rowsOf(shown, panel.targets ?? [], labels, step)
  const sort = panel.options?.['sortBy']?.[0]
  const by = columns.findIndex(name => titles[name] === sort?.displayName)
  if (by >= 0) rows.sort((a, b) => (b.values[by] ?? 0) - (a.values[by] ?? 0))
  if (rows.length === 0) return <Note>{panel.fieldConfig?.defaults['noValue'] ?? 'No data'}</Note>
  const fields = [
    ...labels.map(name => ({
      name: titles[name] as string,
      type: FieldType.string,
      values: rows.map(row => row.labels[name] ?? ''),
      config: {},
    })),
    ...columns.map((name, at) => ({
      name: titles[name] as string,
      type: FieldType.number,
      values: rows.map(row => row.values[at] ?? null),
      config: {},
    })),
  ]
  const [frame] = dressed(panel, [createDataFrame({ fields })], step)
  for (const field of frame!.fields) delete field.config.links
  return <Table data={frame as DataFrame} width={width} height={height} />
}

function date(seconds: number) {
  const ms = seconds * 1_000
  return { valueOf: () => ms, toDate: () => new Date(ms) }
}

async function draw() {
  const drawn = []
  let bottom = 0
  for (const panel of dashboard.panels) {
    const box = boxOf(panel)
    bottom = Math.max(bottom, box.top + box.height)
    if (panel.type === 'row') {
      drawn.push(
        <div
          key={panel.id}
          style={{
            position: 'absolute',
            ...box,
            color: theme.colors.text.primary,
            fontSize: 15,
            fontWeight: 500,
          }}
        >
          {`${panel.panels?.length ? '› ' : '⌄ '}${substitute(panel.title, shown, 15)}${panel.panels?.length ? `  (${panel.panels.length} panels)` : ''}`}
        </div>,
      )
      continue
    }
    const content = await contentOf(panel, box.width - 18, box.height - 44).catch(error => (
      <Note>{`failed: ${error}`}</Note>
    ))
    drawn.push(
      <div key={panel.id} style={{ position: 'absolute', ...box }}>
        <PanelChrome
          width={box.width}
          height={box.height}
          title={substitute(panel.title, shown, 15)}
          description={panel.description ?? ''}
        >
          {() => content}
        </PanelChrome>
      </div>,
    )
    done.add(panel.id)
  }
  const root = document.getElementById('root') as HTMLElement
  document.body.style.background = theme.colors.background.canvas
  createRoot(root).render(
    <ThemeContext.Provider value={theme as GrafanaTheme2}>
      <GlobalStyles />
      <style>{'button { color: inherit; background: none; border: 0 }'}</style>
      <h1
        style={{
          position: 'absolute',
          left: 16,
          top: 8,
          fontSize: 18,
          color: theme.colors.text.primary,
        }}
      >
        {dashboard.title}
      </h1>
      <div style={{ position: 'absolute', top: 44, left: 0, width: WIDTH, height: bottom + 16 }}>
        {drawn}
      </div>
    </ThemeContext.Provider>,
  )
  setTimeout(() => document.body.setAttribute('data-done', String(bottom + 60)), 1_500)
}

void TooltipPlugin2
void (undefined as unknown as Field)
draw()
