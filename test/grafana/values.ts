/** Panel values at one instant against the simulator's truth. */
import { DASHBOARDS, type PlacedQuery, queriesOf, substituted } from './dashboard-files.ts'
import type { Check } from './truth-check.ts'
import type { Labels, TruthView } from './truth-view.ts'

export interface Compared {
  readonly check: Check
  readonly value: number
  readonly truth: number
  /** Of the truth. */
  readonly allowed: number
  readonly fits: boolean
}

const TOLERANCE = 0.1

/** The query of a panel that names the family. */
export function queryOf({ uid, title, metric }: Check): PlacedQuery {
  const dashboard = DASHBOARDS.find(one => one.uid === uid)
  const names = new RegExp(`\\b${metric}\\b`)
  // The plainest of several.
  const [found] = (dashboard ? queriesOf(dashboard) : [])
    .filter(({ panel, expr }) => panel.title === title && names.test(expr))
    .sort((a, b) => a.expr.length - b.expr.length)
  if (found === undefined) throw new Error(`${uid}: no "${title}" with ${metric}`)
  return found
}

interface Result {
  readonly metric: Labels
  readonly value: readonly [number, string]
}

export interface Truths {
  readonly whole: TruthView
  /** Of the last seconds, for what is smoothed over them. */
  readonly recent: TruthView
}

export async function compare(url: string, check: Check, truths: Truths): Promise<Compared> {
  const seconds = Math.round(truths.whole.seconds)
  const truth = check.isSmoothed ? truths.recent : truths.whole
  // `$__rate_interval` is four steps.
  const expr = substituted(queryOf(check), { __range: `${seconds}s` }, seconds / 4)
  const path = `query?query=${encodeURIComponent(expr)}&time=${truth.now.at}`
  const response = await fetch(`${url}/api/v1/${path}`)
  const { data } = (await response.json()) as { data?: { result: readonly Result[] } }
  const series = (data?.result ?? []).filter(({ metric }) => check.pick?.(metric) ?? true)
  const [greatest] = series.toSorted((a, b) => Number(b.value[1]) - Number(a.value[1]))
  if (greatest === undefined)
    return { check, value: Number.NaN, truth: Number.NaN, allowed: 0, fits: false }
  const value = Number(greatest.value[1])
  const real = check.truth(truth, greatest.metric)
  const allowed = allowedError(check, truth, greatest.metric)
  return {
    check,
    value,
    truth: real,
    allowed,
    fits: Math.abs(value - real) <= allowed * Math.abs(real),
  }
}

/** One in ten; of few packet samples what they can tell in 999 of 1,000 cases, if that is more. */
function allowedError({ samples }: Check, truth: TruthView, labels: Labels): number {
  if (samples === undefined) return TOLERANCE
  return Math.max(TOLERANCE, 3.3 / Math.sqrt(samples(truth, labels)))
}
