/** A panel's queries to Prometheus, as Grafana puts variables in; answers as Grafana's data frames. */
import {
  createDataFrame,
  type DataFrame,
  FieldType,
  type Labels,
  stringToJsRegex,
} from '@grafana/data'

export interface Target {
  readonly refId: string
  readonly expr: string
  readonly legendFormat?: string
  readonly instant?: boolean
  readonly format?: string
}

export interface Shown {
  readonly prometheus: string
  readonly from: number
  readonly to: number
  readonly variables: Readonly<Record<string, string>>
}

interface Result {
  readonly metric: Labels
  readonly value?: readonly [number, string]
  readonly values?: readonly (readonly [number, string])[]
}

export function substitute(text: string, shown: Shown, step: number): string {
  const builtIn: Readonly<Record<string, string>> = {
    __rate_interval: `${Math.max(4 * step, step + 15)}s`,
    __interval: `${step}s`,
    __range: `${Math.round(shown.to - shown.from)}s`,
  }
  return text.replace(/\$\{(\w+)(?::\w+)?\}|\$(\w+)/g, (_, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? ''
    return builtIn[name] ?? shown.variables[name] ?? '.*'
  })
}

async function ask(shown: Shown, target: Target, step: number): Promise<readonly Result[]> {
  const query = encodeURIComponent(substitute(target.expr, shown, step))
  const path = target.instant
    ? `query?query=${query}&time=${shown.to}`
    : `query_range?query=${query}&start=${shown.from}&end=${shown.to}&step=${step}`
  const response = await fetch(`${shown.prometheus}/api/v1/${path}`)
  const body = (await response.json()) as { data?: { result: readonly Result[] } }
  return body.data?.result ?? []
}

function nameOf(legend: string | undefined, labels: Labels): string {
  if (!legend) {
    const { __name__: metric = '', ...rest } = labels
    return `${metric}{${Object.entries(rest).map(([name, value]) => `${name}="${value}"`)}}`
  }
  return legend
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => labels[name] ?? '')
    .replace(/ +/g, ' ')
    .trim()
}

export interface Transformation {
  readonly id: string
  readonly options: Readonly<Record<string, any>>
}

/** What `renameByRegex` makes in Grafana. */
function renamed(name: string, transformations: readonly Transformation[]): string {
  return transformations
    .filter(({ id }) => id === 'renameByRegex')
    .reduce((text, { options }) => {
      return text.replace(stringToJsRegex(options['regex']), options['renamePattern'])
    }, name)
}

type Point = readonly [at: number, text: string | null]

/** A step without a reading is a gap: here lines are joined over it unless it says so. */
function withGaps(values: readonly Point[], step: number): Point[] {
  return values.flatMap((point, index): Point[] => {
    const next = values[index + 1]
    const isGap = next !== undefined && next[0] - point[0] > 1.5 * step
    return isGap ? [point, [point[0] + step, null]] : [point]
  })
}

/** One frame for each series. */
export async function seriesOf(
  shown: Shown,
  targets: readonly Target[],
  step: number,
  transformations: readonly Transformation[] = [],
): Promise<DataFrame[]> {
  const frames: DataFrame[] = []
  for (const target of targets) {
    for (const { metric, value, values } of await ask(shown, target, step)) {
      const points = values ? withGaps(values, step) : value ? [value] : []
      const name = renamed(nameOf(target.legendFormat, metric), transformations)
      frames.push(
        createDataFrame({
          refId: target.refId,
          name,
          fields: [
            { name: 'Time', type: FieldType.time, values: points.map(([at]) => at * 1_000) },
            {
              name: 'Value',
              type: FieldType.number,
              labels: metric,
              values: points.map(([, text]) => (text === null ? null : Number(text))),
              config: { displayName: name },
            },
          ],
        }),
      )
    }
  }
  return frames
}

/** Rows by label set, a column for each query: what `merge` and `organize` make in Grafana. */
export async function rowsOf(
  shown: Shown,
  targets: readonly Target[],
  labels: readonly string[],
  step: number,
): Promise<{ readonly labels: Labels; readonly values: readonly (number | null)[] }[]> {
  const rows = new Map<string, { labels: Labels; values: (number | null)[] }>()
  for (const [at, target] of targets.entries()) {
    for (const { metric, value } of await ask(shown, target, step)) {
      const { __name__: _, ...own } = metric
      const key = JSON.stringify(Object.entries(own).sort())
      const row = rows.get(key) ?? { labels: own, values: targets.map(() => null) }
      row.values[at] = Number(value?.[1])
      rows.set(key, row)
    }
  }
  void labels
  return [...rows.values()]
}
