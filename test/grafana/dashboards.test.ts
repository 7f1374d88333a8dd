/**
 * Dashboards hold what people and Grafana expect of them: the rules of Grafana's own linter, names
 * that exist, queries that parse, and files that are what the source makes.
 */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { DASHBOARDS as SPECS } from '../../grafana/all.ts'
import { dashboardJson } from '../../src/dashboards/dashboard.ts'
import { declaredMetrics, labelsOfMetrics, recordedBy } from '../prometheus/declared.ts'
import { parsePromql, rangeSeconds } from '../prometheus/promql.ts'
import { ROOT, RULE_FILES, rulesOf } from '../prometheus/rule-files.ts'
import {
  DASHBOARDS,
  FILES,
  type Panel,
  panelsOf,
  queriesOf,
  substituted,
  variableQuery,
  variableSelector,
} from './dashboard-files.ts'

const QUERIES = DASHBOARDS.flatMap(queriesOf).map(query => ({
  ...query,
  ...parsePromql(substituted(query)),
}))
const declared = declaredMetrics()
const recorded = recordedBy(rulesOf(RULE_FILES))

test('the files are what the source makes: npm run dashboards', t => {
  t.deepEqual([...FILES].sort(), SPECS.map(({ uid }) => `${uid}.json`).sort())
  for (const spec of SPECS) {
    const file = readFileSync(`${ROOT}/grafana/dashboards/${spec.uid}.json`, 'utf8')
    t.true(file === dashboardJson(spec), `${spec.uid}.json is stale`)
  }
})

test('each dashboard can be provisioned: a fixed uid, no id, not to be edited in place', t => {
  t.is(new Set(DASHBOARDS.map(({ uid }) => uid)).size, DASHBOARDS.length)
  for (const { uid, id, editable, title, description } of DASHBOARDS) {
    t.is(id, null)
    t.false(editable)
    t.regex(uid, /^sflow-[a-z-]{1,34}$/)
    t.regex(title, /^sFlow \/ /)
    t.regex(description, /\.$/)
  }
})

test('each dashboard shows alerts, and leads to its siblings with selection and time', t => {
  for (const { annotations, links } of DASHBOARDS) {
    t.true(annotations.list.some(({ name }) => name === 'Alerts'))
    t.true(links.some(({ includeVars, keepTime }) => includeVars && keepTime))
  }
})

test('the data source is a variable, and every panel and variable uses it', t => {
  for (const dashboard of DASHBOARDS) {
    const [first, ...others] = dashboard.templating.list
    t.is(first?.type, 'datasource')
    t.is(first?.name, 'datasource')
    for (const variable of others) {
      t.is(variable.refresh, 2, `${dashboard.title}: ${variable.name} follows the shown time`)
      t.regex(variable.description ?? '', /\.$/)
      t.is(parsePromql(variableSelector(variable).replaceAll(/\$(\w+)/g, '.*')).error, undefined)
    }
    for (const panel of panelsOf(dashboard)) {
      if (panel.type !== 'text') t.is(panel.datasource?.uid, `\${datasource}`, panel.title)
    }
  }
})

test('a panel has a title, a description, a unit, and queries, unless it is text', t => {
  for (const dashboard of DASHBOARDS) {
    for (const panel of panelsOf(dashboard)) {
      const where = `${dashboard.title}: ${panel.title}`
      t.true(panel.title.length > 1, where)
      t.regex(panel.description ?? '', /^[A-Z].*\.$/, where)
      if (panel.type === 'text') continue
      t.true((panel.targets ?? []).length > 0, where)
      const units = (panel.fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
        properties.filter(({ id }) => id === 'unit'),
      )
      t.true(panel.fieldConfig?.defaults.unit !== undefined || units.length > 0, `${where}: unit`)
    }
  }
})

test('ids and references are unique, and panels lie side by side on 24 columns', t => {
  for (const dashboard of DASHBOARDS) {
    const all = [...dashboard.panels, ...dashboard.panels.flatMap(({ panels = [] }) => panels)]
    t.is(new Set(all.map(({ id }) => id)).size, all.length, dashboard.title)
    for (const [index, { gridPos: one, title }] of dashboard.panels.entries()) {
      t.true(one.x + one.w <= 24, title)
      const below = dashboard.panels
        .slice(index + 1)
        .filter(
          ({ gridPos: other }) =>
            one.x < other.x + other.w &&
            other.x < one.x + one.w &&
            one.y < other.y + other.h &&
            other.y < one.y + one.h,
        )
      t.deepEqual(
        below.map(panel => panel.title),
        [],
        `${dashboard.title}: ${title} lies on others`,
      )
    }
    for (const { targets = [], title } of panelsOf(dashboard)) {
      t.is(new Set(targets.map(({ refId }) => refId)).size, targets.length, title)
    }
  }
})

test('every query is PromQL', t => {
  for (const { error, where } of QUERIES) t.is(error, undefined, where)
})

