/**
 * Polled each 30 s, scraped each 15 s, under constant load: every window that a shipped rule uses on
 * counters gives the load within 10 % at every evaluation. The engine runs on a virtual clock, its
 * scrapes go to promtool as they are, and promtool evaluates.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { portDatagram } from '../support/datagrams.ts'
import { family, receive, testEngine } from '../support/engine.ts'
import { part } from '../support/parts.ts'
import { temporaryFolder } from '../support/processes.ts'

const RULES = new URL('../../prometheus/rules/', import.meta.url).pathname
const LOAD = 1_000_000
const HOURS = 3
const POLL_S = 30
const SCRAPE_S = 15
const SERIES = 'sflow_interface_receive_bytes_total'
const PORT = 'agent="10.0.0.1",ifindex="1",ifname="swp1"'

test('every shipped rate window stays within 10 % of a constant load, at every evaluation', t => {
  const windows = shippedWindows()
  t.true(windows.length > 0)
  t.log(`windows: ${windows.join(', ')}`)
  for (const phase of [0, 4, 14, 29]) {
    const values = scrapes(phase)
    const file = join(temporaryFolder(t), 'windows.test.yml')
    writeFileSync(file, promtoolTest(values, windows))
    t.notThrows(() => execFileSync(part('promtool'), ['test', 'rules', file], { encoding: 'utf8' }))
  }
})

/** Windows of rate() and increase() in the recording and alert rules. */
function shippedWindows(): string[] {
  const found = new Set<string>()
  for (const name of readdirSync(RULES).filter(one => one.endsWith('.yml'))) {
    const text = readFileSync(join(RULES, name), 'utf8')
    for (const [, metric = '', window] of text.matchAll(
      /(?:rate|increase)\(\s*([a-z0-9_]+)[^[]*\[(\w+)\]/g,
    )) {
      // Flow series move with every sample: their windows may be short.
      if (window !== undefined && !metric.startsWith('sflow_flow_')) found.add(window)
    }
  }
  return [...found]
}

/** What each scrape reads while the agent polls at `phase` seconds past each half minute. */
function scrapes(phase: number): number[] {
  const engine = testEngine()
  const values: number[] = []
  let sequence = 0
  for (let second = 0; second <= HOURS * 3_600; second++) {
    if (second % POLL_S === phase) {
      sequence += 1
      const counters = { ifInOctets: LOAD * second, ifSpeed: 10_000_000_000 }
      receive(
        engine,
        portDatagram({ sequence, uptimeMs: second * 1_000 + 1 }, counters),
        second * 1_000,
      )
    }
    engine.tick(second * 1_000)
    if (second % SCRAPE_S === 0) values.push(family(engine, SERIES)[PORT] ?? Number.NaN)
  }
  return values
}

function promtoolTest(values: readonly number[], windows: readonly string[]): string {
  const shown = values.map(value => (Number.isNaN(value) ? '_' : value)).join(' ')
  const checks = windows.flatMap(window => {
    // Constant over the whole window, at every evaluation from then on: one subquery over the rest.
    const seconds = secondsOf(window) + 2 * POLL_S
    const rest = HOURS * 3_600 - seconds
    const within = `abs(rate(${SERIES}[${window}]) / ${LOAD} - 1) < bool 0.1`
    return `      - expr: min_over_time((${within})[${rest}s:${SCRAPE_S}s])
        eval_time: ${HOURS}h
        exp_samples: [{ labels: '{${PORT}}', value: 1 }]
`
  })
  return `evaluation_interval: ${SCRAPE_S}s
tests:
  - interval: ${SCRAPE_S}s
    input_series:
      - series: '${SERIES}{${PORT}}'
        values: '${shown}'
    promql_expr_test:
${checks.join('')}`
}

function secondsOf(window: string): number {
  const [, count, unit = 's'] = /^(\d+)([smhd])$/.exec(window) ?? []
  return Number(count) * ({ s: 1, m: 60, h: 3_600, d: 86_400 }[unit] ?? 1)
}
