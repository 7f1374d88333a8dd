/**
 * The rules as Prometheus' own tool sees them, and what is asked of ours beyond that: each alert
 * fires and keeps quiet in a unit test, says what it saw, and leads to a dashboard and a runbook.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { part } from '../support/parts.ts'
import { parsePromql, rangeSeconds } from './promql.ts'
import {
  alertTests,
  groupsOf,
  OPTIONAL_FILES,
  ROOT,
  RULE_FILES,
  RULE_TESTS,
  recordTests,
  rulesOf,
} from './rule-files.ts'

interface Dashboard {
  readonly uid: string
  readonly templating: { readonly list: readonly { readonly name: string }[] }
}

const RULES = rulesOf(RULE_FILES)
const ALERTS = RULES.filter(rule => rule.alert !== undefined)

/** Throws with all that the tool printed when it finds fault. */
function promtool(...words: readonly string[]): string {
  try {
    return execFileSync(part('promtool'), words, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`promtool ${words.join(' ')}: ${stdout}${stderr}`)
  }
}

test('promtool accepts the configuration and every rule file', t => {
  t.true(promtool('check', 'config', 'prometheus/prometheus.yml').includes('SUCCESS'))
  const said = promtool('check', 'rules', '--lint-fatal', ...RULE_FILES, ...OPTIONAL_FILES)
  t.is(said.match(/SUCCESS/g)?.length, RULE_FILES.length + OPTIONAL_FILES.length)
})

for (const file of RULE_TESTS) {
  test(`promtool: ${file}`, t => {
    t.true(promtool('test', 'rules', file).includes('SUCCESS'))
  })
}

test('every alert has a unit test in which it fires and one in which it does not', t => {
  const tests = alertTests()
  const without = ALERTS.flatMap(({ alert }) => {
    const own = tests.filter(({ alertname }) => alertname === alert)
    const fires = own.some(({ exp_alerts }) => exp_alerts.length > 0)
    const quiet = own.some(({ exp_alerts }) => exp_alerts.length === 0)
    return fires && quiet ? [] : [`${alert}: fires ${fires}, keeps quiet ${quiet}`]
  })
  t.deepEqual(without, [])
})