test('every metric in a query is declared, and every label that it names is one of its', t => {
  const labels = labelsOfMetrics()
  for (const query of QUERIES) {
    for (const selector of query.selectors) {
      const { metric } = selector
      if (metric === '') continue
      t.true(declared.has(metric) || recorded.has(metric), `${query.where}: ${metric}`)
      const own = labels.get(metric)
      if (own === undefined) continue
      for (const label of selector.labels)
        t.true(own.has(label), `${query.where}: ${metric} has no ${label}`)
    }
  }
})

/** What people choose by takes the place of job and instance in the linter's rules. */
const CHOSEN_BY = ['agent', 'instance', 'job', 'link', 'threshold', 'alertstate']

test('every query is limited to what was chosen', t => {
  for (const query of QUERIES) {
    for (const { metric, labels } of query.selectors) {
      t.true(
        labels.some(label => CHOSEN_BY.includes(label)),
        `${query.where}: ${metric}`,
      )
    }
  }
})

test('a window follows the shown time: $__rate_interval, and $__range for sums over all of it', t => {
  for (const query of QUERIES) {
    for (const [, range] of query.expr.matchAll(/\[([^\]]+)\]/g)) {
      t.true(range === '$__rate_interval' || range === '$__range', `${query.where}: [${range}]`)
    }
  }
})

test('windows over counters of polled agents are 5 minutes or longer', t => {
  for (const query of QUERIES) {
    for (const { metric, range } of query.selectors) {
      if (
        range === undefined ||
        !/^sflow_(interface|host|container|vm|jvm|http|memcache|application)_/.test(metric)
      )
        continue
      t.true(rangeSeconds(range) >= 300, `${query.where}: ${metric}[${range}]`)
    }
  }
})

test('counters appear as rates, and nothing else is rated', t => {
  const rates = ['rate', 'increase', 'irate']
  for (const query of QUERIES) {
    for (const { metric, within, range } of query.selectors) {
      const type = declared.get(metric)
      if (type === undefined) continue
      const isRate = range !== undefined && within.some(name => rates.includes(name))
      t.is(isRate, type === 'counter', `${query.where}: ${metric}`)
    }
  }
})

const TRAFFIC =
  /\bsflow_(interface|host_network|container_network|vm_network|flow|bridge_received)_[\w${:}]*bytes/

test('traffic is drawn in bits a second, everything else in its own unit', t => {
  const unitsOf = ({ fieldConfig }: Panel) => [
    fieldConfig?.defaults.unit,
    ...(fieldConfig?.overrides ?? []).flatMap(({ properties }) =>
      properties.filter(({ id }) => id === 'unit').map(({ value }) => value),
    ),
  ]
  for (const { where, expr, panel } of QUERIES) {
    const isInBits = expr.startsWith('8 * (')
    const isTraffic = TRAFFIC.test(expr)
    if (isInBits) t.true(isTraffic && unitsOf(panel).includes('bps'), where)
    // What is no rate is a share of one, or the choice of the largest.
    else if (isTraffic) t.regex(expr, / \/ |error_ratio|_sources/, where)
  }
  for (const panel of DASHBOARDS.flatMap(panelsOf).filter(one => unitsOf(one).includes('Bps')))
    t.regex(panel.title, /[Dd]isk|Containers|Virtual machines/)
})

test('no query invents zeros', t => {
  for (const { expr, where } of QUERIES) t.notRegex(expr, /\bvector\(|\babsent/, where)
})

test('a legend names things as people do', t => {
  for (const query of QUERIES) {
    const legends = (query.panel.targets ?? []).map(({ legendFormat = '' }) => legendFormat)
    for (const legend of legends) t.notRegex(legend, /ifindex|uuid/, query.where)
    if (query.panel.type === 'table') continue
    t.true(legends.every(legend => legend !== '') || query.expr.includes('__name__'), query.where)
  }
})

test('a definition that nobody knows beforehand names its flows by words', t => {
  const panel = DASHBOARDS.flatMap(panelsOf).find(({ title }) => title === 'Largest flows of $flow')
  const rename = (name: string) =>
    (panel?.transformations ?? []).reduce(
      (text, { options: { regex, renamePattern } }) =>
        text.replace(new RegExp(`${regex}`), `${renamePattern}`),
      name,
    )
  t.is(rename('{protocol="udp"}'), 'udp')
  t.is(
    rename('{destination="10.1.0.2", source="10.2.0.2"}'),
    'destination 10.1.0.2, source 10.2.0.2',
  )
  t.is(rename('{a="1",b="2",c="3"}'), 'a 1, b 2, c 3')
})

test('what a variable offers comes from a metric that exists', t => {
  for (const { templating } of DASHBOARDS) {
    for (const variable of templating.list.slice(1)) {
      const [selector] = parsePromql(
        variableSelector(variable).replaceAll(/\$(\w+)/g, '.*'),
      ).selectors
      if (selector?.metric) t.true(declared.has(selector.metric), variableQuery(variable))
    }
  }
})
