/**
 * Grafana-managed alerting for those who alert from Grafana: the alerts of prometheus/rules as
 * Grafana's own, a contact point to the controller's webhook, and one policy tree. Recording rules and
 * limits stay in Prometheus. Optional: mount grafana/alerting into provisioning/alerting, and take
 * the alert rules out of Prometheus, or everything fires twice.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'

const RULES = fileURLToPath(new URL('../prometheus/rules/', import.meta.url))
/** As provisioned in provisioning/datasources. */
const PROMETHEUS = 'sflow-prometheus'
const EVERY = '15s'
/** How a template of Prometheus multiplies. */
const IN_BITS = 'printf "8 * %f" $value | query | first | value'

interface PrometheusRule {
  readonly alert?: string
  readonly expr: string
  readonly for?: string
  readonly keep_firing_for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly PrometheusRule[] }[]
}

/** File name to text, for grafana/alerting/. */
export function alertingFiles(): Readonly<Record<string, string>> {
  return {
    'rules.yaml': text('Alert rules, from prometheus/rules.', { groups: ruleGroups() }),
    'contact-points.yaml': text('Who is told.', { contactPoints: CONTACT_POINTS }),
    'policies.yaml': text('Who is told of what. Grafana knows one tree only: the last file wins.', {
      policies: [POLICY],
    }),
  }
}

/** Grafana puts the environment in for `$NAME`, so that every dollar is doubled. */
function text(about: string, content: object): string {
  const yaml = stringify({ apiVersion: 1, ...content }, { lineWidth: 0 })
  return `# ${about} Made by npm run dashboards; a test fails when it is stale.\n${yaml.replaceAll('$', '$$$$')}`
}

function ruleGroups(): object[] {
  return readdirSync(RULES)
    .filter(name => name.endsWith('.yml'))
    .sort()
    .flatMap(file => (parse(readFileSync(RULES + file, 'utf8')) as RuleFile).groups)
    .map(({ name, rules }) => ({
      orgId: 1,
      name,
      folder: 'sFlow',
      interval: EVERY,
      rules: rules.filter(isForSomebody).map(grafanaRule),
    }))
    .filter(({ rules }) => rules.length > 0)
}

/** Grafana has no receiver for nobody: what is only to be looked at is left out. */
function isForSomebody({ alert, labels }: PrometheusRule): boolean {
  return alert !== undefined && (labels.severity !== 'info' || labels.acl_action !== undefined)
}

/** A Prometheus expression yields only what fires, at times with the value 0: any value is a yes. */
function grafanaRule(rule: PrometheusRule): object {
  const title = rule.alert as string
  const range = { from: 600, to: 0 }
  const query = { refId: 'A', expr: rule.expr, instant: true, range: false }
  const math = (refId: string, expression: string) => ({
    refId,
    relativeTimeRange: range,
    datasourceUid: '__expr__',
    model: { refId, type: 'math', expression },
  })
  const tellsBits = Object.values(rule.annotations).some(one => one.includes(IN_BITS))
  return {
    uid: `sflow-${title}`.slice(0, 40),
    title,
    condition: 'B',
    for: rule.for,
    keep_firing_for: rule.keep_firing_for,
    noDataState: 'OK',
    execErrState: 'Error',
    labels: rule.labels,
    annotations: annotations(rule.annotations),
    data: [
      { refId: 'A', relativeTimeRange: range, datasourceUid: PROMETHEUS, model: query },
      math('B', '$A * 0 + 1'),
      ...(tellsBits ? [math('C', '$A * 8')] : []),
    ],
  }
}

/** Grafana has no external labels and cannot query in templates; it links dashboards by their uid. */
function annotations(given: PrometheusRule['annotations']): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [name, template] of Object.entries(given)) {
    const own = template.replaceAll(IN_BITS, '$values.C.Value')
    if (name === 'dashboard' || name === 'runbook' || own.includes(' query ')) continue
    found[name] = own.replace(/\$value\b/g, () => '$values.A.Value')
  }
  const runbook = given.runbook?.replace('{{ $externalLabels.runbooks }}', 'docs/runbooks')
  return runbook === undefined ? found : { ...found, runbook }
}

const CONTACT_POINTS = [
  {
    orgId: 1,
    name: 'controller',
    receivers: [
      {
        uid: 'sflow-controller',
        type: 'webhook',
        disableResolveMessage: false,
        settings: {
          url: 'http://localhost:16344/api/v1/alerts',
          httpMethod: 'POST',
          maxAlerts: '0',
        },
      },
    ],
  },
  {
    orgId: 1,
    name: 'people',
    receivers: [
      {
        uid: 'sflow-people',
        type: 'email',
        settings: { addresses: 'network-operations@example.org' },
      },
    ],
  },
]

/** As prometheus/alertmanager.yml: what asks for a rule goes to the controller at once, and on to people. */
const POLICY = {
  orgId: 1,
  receiver: 'people',
  group_by: ['alertname', 'agent'],
  group_wait: '30s',
  group_interval: '5m',
  repeat_interval: '4h',
  routes: [
    {
      receiver: 'controller',
      object_matchers: [['acl_action', '=~', 'mark|drop|limit']],
      group_by: ['...'],
      group_wait: '0s',
      group_interval: '5s',
      repeat_interval: '1m',
      continue: true,
    },
    { receiver: 'people', object_matchers: [['severity', '=~', 'critical|warning']] },
  ],
}
