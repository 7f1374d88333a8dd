/** Panel values over a window between two scrapes against the simulator's truth. */
import { DASHBOARDS, type PlacedQuery, queriesOf, substituted } from './dashboard-files.ts'
import { FLOW_HOLD_SECONDS } from './measured-stack.ts'
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
  const truth = check.isSmoothed ? truths.recent : truths.whole
  // From scrape to scrape, so that nothing is extrapolated: one more would be out of reach.
  const window = `${Math.round(1_000 * truths.whole.seconds) + 1}ms`
  const expr = substituted(queryOf(check), { __range: window, __rate_interval: window })
  const results = await instant(url, expr, truth.endsAt)
  const known = await instant(url, check.metric, truths.whole.beginsAt - FLOW_HOLD_SECONDS)
  // What a flow carries before its series may grow is in `other`: for that long after it appeared.
  const whole = ({ metric }: Result) => known.some(one => agrees(one.metric, metric))
  const [greatest] = results
    .filter(one => whole(one) && (check.pick?.(one.metric) ?? true))
    .toSorted((a, b) => Number(b.value[1]) - Number(a.value[1]))
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

async function instant(url: string, expr: string, at: number): Promise<readonly Result[]> {
  const path = `query?query=${encodeURIComponent(expr)}&time=${at}`
  const response = await fetch(`${url}/api/v1/${path}`)
  const { data } = (await response.json()) as { data?: { result: readonly Result[] } }
  return data?.result ?? []
}

/** In the labels that both have. */
function agrees(one: Labels, other: Labels): boolean {
  return Object.entries(other).every(([name, value]) => (one[name] ?? value) === value)
}

/** One in ten; of few packet samples what they can tell in 999 of 1,000 cases, if that is more. */
function allowedError({ samples }: Check, truth: TruthView, labels: Labels): number {
  if (samples === undefined) return TOLERANCE
  return Math.max(TOLERANCE, 3.3 / Math.sqrt(samples(truth, labels)))
}
