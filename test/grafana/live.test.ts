/**
 * Every query of every dashboard on a real Prometheus, which scrapes a bridge and a controller that
 * hear a simulated fabric in trouble: all of them bring data, and what they bring is what happened.
 */
import { setTimeout as after } from 'node:timers/promises'
import test from 'ava'
import { parsePromql } from '../prometheus/promql.ts'
import { type Answer, QUESTIONS, type Question } from './ask.ts'
import { DASHBOARDS, queriesOf, substituted, variableSelector } from './dashboard-files.ts'
import { FLOW_HOLD_SECONDS, MeasuredStack } from './measured-stack.ts'
import { FLOW_CHECKS, POLLING_SECONDS, SAMPLING_RATE } from './truth-flows.ts'
import { HOST_CHECKS } from './truth-hosts.ts'
import { INTERFACE_CHECKS } from './truth-interfaces.ts'
import { type Scrape, TruthView } from './truth-view.ts'
import { type Compared, compare } from './values.ts'

const CHECKS = [...INTERFACE_CHECKS, ...HOST_CHECKS, ...FLOW_CHECKS]

/** A busy hour, whatever the clock says: the same traffic in every run. */
const START_MS = Date.UTC(2026, 0, 1, 10, 30)
/** In seconds of the simulation: what began has settled, what ends soon has ended. */
const WINDOW_FROM = 19
const STEADY_FROM = 31
const WINDOW_TO = 41
/** Nobody has been heard for more than three minutes by then: the store is asked for later. */
const SILENCE_SECONDS = 200
/** What comes each minute has come twice: in seconds of the simulation, so that a busy machine has its time. */
const ANSWERS_TO = 120
/** Only for machines with other work: alone it takes a minute and a quarter. */
const TIMEOUT_MS = 600_000

/** Families of dashboards whose values the simulator does not know, and who holds them to account. */
const NO_TRUTH: readonly (readonly [RegExp, string])[] = [
  [/^sflow_acl_/, 'made by the controller: test/acl/controller'],
  [/^sflow_threshold_/, 'made by thresholds: test/thresholds'],
  [/_error_ratio$/, 'the error of an estimate: test/flows'],
  [/_sources$/, 'a count of distinct addresses: test/flows'],
  [/_other_bytes_total$/, 'the rest of what is exported: test/flows'],
  [
    /^sflow_(application_workers_max|jvm_memory_max_bytes|memcache_limit_bytes)$/,
    'divides a value that is checked',
  ],
  [/^sflow_bridge_series_/, 'limits and churn of tables: test/state'],
  [/^sflow_bridge_flow_keys/, 'how full tables of flows are: test/engine/flow-keys.test.ts'],
  [/^sflow_bridge_(wraps|resets|kernel_drops)_total$/, 'too rare for a rate: test/engine'],
  [/^sflow_bridge_(receive_buffer|config_)/, 'the machine and the configuration'],
  [/_info$/, 'names, for joins and variables'],
  [/^sflow_flow_$/, 'the beginning of a name that a variable completes'],
]

interface Run {
  readonly answers: readonly Answer[]
  readonly compared: readonly Compared[]
}

let running: Promise<Run> | undefined
const cleanups: (() => Promise<void>)[] = []

test.after.always(async () => {
  for (const clean of cleanups) await clean()
})

function live(): Promise<Run> {
  running ??= run()
  return running
}

async function run(): Promise<Run> {
  const stack = new MeasuredStack({
    scenario: 'everything',
    seed: 5,
    startMs: START_MS,
    samplingRate: SAMPLING_RATE,
    pollingMs: POLLING_SECONDS * 1_000,
  })
  cleanups.push(() => stack.end())
  const prometheus = await stack.start()
  const scrapes = await stack.scrapesUntil(WINDOW_TO)
  const end = scrapes.at(-1) as Scrape
  const from = (seconds: number) =>
    scrapes.find(({ picture }) => picture.simulated >= seconds) as Scrape
  const begin = from(WINDOW_FROM)
  const truths = {
    whole: new TruthView(begin, end),
    // Not just any time: after a scrape that failed nothing is there.
    knownAt: scrapes.findLast(({ at }) => at <= begin.at - FLOW_HOLD_SECONDS)?.at ?? 0,
    steady: scrapes.slice(scrapes.indexOf(from(STEADY_FROM))),
  }
  const compared: Compared[] = []
  for (const check of CHECKS) compared.push(await compare(prometheus, check, truths))
  return { compared, answers: await answers(prometheus, stack) }
}

/** What each query says as soon as it brings data; of those that never do, what they said last. */
async function answers(url: string, stack: MeasuredStack): Promise<readonly Answer[]> {
  const found: Answer[] = []
  let open: readonly Question[] = QUESTIONS
  for (;;) {
    const to = Date.now() / 1_000
    const values = { flow: 'talkers' }
    const options = { url, from: to - 600, to, values, silentAt: to + SILENCE_SECONDS }
    const asked: (readonly [Question, Answer])[] = []
    for (const question of open) asked.push([question, await question(options)])
    const isLast = stack.simulated > ANSWERS_TO
    const settled = asked.filter(([, { series }]) => series > 0 || isLast)
    found.push(...settled.map(([, answer]) => answer))
    open = asked.filter(one => !settled.includes(one)).map(([question]) => question)
    if (open.length === 0) return found
    await after(1_000)
  }
}

test('every query of every dashboard and variable succeeds and brings data', async t => {
  t.timeout(TIMEOUT_MS)
  const { answers } = await live()
  t.true(answers.length >= 300, `${answers.length}`)
  t.deepEqual(
    answers.filter(({ error }) => error !== undefined),
    [],
  )
  t.deepEqual(
    answers.filter(({ series }) => series === 0).map(({ where }) => where),
    [],
  )
})

test('panels show what happened, within a tenth', async t => {
  t.timeout(TIMEOUT_MS)
  const { compared } = await live()
  for (const { check, value, truth, allowed } of compared) {
    t.log(
      `${check.metric}: ${short(value)} of ${short(truth)}${allowed > 0.1 ? ` ±${short(100 * allowed)} %` : ''} (${check.uid}: ${check.title})`,
    )
  }
  t.deepEqual(
    compared
      .filter(({ fits }) => !fits)
      .map(
        ({ check, value, truth }) =>
          `${check.uid}: ${check.title}: ${check.metric}: ${value} of ${truth}`,
      ),
    [],
  )
})

test('every family of the dashboards is compared, or says who else does', t => {
  const used = new Set(
    DASHBOARDS.flatMap(dashboard => [
      ...queriesOf(dashboard).map(query => substituted(query, { flow: 'talkers' })),
      ...dashboard.templating.list.slice(1).map(variableSelector),
    ])
      .flatMap(expr => parsePromql(expr.replaceAll(/\$\w+/g, '.*')).selectors)
      .map(({ metric }) => metric)
      .filter(metric => metric.startsWith('sflow_'))
      .map(metric => metric.replace(/_bucket$/, '')),
  )
  const compared = new Set(CHECKS.map(({ metric }) => metric))
  const left = [...used].filter(
    metric => !compared.has(metric) && !NO_TRUTH.some(([pattern]) => pattern.test(metric)),
  )
  t.true(used.size > 150, `${used.size}`)
  t.deepEqual(left, [])
})

function short(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-GB', { maximumSignificantDigits: 3 })
}
