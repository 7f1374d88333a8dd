/**
 * What a PromQL expression is made of, by Prometheus' own grammar: selectors with their metric,
 * matchers and range, the functions around them, and the first syntax error. For tests of rules and dashboards.
 */
import { parser } from '@prometheus-io/lezer-promql'

export interface Selector {
  /** Empty: the expression selects by matchers alone. */
  readonly metric: string
  /** As written, such as `5m`; absent: an instant selector. */
  readonly range?: string
  /** Functions and aggregations around it, the innermost first. */
  readonly within: readonly string[]
  /** Names of the labels that its matchers name. */
  readonly labels: readonly string[]
}

export interface Parsed {
  /** Position and surroundings of the first error. */
  readonly error?: string
  readonly selectors: readonly Selector[]
  readonly functions: readonly string[]
}

interface Open {
  readonly name: string
  readonly to: number
}

export function parsePromql(text: string): Parsed {
  const selectors: {
    metric: string
    range?: string
    within: readonly string[]
    labels: string[]
    to: number
  }[] = []
  const functions: string[] = []
  const calls: Open[] = []
  let error: string | undefined
  let matrixTo = -1
  parser.parse(text).iterate({
    enter(node) {
      const word = text.slice(node.from, node.to)
      while (calls.length > 0 && (calls.at(-1) as Open).to <= node.from) calls.pop()
      const selector = selectors.at(-1)
      const isInSelector = selector !== undefined && node.to <= selector.to
      if (node.type.isError) error ??= `at ${node.from}: ${text.slice(Math.max(0, node.from - 20))}`
      else if (node.name === 'FunctionCall' || node.name === 'AggregateExpr') {
        calls.push({ name: (/^[a-z_]+/.exec(word) as RegExpExecArray)[0], to: node.to })
        functions.push((calls.at(-1) as Open).name)
      } else if (node.name === 'MatrixSelector') matrixTo = node.to
      else if (node.name === 'VectorSelector') {
        const within = calls.map(call => call.name).reverse()
        const metric = (/^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(word) ?? [''])[0]
        selectors.push({ metric, within, labels: [], to: node.to })
      } else if (node.name === 'LabelName' && isInSelector) selector.labels.push(word)
      else if (node.name === 'DurationExpr' && selector !== undefined && node.to < matrixTo) {
        selector.range = word
      }
    },
  })
  return { selectors, functions, ...(error === undefined ? {} : { error }) }
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** `5m` to 300; NaN for what is none, such as a Grafana variable. */
export function rangeSeconds(range: string): number {
  const parts = /^(\d+)([smhd])$/.exec(range)
  return parts === null ? Number.NaN : Number(parts[1]) * (UNIT_SECONDS[parts[2] as string] ?? 0)
}
