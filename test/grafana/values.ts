/** Panel values over a window between two scrapes against the simulator's truth. */
import { isDeepStrictEqual } from 'node:util'
import { DASHBOARDS, type PlacedQuery, queriesOf, substituted } from './dashboard-files.ts'
import type { Check } from './truth-check.ts'
import { type Labels, type Scrape, TruthView } from './truth-view.ts'

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
  readonly value: number
}

export interface Truths {
  readonly whole: TruthView
  /** A scrape so long before that what was known then has its series: Unix seconds. */
  readonly knownAt: number
  /** Scrapes of a time in which traffic is even, for what is smoothed. */
  readonly steady: readonly Scrape[]
}

export async function compare(url: string, check: Check, truths: Truths): Promise<Compared> {
  const [truth, results] = check.isSmoothed
    ? await smoothed(url, check, truths.steady)
    : [truths.whole, await overWindow(url, check, truths)]
  // The greatest of several estimates is mostly too great: they are chosen by what is true of them.
  // Where a panel itself shows the largest view of several agents, it lies some 4 % above the truth here.
  const size = ({ metric, value }: Result) =>
    check.samples === undefined ? value : check.truth(truth, metric)
  const [greatest] = results
    .filter(({ metric }) => check.pick?.(metric) ?? true)
    .toSorted((a, b) => size(b) - size(a))
  if (greatest === undefined)
    return { check, value: Number.NaN, truth: Number.NaN, allowed: 0, fits: false }
  const { metric, value } = greatest
  const real = check.truth(truth, metric)
  const allowed = allowedError(check, truth, metric)
  return {
    check,
    value,
    truth: real,
    allowed,
    fits: Math.abs(value - real) <= allowed * Math.abs(real),
  }
}

/** From scrape to scrape, so that nothing is extrapolated. */
async function overWindow(
  url: string,
  check: Check,
  { whole: truth, knownAt }: Truths,
): Promise<Result[]> {
  // A millisecond more reaches the first scrape, and none before it.
  const window = `${Math.round(1_000 * truth.seconds) + 1}ms`
  const expr = substituted(queryOf(check), { __range: window, __rate_interval: window })
  const known = await instant(url, check.metric, knownAt)
  // What a flow carries before its series may grow is in `other`: for that long after it appeared.
  const whole = ({ metric }: Result) => known.some(one => agrees(one.metric, metric))
  return (await instant(url, expr, truth.endsAt)).filter(whole)
}

/** The mean over the scrapes but the first; what is too little to be shown at one of them is nothing. */
async function smoothed(
  url: string,
  check: Check,
  [begin, ...scrapes]: readonly Scrape[],
): Promise<readonly [TruthView, Result[]]> {
  const expr = substituted(queryOf(check))
  const rows = await Promise.all(scrapes.map(({ at }) => instant(url, expr, at)))
  const found = check.isLargestView ? rows.map(row => row.map(ofNoAgent)) : rows
  const mean = (of: (index: number) => number) =>
    scrapes.reduce((sum, _, index) => sum + of(index), 0) / scrapes.length
  const pace = mean(index => scrapes[index]?.picture.pace ?? Number.NaN)
  const same = (one: Result) => (other: Result) => isDeepStrictEqual(one.metric, other.metric)
  const shown = found.flat().filter((one, index, all) => all.findIndex(same(one)) === index)
  const values = shown.map(one => ({
    metric: one.metric,
    value: mean(index => found[index]?.find(same(one))?.value ?? 0),
  }))
  const truth = new TruthView(begin as Scrape, scrapes.at(-1) as Scrape, pace)
  return [truth, values]
}

function ofNoAgent({ metric: { agent: _, ...metric }, value }: Result): Result {
  return { metric, value }
}

async function instant(url: string, expr: string, at: number): Promise<Result[]> {
  const path = `query?query=${encodeURIComponent(expr)}&time=${at}`
  const response = await fetch(`${url}/api/v1/${path}`)
  const { data } = (await response.json()) as {
    data?: { result: readonly { metric: Labels; value: readonly [number, string] }[] }
  }
  return (data?.result ?? []).map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
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
