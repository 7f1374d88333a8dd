/**
 * `npm run manifests`: what compose.yaml and Kubernetes need in words of their own, out of the
 * configuration and rules that are shipped; committed, and kept fresh by a test.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'

const ROOT = new URL('../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')

/** Addresses on one machine → names of compose.yaml's services. */
const SERVICES: Readonly<Record<string, string>> = {
  'localhost:16343': 'bridge:16343',
  'localhost:16344': 'controller:16344',
  'localhost:8080': 'acl-agent:8080',
  'localhost:9090': 'prometheus:9090',
  'localhost:9093': 'alertmanager:9093',
}

const CREDENTIALS = {
  shipped: `        # http_config:
        #   authorization:
        #     credentials_file: /etc/alertmanager/controller.token
`,
  compose: `        http_config:
          authorization:
            credentials_file: /secrets/alerts.token
`,
}

/** Path → content, of every generated file. */
export function manifests(): ReadonlyMap<string, string> {
  const alertmanager = forCompose('prometheus/alertmanager.yml')
  if (!alertmanager.includes(CREDENTIALS.shipped)) throw new Error('alertmanager.yml: credentials')
  return new Map([
    ['deploy/compose/prometheus.yml', forCompose('prometheus/prometheus.yml')],
    [
      'deploy/compose/alertmanager.yml',
      alertmanager.replace(CREDENTIALS.shipped, CREDENTIALS.compose),
    ],
    ['deploy/compose/datasources.yaml', forCompose('grafana/provisioning/datasources/sflow.yaml')],
    ['deploy/kubernetes/prometheus-rules.yaml', prometheusRule()],
  ])
}

function forCompose(path: string): string {
  let text = read(path)
  for (const [local, service] of Object.entries(SERVICES)) text = text.replaceAll(local, service)
  return `# Made from ${path} by \`npm run manifests\`: change that.\n${text}`
}

/** All rule groups as one object of the Prometheus operator. */
function prometheusRule(): string {
  const files = readdirSync(new URL('prometheus/rules/', ROOT)).filter(name =>
    name.endsWith('.yml'),
  )
  const groups = files
    .sort()
    .flatMap(name => (parse(read(`prometheus/rules/${name}`)) as { groups: object[] }).groups)
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'sflow-bridge', namespace: 'sflow', labels: { app: 'sflow-bridge' } },
    spec: { groups },
  }
  const header = '# Made from prometheus/rules by `npm run manifests`: change those.\n'
  return header + stringify(rule, { lineWidth: 0 })
}

if (import.meta.main) {
  for (const [path, text] of manifests()) writeFileSync(new URL(path, ROOT), text)
  console.log(`${manifests().size} files, from ${fileURLToPath(ROOT)}`)
}
