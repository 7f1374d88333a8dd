/** The dashboards as they are shipped, and every query in them, for the tests beside this file. */
import { readdirSync, readFileSync } from 'node:fs'
import { ROOT } from '../prometheus/rule-files.ts'

export interface Target {
  readonly refId?: string
  readonly expr?: string
  readonly legendFormat?: string
  readonly instant?: boolean
  readonly format?: string
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly datasource?: { readonly type: string; readonly uid: string }
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly interval?: string
  readonly targets?: readonly Target[]
  readonly panels?: readonly Panel[]
  readonly transformations?: readonly {
    readonly id: string
    readonly options: Readonly<Record<string, unknown>>
  }[]
  readonly fieldConfig?: {
    readonly defaults: Readonly<Record<string, unknown>>
    readonly overrides: readonly {
      readonly properties: readonly { readonly id: string; readonly value: unknown }[]
    }[]
  }
}

export interface Variable {
  readonly name: string
  readonly type: string
  readonly label?: string
  readonly description?: string
  readonly query: string | { readonly query: string }
  readonly refresh?: number
  readonly allValue?: string
}

export interface Dashboard {
  readonly id: number | null
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly editable: boolean
  readonly tags: readonly string[]
  readonly templating: { readonly list: readonly Variable[] }
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly target?: Target }[]
  }
  readonly links: readonly { readonly includeVars: boolean; readonly keepTime: boolean }[]
  readonly panels: readonly Panel[]
}

const FOLDER = `${ROOT}/grafana/dashboards`

export const FILES: readonly string[] = readdirSync(FOLDER).filter(name => name.endsWith('.json'))

export const DASHBOARDS: readonly Dashboard[] = FILES.map(
  name => JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as Dashboard,
)

/** Panels, those in collapsed rows among them, without the rows. */
export function panelsOf(dashboard: Pick<Dashboard, 'panels'>): Panel[] {
  return dashboard.panels.flatMap(panel =>
    panel.type === 'row' ? panelsOf({ panels: panel.panels ?? [] }) : [panel],
  )
}

export interface PlacedQuery {
  readonly expr: string
  readonly where: string
  readonly panel: Panel
  readonly dashboard: Dashboard
  readonly isInstant: boolean
}

export function queriesOf(dashboard: Dashboard): PlacedQuery[] {
  return panelsOf(dashboard).flatMap(panel =>
    (panel.targets ?? []).map(({ expr = '', refId, instant }) => ({
      expr,
      where: `${dashboard.title}: ${panel.title}: ${refId}`,
      panel,
      dashboard,
      isInstant: instant === true,
    })),
  )
}

/** The text of a variable's query: an object since Grafana 8, a text before. */
export function variableQuery({ query }: Variable): string {
  return typeof query === 'string' ? query : query.query
}

/** The selector inside `label_values(selector, label)`. */
export function variableSelector(variable: Variable): string {
  return variableQuery(variable).replace(/^label_values\((.*), *[a-z_]+\)$/s, '$1')
}

/**
 * As Grafana puts it in before it asks Prometheus; `values` by variable, everything else is `All`.
 * `$__rate_interval` is four steps of the panel's `interval`, unless it is one of the values.
 */
export function substituted(
  query: Pick<PlacedQuery, 'expr' | 'panel'>,
  values: Readonly<Record<string, string>> = {},
): string {
  const step = Number.parseInt(query.panel.interval ?? '15s', 10)
  const builtIn: Readonly<Record<string, string>> = {
    __rate_interval: `${4 * step}s`,
    __interval: `${step}s`,
    __range: '900s',
    __range_s: '900',
  }
  return query.expr.replace(
    /\$\{(\w+)(?::\w+)?\}|\$(\w+)/g,
    (_, braced?: string, bare?: string) => {
      const name = braced ?? bare ?? ''
      return values[name] ?? builtIn[name] ?? '.*'
    },
  )
}
