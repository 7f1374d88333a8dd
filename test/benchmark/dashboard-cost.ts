/**
 * `node test/benchmark/dashboard-cost.ts [--series=50000] [--hours=1] [--dearest=0]`: what each dashboard asks
 * of Prometheus when it is opened, with every folded row unfolded: seconds of its own clock, summed over
 * all queries and variables, and seconds on a processor, since on a busy machine the clock counts the
 * waiting, too. First: once after a restart. Then: the median of three more. As opened: without
 * folded rows. `--dearest`: so many queries of each dashboard, by processor time.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../../src/demo/ports.ts'
import {
  DASHBOARDS,
  type Dashboard,
  type PlacedQuery,
  queriesOf,
  substituted,
  variableSelector,
} from '../grafana/dashboard-files.ts'
import { part } from '../support/parts.ts'
import { remoteWrite } from './cost/remote-write.ts'
import { type Series, seriesLikeABridge } from './cost/series.ts'
import { cpuSeconds, loadAverage, machineLine } from './machine.ts'
import { median } from './median.ts'

const SCRAPE_SECONDS = 15
/** What is written at a time: less than the hour that Prometheus' head takes out of turn. */
const SLICE_SECONDS = 600
const SERIES_PER_REQUEST = 2_000
/** Points of a picture as wide as a laptop's screen. */
const POINTS = 1_000
const SECONDS_MAX = 2

const { values } = parseArgs({
  options: {
    series: { type: 'string', default: '50000' },
    hours: { type: 'string', default: '1' },
    dearest: { type: 'string', default: '0' },
  },
})
const hours = Number(values.hours)
const folder = mkdtempSync(join(tmpdir(), 'dashboard-cost-'))
const until = Math.floor(Date.now() / 1_000 / SCRAPE_SECONDS) * SCRAPE_SECONDS
const from = until - 3_600 * hours

async function startPrometheus(port: number) {
  const file = join(folder, 'prometheus.yml')
  writeFileSync(file, '{}')
  const child = spawn(
    part('prometheus'),
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
    ],
    { stdio: 'ignore' },
  )
  const url = `http://127.0.0.1:${port}`
  for (;;) {
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined)
    if (ready?.ok) break
    await after(100)
  }
  const end = () =>
    new Promise<void>(resolve => {
      child.once('exit', () => resolve())
      child.kill('SIGTERM')
    })
  return { url, end, pid: child.pid ?? 0 }
}

/** Counters grow evenly, gauges waver; both as real ones do not, which costs the same. */
function sampleOf(
  { isCounter, value }: Series,
  index: number,
  at: number,
): readonly [number, number] {
  const step = (at - from) / SCRAPE_SECONDS
  const reading = isCounter
    ? value + step * (1 + (index % 977))
    : value * (1 + ((step + index) % 7) / 100)
  return [at * 1_000, reading]
}

async function fill(url: string, series: readonly Series[]): Promise<void> {
  for (let slice = from; slice < until; slice += SLICE_SECONDS) {
    const times: number[] = []
    for (let at = slice; at < Math.min(until, slice + SLICE_SECONDS); at += SCRAPE_SECONDS)
      times.push(at)
    for (let first = 0; first < series.length; first += SERIES_PER_REQUEST) {
      const some = series.slice(first, first + SERIES_PER_REQUEST)
      await remoteWrite(
        url,
        some.map((one, index) => ({
          labels: one.labels,
          samples: times.map(at => sampleOf(one, first + index, at)),
        })),
      )
    }
  }
}

interface Body {
  readonly status: string
  readonly error?: string
  readonly data?: { readonly stats?: { readonly timings: { readonly execTotalTime: number } } }
}

/** Seconds of Prometheus for one query, as Grafana would ask it. */
async function costOf(url: string, query: PlacedQuery): Promise<number> {
  const interval = Number.parseInt(query.panel.interval ?? `${SCRAPE_SECONDS}s`, 10)
  const step = Math.max(interval, Math.ceil((until - from) / POINTS))
  const window = Math.max(4 * interval, step + interval)
  const text = substituted(query, {
    flow: 'talkers',
    __rate_interval: `${window}s`,
    __range: `${until - from}s`,
  })
  const where = query.isInstant
    ? `query?time=${until}`
    : `query_range?start=${from}&end=${until}&step=${step}`
  const response = await fetch(`${url}/api/v1/${where}&stats=all&query=${encodeURIComponent(text)}`)
  const { status, error, data } = (await response.json()) as Body
  if (status !== 'success') throw new Error(`${query.where}: ${error}`)
  return data?.stats?.timings.execTotalTime ?? Number.NaN
}

