/**
 * Dashboards against the types that Grafana publishes: nothing misspelt, nothing of a wrong kind.
 * Grafana's own type leaves queries, options and custom field options open, so each is checked a
 * second time by the type of its panel. `test/preview` makes the schemas (npm run schemas).
 */
import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import test from 'ava'
import { DASHBOARDS, type Panel, panelsOf } from './dashboard-files.ts'

const ajv = new Ajv({ allErrors: true, strict: false })

function schema(name: string): ValidateFunction {
  const text = readFileSync(new URL(`schema/${name}.json`, import.meta.url), 'utf8')
  return ajv.compile(JSON.parse(text) as object)
}

const validators = {
  dashboard: schema('dashboard'),
  panel: schema('panel'),
  query: schema('prometheus-query'),
}
const options: Readonly<Record<string, ValidateFunction>> = {
  timeseries: schema('timeseries-options'),
  stat: schema('stat-options'),
  bargauge: schema('bargauge-options'),
  table: schema('table-options'),
  'state-timeline': schema('state-timeline-options'),
  text: schema('text-options'),
}
const custom: Readonly<Record<string, ValidateFunction>> = {
  timeseries: schema('timeseries-field'),
  table: schema('table-field'),
  'state-timeline': schema('state-timeline-field'),
}

/** Empty: valid. */
function faults(validate: ValidateFunction | undefined, value: unknown): string[] {
  if (validate === undefined) return ['there is no schema for it']
  if (validate(value)) return []
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  )
}

interface WithOptions extends Panel {
  readonly options?: unknown
  readonly fieldConfig?: NonNullable<Panel['fieldConfig']> & {
    readonly defaults: { readonly custom?: unknown }
  }
}

/**
 * Of the Prometheus data source, beside Grafana's own keys of an annotation. Grafana's type of
 * `target` is that of its own annotations; ours is a query, and is checked as one.
 */
const ANNOTATION_KEYS = ['target', 'titleFormat', 'textFormat', 'tagKeys']

function withoutKeys(value: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)))
}

for (const given of DASHBOARDS) {
  const list = given.annotations.list.map(one => withoutKeys(one, ANNOTATION_KEYS))
  const dashboard = { ...given, annotations: { list } } as typeof given
  test(`${dashboard.title} is a dashboard by Grafana's type`, t => {
    t.deepEqual(faults(validators.dashboard, dashboard), [])
    for (const { target } of given.annotations.list)
      t.deepEqual(faults(validators.query, target), [])
  })

  test(`${dashboard.title}: each panel, its options and its queries are by their types`, t => {
    for (const panel of panelsOf(dashboard) as WithOptions[]) {
      t.deepEqual(faults(validators.panel, panel), [], panel.title)
      t.deepEqual(faults(options[panel.type], panel.options ?? {}), [], `${panel.title}: options`)
      const own = panel.fieldConfig?.defaults.custom
      if (own !== undefined)
        t.deepEqual(faults(custom[panel.type], own), [], `${panel.title}: custom`)
      for (const target of panel.targets ?? [])
        t.deepEqual(faults(validators.query, target), [], panel.title)
    }
  })
}

test('a misspelt property is found: in a dashboard, a panel, options and a query', t => {
  const [dashboard] = DASHBOARDS
  const [panel] = panelsOf(dashboard as (typeof DASHBOARDS)[number])
  t.not(faults(validators.dashboard, { ...dashboard, graphToltip: 1 }).length, 0)
  t.not(faults(validators.panel, { ...panel, tittle: 'x' }).length, 0)
  t.not(faults(options.stat, { graphMod: 'area' }).length, 0)
  t.not(faults(validators.query, { expr: 'up', refId: 'A', legendFromat: 'x' }).length, 0)
})
