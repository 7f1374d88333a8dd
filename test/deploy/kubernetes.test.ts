/**
 * The Kubernetes manifests without a cluster: types of the Kubernetes API (unknown and missing fields are
 * found), what refers to what, rights, and command lines by the program's own parser.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { DaemonSet, Deployment } from 'kubernetes-types/apps/v1.js'
import type { ConfigMap, Container, PodTemplateSpec, Service } from 'kubernetes-types/core/v1.js'
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js'
import { parse, parseAllDocuments } from 'yaml'
import { groupsOf, ROOT, RULE_FILES } from '../prometheus/rule-files.ts'
import { part } from '../support/parts.ts'
import { temporaryFolder } from '../support/processes.ts'
import { parseOwn } from './command-line.ts'

const FOLDER = join(ROOT, 'deploy/kubernetes')
const FILES = readdirSync(FOLDER).filter(
  name => name.endsWith('.yaml') && name !== 'kustomization.yaml',
)

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

function manifestsOf(name: string): Manifest[] {
  return parseAllDocuments(readFileSync(join(FOLDER, name), 'utf8')).map(
    document => document.toJS() as Manifest,
  )
}

const all = FILES.flatMap(manifestsOf)
function the<T>(kind: string, name: string): T {
  return all.find(one => one.kind === kind && one.metadata.name === name) as T
}
const deployment = the<Deployment>('Deployment', 'sflow-bridge')
const daemonSet = the<DaemonSet>('DaemonSet', 'hsflowd')

/** The operator's own kinds, as far as we use them. */
const OPERATOR = `
  import type { ObjectMeta, LabelSelector } from 'kubernetes-types/meta/v1.js'
  interface Own { apiVersion: string; kind: string; metadata: ObjectMeta }
  export interface ServiceMonitor extends Own { spec: { jobLabel?: string; selector: LabelSelector; sampleLimit?: number
    namespaceSelector?: { matchNames: string[] }
    endpoints: { port: string; path?: string; interval?: string; honorLabels?: boolean }[] } }
  interface Rule { alert?: string; record?: string; expr: string; for?: string; keep_firing_for?: string
    labels?: Record<string, string>; annotations?: Record<string, string> }
  export interface PrometheusRule extends Own { spec: { groups: { name: string; interval?: string; limit?: number; rules: Rule[] }[] } }
`

/** Where the type of a kind comes from. */
function typeOf({ apiVersion, kind }: Manifest): string {
  if (apiVersion.startsWith('monitoring.coreos.com/')) return `import('./operator.ts').${kind}`
  const [group = '', version] = apiVersion.includes('/')
    ? apiVersion.split('/')
    : ['core', apiVersion]
  return `import('kubernetes-types/${group.replace('.k8s.io', '')}/${version}.js').${kind}`
}

