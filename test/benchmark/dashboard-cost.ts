/**
 * `node test/benchmark/dashboard-cost.ts [--series=50000] [--hours=1]`: what each dashboard asks of
 * Prometheus when it is opened, as seconds of its own evaluation summed over all queries and variables;
 * what is in folded rows is asked once they are opened, and told apart. First: once after a restart.
 * Then: the median of three more. Beside it the processor time of Prometheus, since on a busy machine
 * its own clock counts the waiting, too.
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

interface Cost {
  readonly seconds: number
  readonly processor: number
  /** Seconds of what is in rows that are folded at first. */
  readonly folded: number
  readonly slowest: string
}

async function dashboardCost(
  { url, pid }: { readonly url: string; readonly pid: number },
  dashboard: Dashboard,
): Promise<Cost> {
  const before = cpuSeconds(pid)
  let seconds = await variablesCost(url, dashboard)
  let slowest = ['variables', seconds] as [string, number]
  let folded = 0
  const queries = queriesOf(dashboard)
  const unfolded = new Set(dashboard.panels.map(({ id }) => id))
  for (const query of queries.filter(({ panel }) => unfolded.has(panel.id))) {
    const one = await costOf(url, query)
    seconds += one
    if (one > slowest[1]) slowest = [query.where.replace(/^.*?: /, ''), one]
  }
  const processor = cpuSeconds(pid) - before
  for (const query of queries.filter(({ panel }) => !unfolded.has(panel.id))) {
    folded += await costOf(url, query)
  }
  return {
    seconds,
    processor,
    folded,
    slowest: `${slowest[0]} ${slowest[1].toFixed(3)}`,
  }
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
    '| dashboard | first, s | then, s | processor, first / then, s | folded rows, s | slowest query, s |\n|---|---|---|---|---|---|\n',
  )
  let isOver = false
  for (const dashboard of DASHBOARDS) {
    const first = await dashboardCost(running, dashboard)
    const more: Cost[] = []
    for (let round = 0; round < 3; round++) more.push(await dashboardCost(running, dashboard))
    const then = median(more.map(({ seconds }) => seconds))
    const processor = median(more.map(one => one.processor))
    isOver ||= Math.min(then, processor) > SECONDS_MAX
    process.stdout.write(
      `| ${[
        dashboard.title,
        first.seconds.toFixed(2),
        then.toFixed(2),
        `${first.processor.toFixed(2)} / ${processor.toFixed(2)}`,
        median(more.map(({ folded }) => folded)).toFixed(2),
        first.slowest,
      ].join(' | ')} |\n`,
    )
  }
  process.exitCode = isOver ? 1 : 0
} finally {
  await running.end()
  rmSync(folder, { recursive: true, force: true })
}
