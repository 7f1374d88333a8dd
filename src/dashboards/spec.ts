/**
 * What a dashboard is, as data: rows of panels with queries, units and limits. `dashboard.ts` turns
 * it into Grafana's JSON by the Foundation SDK, and adds what every panel has in common.
 */
import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard'

export interface Query {
  readonly expr: string
  /** `{{label}}` stands for a label; names as people say them. Absent in tables. */
  readonly legend?: string
}

/** A limit and the colour from there on; below the first: `base` of the panel. */
export type Step = readonly [value: number, color: string]

export interface Override {
  /** A field by its name, or by a regular expression `/…/`. */
  readonly of: string
  readonly properties: readonly DynamicConfigValue[]
}

/** Where a click leads: another dashboard, with the variables that it takes along. */
export interface DrillDown {
  readonly title: string
  readonly uid: string
  /** Variable there, by label of the series (or title of the column) here. */
  readonly with: Readonly<Record<string, string>>
}

interface Common {
  readonly title: string
  /** A sentence or more: what is shown, what is not, when to worry. */
  readonly description: string
  /** Of 24 columns. */
  readonly width: number
  readonly height?: number
  /** Of Grafana's units: `bps`, `percentunit`, `short`, … */
  readonly unit: string
  readonly decimals?: number
  readonly min?: number
  readonly max?: number
  /** Shown where there is nothing. */
  readonly empty?: string
  readonly steps?: readonly Step[]
  readonly base?: string
  readonly overrides?: readonly Override[]
  readonly drillDown?: DrillDown
  /** Texts in place of numbers: 1 is `up`, 0 is `down`. */
  readonly values?: Readonly<Record<string, { readonly text: string; readonly color: string }>>
}

export interface TimePanel extends Common {
  readonly kind: 'time'
  readonly queries: readonly Query[]
  readonly stacked?: boolean
  /** Series whose name ends in ` out` are drawn downwards. */
  readonly mirrored?: boolean
  /** For series of which no label is known beforehand: in place of a legend, `source a, destination b`. */
  readonly namedByLabels?: boolean
  /** List: for few series. Table: beside the picture, with the last and the greatest value. */
  readonly legend?: 'list' | 'table'
  readonly bars?: boolean
  /** Where milliseconds and minutes stand side by side. */
  readonly logarithmic?: boolean
  /** Draws the steps as dashed lines. */
  readonly showSteps?: boolean
}

export interface StatPanel extends Common {
  readonly kind: 'stat'
  readonly queries: readonly Query[]
  /** A line behind the number: asks for a range instead of the present. */
  readonly trend?: boolean
}

export interface BarPanel extends Common {
  readonly kind: 'bars'
  readonly queries: readonly Query[]
}

export interface StatePanel extends Common {
  readonly kind: 'states'
  readonly queries: readonly Query[]
}

export interface Column {
  readonly title: string
  readonly expr: string
  readonly unit: string
  readonly decimals?: number
  readonly steps?: readonly Step[]
  readonly values?: Common['values']
  /** A bar behind the number, from 0 to `max`. */
  readonly gauge?: { readonly max?: number }
  readonly width?: number
}

/** One row for each label set that the columns share; all columns keep the same labels. */
export interface TablePanel extends Omit<Common, 'unit'> {
  readonly kind: 'table'
  /** Label to title, in order. Other labels are hidden. */
  readonly labels: Readonly<Record<string, string>>
  /** Of label columns, by title, in pixels; the rest is shared out. */
  readonly widths?: Readonly<Record<string, number>>
  readonly columns: readonly Column[]
  /** Title of the column that is sorted by, the greatest first. */
  readonly sort?: string
}

export interface TextPanel {
  readonly kind: 'text'
  readonly title: string
  readonly description: string
  readonly width: number
  readonly height?: number
  readonly markdown: string
}

export type PanelSpec = TimePanel | StatPanel | BarPanel | StatePanel | TablePanel | TextPanel

export interface RowSpec {
  readonly title: string
  readonly collapsed?: boolean
  readonly panels: readonly PanelSpec[]
}

export interface VariableSpec {
  readonly name: string
  readonly label: string
  readonly description: string
  /** `label_values(metric{matchers}, label)` */
  readonly query: string
  readonly regex?: string
  /** One at a time, and no `All`. */
  readonly single?: boolean
}

export interface DashboardSpec {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly tags?: readonly string[]
  readonly variables: readonly VariableSpec[]
  /**
   * Shortest step of its panels. `75s` makes `$__rate_interval` 5 minutes or longer, as rates of
   * polled counters need it; absent: the data source's.
   */
  readonly step?: string
  readonly from?: string
  readonly rows: readonly RowSpec[]
}