/** What tsc says of objects that are to be of these types. */
function judged(t: ExecutionContext, manifests: readonly Manifest[]): string {
  mkdirSync(join(ROOT, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(ROOT, '.cache', 'kubernetes-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const lines = manifests.map(
    (one, i) => `export const m${i}: ${typeOf(one)} = ${JSON.stringify(one)}`,
  )
  writeFileSync(join(folder, 'operator.ts'), OPERATOR)
  writeFileSync(join(folder, 'manifests.ts'), lines.join('\n'))
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const words = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'esnext',
  ]
  const options = [...words, '--allowImportingTsExtensions', '--ignoreConfig', 'manifests.ts']
  return spawnSync(process.execPath, [tsc, ...options], { cwd: folder, encoding: 'utf8' }).stdout
}

test('every manifest is of its type, field by field', t => {
  t.true(all.length >= 12)
  t.is(judged(t, all), '')
  const wrong = JSON.parse(
    JSON.stringify(deployment).replace('readOnlyRootFilesystem', 'readonlyRoot'),
  )
  t.regex(judged(t, [wrong]), /readonlyRoot/, 'an unknown field is found')
})

test('kustomization names files that are there, and each file is named', t => {
  const text = readFileSync(join(FOLDER, 'kustomization.yaml'), 'utf8')
  const named = Array.from(text.matchAll(/^ {2}(?:# )?- (\S+\.yaml)$/gm), ([, name]) => name)
  t.deepEqual([...named].sort(), [...FILES].sort())
  t.deepEqual((parse(text) as { resources: string[] }).resources, [
    'bridge.yaml',
    'network-policy.yaml',
  ])
})

function podOf({ spec }: Deployment | DaemonSet): PodTemplateSpec {
  if (spec === undefined) throw new Error('a workload without spec')
  return spec.template
}

function containerOf(workload: Deployment | DaemonSet): Container {
  return podOf(workload).spec?.containers[0] as Container
}

test('selectors find their pods, and every volume is mounted from something that is there', t => {
  for (const workload of [deployment, daemonSet]) {
    t.deepEqual(workload.spec?.selector.matchLabels, podOf(workload).metadata?.labels)
    const volumes = podOf(workload).spec?.volumes ?? []
    t.deepEqual(
      containerOf(workload).volumeMounts?.map(({ name }) => name),
      volumes.map(({ name }) => name),
    )
    for (const { configMap, persistentVolumeClaim } of volumes) {
      if (configMap?.name) t.truthy(the('ConfigMap', configMap.name))
      if (persistentVolumeClaim)
        t.truthy(the('PersistentVolumeClaim', persistentVolumeClaim.claimName))
    }
  }
  for (const name of ['sflow', 'sflow-bridge']) {
    const { spec } = the<Service>('Service', name)
    t.deepEqual(spec?.selector, podOf(deployment).metadata?.labels)
    const ports = containerOf(deployment).ports ?? []
    for (const { port, targetPort, protocol } of spec?.ports ?? []) {
      t.like(
        ports.find(one => one.name === targetPort),
        { containerPort: port, protocol: protocol ?? '' },
      )
    }
  }
})

test('the bridge has no rights, a root that is read-only, and probes on its own port', t => {
  const container = containerOf(deployment)
  t.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  t.like(podOf(deployment).spec, { automountServiceAccountToken: false })
  t.like(podOf(deployment).spec?.securityContext, {
    runAsNonRoot: true,
    runAsUser: 65532,
    fsGroup: 65532,
  })
  t.regex(container.image ?? '', /:\d+\.\d+\.\d+$/)
  for (const probe of [container.readinessProbe, container.livenessProbe]) {
    t.is(probe?.httpGet?.port, 'http')
    t.regex(probe?.httpGet?.path ?? '', /^\/-\/(ready|healthy)$/)
  }
})

test('agents outside reach the bridge with their own address, and one agent reaches one bridge', t => {
  t.like(the<Service>('Service', 'sflow').spec, {
    externalTrafficPolicy: 'Local',
    sessionAffinity: 'ClientIP',
  })
  t.is(deployment.spec?.replicas, 1)
  t.is(deployment.spec?.strategy?.type, 'Recreate')
})

test('the network policy lets in what the ports are for, and nothing else', t => {
  const { spec } = the<NetworkPolicy>('NetworkPolicy', 'sflow-bridge')
  t.deepEqual(spec?.policyTypes, ['Ingress', 'Egress'])
  t.deepEqual(
    spec?.ingress?.flatMap(({ ports = [] }) => ports.map(({ port }) => port)),
    containerOf(deployment).ports?.map(({ name }) => name),
  )
})

test('the command is one that the program takes, and so is its configuration', async t => {
  const { args = [] } = containerOf(deployment)
  const flags = await parseOwn(args)
  t.is(flags.get('config.file'), '/config/bridge.yaml')
  const file = join(temporaryFolder(t), 'bridge.yaml')
  const data = the<ConfigMap>('ConfigMap', 'sflow-bridge').data
  writeFileSync(file, data?.['bridge.yaml'] ?? '')
  const main = join(ROOT, 'src/main.ts')
  const words = [main, 'check', `--config.file=${file}`]
  t.regex(execFileSync(process.execPath, words, { encoding: 'utf8' }), /good/)
})

test('agents have the host’s process ids and network, in a namespace of their own', t => {
  t.like(podOf(daemonSet).spec, { hostPID: true, hostNetwork: true })
  t.is(daemonSet.metadata?.namespace, 'sflow-agents')
  t.is(deployment.metadata?.namespace, 'sflow')
})

test('the rules of the operator are the shipped ones, and Prometheus takes them', t => {
  const { spec } = the<{ spec: { groups: object[] } }>('PrometheusRule', 'sflow-bridge')
  t.deepEqual(spec.groups, RULE_FILES.flatMap(groupsOf) as object[])
  const file = join(temporaryFolder(t), 'rules.json')
  writeFileSync(file, JSON.stringify(spec))
  t.notThrows(() => execFileSync(part('promtool'), ['check', 'rules', file], { stdio: 'pipe' }))
})