test('every recording rule has a unit test in which it has a value, and one in which it has none', t => {
  const tests = recordTests()
  const records = [...RULES, ...rulesOf(OPTIONAL_FILES)].filter(rule => rule.record !== undefined)
  const without = records.flatMap(({ record = '', expr }) => {
    const own = tests.filter(one => parsePromql(one.expr).selectors.some(s => s.metric === record))
    const has = own.some(({ exp_samples }) => exp_samples.length > 0)
    // A limit is a number that is always there.
    const lacks = own.some(({ exp_samples }) => exp_samples.length === 0) || /^vector\(/.test(expr)
    return has && lacks ? [] : [`${record}: has a value ${has}, has none ${lacks}`]
  })
  t.deepEqual(without, [])
})

test('the name of a record tells the window that it uses', t => {
  for (const { record = '', expr } of RULES) {
    const named = /:(?:rate|ratio|p95_)(\d+[mh])$/.exec(record)?.[1]
    for (const { metric, range } of parsePromql(expr).selectors) {
      const isCounter = metric.endsWith('_total') || metric.endsWith('_bucket')
      if (named !== undefined && isCounter) t.is(range, named, `${record}: ${metric}`)
    }
  }
})

test('every alert says how grave it is, how long it waits, and how long it stays', t => {
  const wrong = ALERTS.filter(
    rule =>
      !['critical', 'warning', 'info'].includes(rule.labels?.severity ?? '') ||
      rule.for === undefined ||
      rule.keep_firing_for === undefined,
  )
  t.deepEqual(
    wrong.map(rule => rule.alert),
    [],
  )
})

test('every summary says what was seen, and every alert leads to a dashboard and a runbook', t => {
  for (const { alert, annotations = {} } of ALERTS) {
    const { summary = '', description = '', dashboard = '', runbook = '' } = annotations
    t.regex(summary, /\{\{.*\$(labels|value)|Prometheus knows no/, `${alert}: summary`)
    t.regex(description, /^[A-Z{].*\.$/, `${alert}: description is a sentence`)
    t.regex(
      dashboard,
      /^\{\{ \$externalLabels\.grafana \}\}\/d\/sflow-[a-z]+(\?|$)/,
      `${alert}: dashboard`,
    )
    t.is(runbook, `{{ $externalLabels.runbooks }}/${alert}.md`)
  }
})

test('every alert has a runbook, and every runbook an alert', t => {
  const pages = readdirSync(`${ROOT}/docs/runbooks`).filter(name => name !== 'README.md')
  t.deepEqual(pages.sort(), ALERTS.map(({ alert }) => `${alert}.md`).sort())
})

test('a runbook says what the alert means, what to look at, and how to mend it', t => {
  for (const { alert } of ALERTS) {
    const text = readFileSync(`${ROOT}/docs/runbooks/${alert}.md`, 'utf8')
    t.true(text.startsWith(`# ${alert}\n`), `${alert}: heading`)
    for (const heading of ['Look at', 'Mend'])
      t.true(text.includes(`\n## ${heading}\n`), `${alert}: ${heading}`)
  }
})

test('a link from an alert leads to a dashboard that is shipped, and sets variables that it has', t => {
  for (const { alert = '', annotations = {} } of ALERTS) {
    const link = annotations.dashboard ?? ''
    const name = /\/d\/([a-z-]+)/.exec(link)?.[1]
    const file = `${ROOT}/grafana/dashboards/${name}.json`
    t.true(existsSync(file), `${alert}: ${name}`)
    const { uid, templating } = JSON.parse(readFileSync(file, 'utf8')) as Dashboard
    t.is(uid, name as string)
    const variables = templating.list.map(variable => variable.name)
    for (const [, set = ''] of link.matchAll(/[?&]var-([a-z_]+)=/g)) {
      t.true(variables.includes(set), `${alert}: ${name} has no variable ${set}`)
    }
  }
})

test('every expression is one by the grammar of current Prometheus', t => {
  for (const rule of [...RULES, ...rulesOf(OPTIONAL_FILES)]) {
    t.is(parsePromql(rule.expr).error, undefined, rule.record ?? rule.alert)
  }
})

/** Missing in 2.42, renamed or gone in 3.x. */
const ONE_VERSION_ONLY = [
  'info',
  'limitk',
  'limit_ratio',
  'sort_by_label',
  'sort_by_label_desc',
  'histogram_avg',
  'mad_over_time',
  'double_exponential_smoothing',
  'holt_winters',
  'ts_of_max_over_time',
  'ts_of_min_over_time',
  'first_over_time',
]

test('no rule needs what only old or only new versions of Prometheus know', t => {
  for (const rule of RULES) {
    const foreign = parsePromql(rule.expr).functions.filter(name => ONE_VERSION_ONLY.includes(name))
    t.deepEqual(foreign, [], rule.record ?? rule.alert)
  }
  for (const file of [...RULE_FILES, ...OPTIONAL_FILES]) {
    for (const group of groupsOf(file)) {
      t.deepEqual(
        Object.keys(group).filter(key => !['name', 'interval', 'limit', 'rules'].includes(key)),
        [],
        file,
      )
    }
  }
})

test('windows over counters of polled agents are 5 minutes or longer', t => {
  for (const rule of RULES) {
    for (const { metric, range } of parsePromql(rule.expr).selectors) {
      if (range === undefined || metric.startsWith('sflow_flow_')) continue
      t.true(rangeSeconds(range) >= 300, `${rule.record ?? rule.alert}: ${metric}[${range}]`)
    }
  }
})

test('a recording rule is named level:metric:operations', t => {
  for (const { record } of RULES) {
    if (record !== undefined) t.regex(record, /^[a-z_]+:sflow_[a-z0-9_]+:[a-z0-9_]+$/)
  }
})
