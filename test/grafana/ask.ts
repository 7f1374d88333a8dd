/** Asks a Prometheus every query of the dashboards, as Grafana would, and says which bring nothing. */
import {
  DASHBOARDS,
  type Dashboard,
  type PlacedQuery,
  queriesOf,
  substituted,
  type Variable,
  variableSelector,
} from './dashboard-files.ts'

export interface Answer {
  readonly where: string
  readonly expr: string
  readonly series: number
  readonly error?: string
  readonly seconds: number
}

export interface AskOptions {
  /** `http://127.0.0.1:9090` */
  readonly url: string
  /** The shown time, in Unix seconds. */
  readonly from: number
  readonly to: number
  /** When agents have been silent: for what counts them. Absent: as all others. */
  readonly silentAt?: number
  readonly values?: Readonly<Record<string, string>>
}

/** A query of a panel or a variable, which can be asked again later. */
export type Question = (options: AskOptions) => Promise<Answer>

export const QUESTIONS: readonly Question[] = DASHBOARDS.flatMap(dashboard => [
  ...queriesOf(dashboard).map(
    (query): Question =>
      options =>
        askQuery(options, query),
  ),
  ...dashboard.templating.list.slice(1).map(
    (variable): Question =>
      options =>
        askVariable(options, dashboard, variable),
  ),
])

function askVariable(options: AskOptions, dashboard: Dashboard, variable: Variable) {
  const expr = variableSelector(variable).replaceAll(/\$\w+/g, '.*')
  const where = `${dashboard.title}: variable ${variable.name}`
  const path = `series?match[]=${encodeURIComponent(expr)}&start=${options.from}&end=${options.to}`
  return ask(`${options.url}/api/v1/${path}`, where, expr)
}

async function askQuery(options: AskOptions, query: PlacedQuery): Promise<Answer> {
  const expr = substituted(query, options.values)
  const text = encodeURIComponent(expr)
  const step = Number.parseInt(query.panel.interval ?? '15s', 10)
  const isAboutSilence = /silent/i.test(query.panel.title)
  const time = (isAboutSilence ? options.silentAt : undefined) ?? options.to
  const path = query.isInstant
    ? `query?query=${text}&time=${time}`
    : `query_range?query=${text}&start=${options.from}&end=${options.to}&step=${step}`
  return ask(`${options.url}/api/v1/${path}`, query.where, expr)
}

interface Body {
  readonly status: string
  readonly error?: string
  readonly data?: readonly unknown[] | { readonly result: readonly unknown[] }
}

async function ask(url: string, where: string, expr: string): Promise<Answer> {
  const began = performance.now()
  const response = await fetch(url)
  const { status, error, data } = (await response.json()) as Body
  const seconds = (performance.now() - began) / 1_000
  const result =
    data === undefined || Array.isArray(data) ? data : (data as { result: unknown[] }).result
  const series = (result as readonly unknown[] | undefined)?.length ?? 0
  return {
    where,
    expr,
    series,
    seconds,
    ...(status === 'success' ? {} : { error: error ?? status }),
  }
}