/** Prometheus tells no time for the lists of variables: the answer is waited for. */
async function variablesCost(url: string, { templating }: Dashboard): Promise<number> {
  const began = performance.now()
  for (const variable of templating.list.slice(1)) {
    const selector = variableSelector(variable).replaceAll(/\$\w+/g, '.*')
    await (
      await fetch(
        `${url}/api/v1/series?start=${from}&end=${until}&match[]=${encodeURIComponent(selector)}`,
      )
    ).arrayBuffer()
  }
  return (performance.now() - began) / 1_000
}

interface QueryCost {
  readonly where: string
  /** In a row that is folded at first. */
  readonly isFolded: boolean
  readonly seconds: number
  readonly processor: number
}

interface Running {
  readonly url: string
  readonly pid: number
}

async function dashboardCost({ url, pid }: Running, dashboard: Dashboard): Promise<QueryCost[]> {
  const costs: QueryCost[] = []
  const measure = async (where: string, isFolded: boolean, ask: () => Promise<number>) => {
    const before = cpuSeconds(pid)
    const seconds = await ask()
    costs.push({ where, isFolded, seconds, processor: cpuSeconds(pid) - before })
  }
  await measure('variables', false, () => variablesCost(url, dashboard))
  const unfolded = new Set(dashboard.panels.map(({ id }) => id))
  for (const query of queriesOf(dashboard)) {
    const where = query.where.replace(/^.*?: /, '')
    await measure(where, !unfolded.has(query.panel.id), () => costOf(url, query))
  }
  return costs
}

type Quantity = 'seconds' | 'processor'

function sumOf(costs: readonly QueryCost[], what: Quantity): number {
  return costs.reduce((sum, one) => sum + one[what], 0)
}

interface Rounds {
  readonly first: readonly QueryCost[]
  readonly more: readonly (readonly QueryCost[])[]
}

function tableRow(title: string, { first, more }: Rounds): string {
  const medianOf = (what: Quantity, wants: (one: QueryCost) => boolean) =>
    median(more.map(costs => sumOf(costs.filter(wants), what)))
  const all = (what: Quantity) =>
    `${sumOf(first, what).toFixed(2)} / ${medianOf(what, () => true).toFixed(2)}`
  const asOpened = (what: Quantity) => medianOf(what, one => !one.isFolded).toFixed(2)
  const [dearest] = dearestOf(more)
  const cells = [
    title,
    all('processor'),
    all('seconds'),
    `${asOpened('processor')} / ${asOpened('seconds')}`,
    `${dearest?.where} ${dearest?.processor.toFixed(3)}`,
  ]
  return `| ${cells.join(' | ')} |\n`
}

/** By the median of processor time, the dearest first. */
function dearestOf(rounds: readonly (readonly QueryCost[])[]) {
  return (rounds[0] ?? [])
    .map(({ where }, index) => ({
      where,
      processor: median(rounds.map(costs => costs[index]?.processor ?? Number.NaN)),
    }))
    .toSorted((a, b) => b.processor - a.processor)
}

const port = await freePort(0)
let running = await startPrometheus(port)
try {
  const series = seriesLikeABridge(Number(values.series))
  process.stdout.write(`${machineLine()}, load ${loadAverage()}\n`)
  process.stdout.write(`${series.length} series, ${hours} h at ${SCRAPE_SECONDS} s\n\n`)
  await fill(running.url, series)
  await running.end()
  running = await startPrometheus(port)
  process.stdout.write(
    '| dashboard | processor, first / then, s | clock, first / then, s | as opened, processor / clock, s | dearest query, processor s |\n|---|---|---|---|---|\n',
  )
  let isOver = false
  for (const dashboard of DASHBOARDS) {
    const first = await dashboardCost(running, dashboard)
    const more: (readonly QueryCost[])[] = []
    for (let round = 0; round < 3; round++) more.push(await dashboardCost(running, dashboard))
    const totals = (['seconds', 'processor'] as const).map(what =>
      median(more.map(costs => sumOf(costs, what))),
    )
    isOver ||= Math.min(...totals) > SECONDS_MAX
    process.stdout.write(tableRow(dashboard.title, { first, more }))
    for (const { where, processor } of dearestOf(more).slice(0, Number(values.dearest)))
      process.stdout.write(`    ${processor.toFixed(3)} ${where}\n`)
  }
  process.stdout.write(`\nload ${loadAverage()}\n`)
  process.exitCode = isOver ? 1 : 0
} finally {
  await running.end()
  rmSync(folder, { recursive: true, force: true })
}
