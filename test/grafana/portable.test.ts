/**
 * What holds on one Prometheus or Grafana and not on the next: queries keep to what 2.42 and 3.x share
 * without any flag, and a dashboard can be imported by hand into another Grafana.
 */
import test from 'ava'
import { parsePromql } from '../prometheus/promql.ts'
import { DASHBOARDS, queriesOf, substituted } from './dashboard-files.ts'

/** Aggregations and functions of Prometheus 2.42 that 3.x has under the same name, out of experiment. */
const SHARED = new Set([
  ...['sum', 'min', 'max', 'count', 'avg', 'topk', 'bottomk', 'quantile'],
  ...[
    'rate',
    'irate',
    'increase',
    'changes',
    'delta',
    'avg_over_time',
    'max_over_time',
    'min_over_time',
  ],
  ...['histogram_quantile', 'label_replace', 'time', 'vector', 'scalar', 'abs', 'clamp_min'],
])

const QUERIES = DASHBOARDS.flatMap(queriesOf).map(query => substituted(query, { flow: 'talkers' }))

test('functions are those that both major versions of Prometheus have', t => {
  const used = new Set(QUERIES.flatMap(expr => parsePromql(expr).functions))
  t.deepEqual(
    [...used].filter(name => !SHARED.has(name)),
    [],
  )
})

test('no query names a bucket or a quantile: 3.x writes le="1" as le="1.0"', t => {
  for (const expr of QUERIES) t.notRegex(expr, /\b(le|quantile)\s*(=|!=|=~|!~)\s*"/)
})

test('a window holds four steps or more: 3.x leaves out a reading on its left edge', t => {
  for (const query of DASHBOARDS.flatMap(queriesOf)) {
    const windows = query.expr.match(/\[[^\]]+\]/g) ?? []
    for (const window of windows) t.true(['[$__rate_interval]', '[$__range]'].includes(window))
  }
})

test('no query needs a flag: modifiers and selectors are plain', t => {
  for (const expr of QUERIES) {
    t.notRegex(expr, /\bsmoothed\b|\banchored\b|\bfill\(|\{"|\boffset\s+-/, expr)
  }
})

test('a dashboard carries nothing of the Grafana that it came from', t => {
  for (const dashboard of DASHBOARDS) {
    const text = JSON.stringify(dashboard)
    t.is(dashboard.id, null)
    t.notRegex(text, /__inputs|__requires|\$\{DS_|sflow-prometheus|"pluginVersion"/)
    const [first] = dashboard.templating.list
    t.like(first, { name: 'datasource', type: 'datasource', query: 'prometheus' })
  }
})
