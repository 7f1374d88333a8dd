/** What Grafana reads at its start: data sources, dashboards, and the optional alerting, all in step. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import { alertingFiles } from '../../grafana/alerting.ts'
import { narrowWebhook } from '../../src/acl/controller/webhook.ts'
import { parsePromql } from '../prometheus/promql.ts'
import { ROOT, RULE_FILES, rulesOf } from '../prometheus/rule-files.ts'

interface Source {
  readonly uid: string
  readonly type: string
  readonly jsonData: Readonly<Record<string, unknown>>
}

interface Rule {
  readonly uid: string
  readonly title: string
  readonly condition: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly data: readonly {
    readonly refId: string
    readonly datasourceUid: string
    readonly model: { readonly expr?: string }
  }[]
}

/** As Grafana reads it: a doubled dollar is one. */
function yaml<T>(path: string): T {
  return parse(readFileSync(`${ROOT}/grafana/${path}`, 'utf8').replaceAll('$$', '$')) as T
}

const { datasources } = yaml<{ datasources: readonly Source[] }>(
  'provisioning/datasources/sflow.yaml',
)
const { groups } = yaml<{
  groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[]
}>('alerting/rules.yaml')
const RULES = groups.flatMap(({ rules }) => rules)

test('data sources have fixed uids, and the Alertmanager that alerts are shown from is one of them', t => {
  t.deepEqual(
    datasources.map(({ type, uid }) => [type, uid]),
    [
      ['prometheus', 'sflow-prometheus'],
      ['alertmanager', 'sflow-alertmanager'],
    ],
  )
  t.is(datasources[0]?.jsonData.alertmanagerUid, 'sflow-alertmanager')
  t.is(datasources[0]?.jsonData.timeInterval, '30s')
  t.is(datasources[1]?.jsonData.implementation, 'prometheus')
})

test('the provider neither lets dashboards be edited nor deletes them', t => {
  const { providers } = yaml<{ providers: readonly Readonly<Record<string, unknown>>[] }>(
    'provisioning/dashboards/sflow.yaml',
  )
  t.like(providers[0], { type: 'file', allowUiUpdates: false, disableDeletion: true })
})

test('the alerting files are what the rules make: npm run dashboards', t => {
  for (const [name, text] of Object.entries(alertingFiles())) {
    t.is(readFileSync(`${ROOT}/grafana/alerting/${name}`, 'utf8'), text, name)
  }
})

test('every alert of Prometheus that is for somebody is one of Grafana, with its labels', t => {
  // What is only to be looked at: ElephantTalkers.
  const isForSomebody = (labels: Readonly<Record<string, string>> = {}) =>
    labels.severity !== 'info' || labels.acl_action !== undefined
  const alerts = rulesOf(RULE_FILES).filter(
    ({ alert, labels }) => alert !== undefined && isForSomebody(labels),
  )
  t.deepEqual(
    RULES.map(({ title }) => title),
    alerts.map(({ alert }) => alert as string),
  )
  for (const [index, { labels }] of RULES.entries()) t.deepEqual(labels, alerts[index]?.labels)
})

test('a rule of Grafana has a short uid of its own, and asks data sources that are provisioned', t => {
  t.is(new Set(RULES.map(({ uid }) => uid)).size, RULES.length)
  const uids = new Set([...datasources.map(({ uid }) => uid), '__expr__'])
  for (const { uid, condition, data, title } of RULES) {
    t.true(uid.length <= 40)
    t.true(
      data.some(({ refId }) => refId === condition),
      title,
    )
    for (const { datasourceUid, model } of data) {
      t.true(uids.has(datasourceUid), title)
      if (model.expr !== undefined) t.is(parsePromql(model.expr).error, undefined, title)
    }
  }
})

test('no template of Grafana uses what only Prometheus has', t => {
  for (const { annotations, title } of RULES) {
    for (const template of Object.values(annotations))
      t.notRegex(template, /externalLabels|\bquery\b ["(]|\$value\b/, title)
  }
})

test('every dollar in the alerting files is doubled, since Grafana puts the environment in', t => {
  for (const text of Object.values(alertingFiles())) t.notRegex(text, /(?<!\$)\$(\$\$)*(?!\$)/)
})

test('there is one policy tree, and what asks for a rule goes to the controller and on', t => {
  const { policies } = yaml<{
    policies: readonly { routes: readonly Readonly<Record<string, unknown>>[] }[]
  }>('alerting/policies.yaml')
  t.is(policies.length, 1)
  t.like(policies[0]?.routes[0], { receiver: 'controller', group_wait: '0s', continue: true })
})

/** As Grafana sends it, with the labels of a flow that its rule keeps. */
function webhookOf({ uid, labels }: Rule): object {
  const flow = { agent: '10.255.1.4', ifindex: '3', victim: '10.1.0.1', udpsourceport: '53' }
  return {
    receiver: 'controller',
    status: 'firing',
    orgId: 1,
    version: '1',
    title: '[FIRING:1]',
    state: 'alerting',
    truncatedAlerts: 0,
    alerts: [
      {
        status: 'firing',
        labels: { ...labels, ...flow, grafana_folder: 'sFlow' },
        annotations: { summary: uid },
        startsAt: '2026-11-23T13:00:00Z',
        endsAt: '0001-01-01T00:00:00Z',
        values: { A: 2e7, B: 1 },
        fingerprint: 'c6eadffa33fcdf37',
      },
    ],
  }
}

test('the controller takes the webhook of every rule that asks for one, and of no other', t => {
  const asking = RULES.filter(({ labels }) => labels.acl_action !== undefined)
  t.true(asking.length >= 4)
  for (const rule of RULES) {
    const narrowed = narrowWebhook(webhookOf(rule))
    if (!narrowed.ok) return t.fail(`${rule.title}: ${narrowed.reason}`)
    const { alerts, refused, ignored } = narrowed.value
    t.deepEqual(refused, [], rule.title)
    t.is(alerts.length + ignored, 1)
    t.is(alerts.length, asking.includes(rule) ? 1 : 0, rule.title)
  }
})
