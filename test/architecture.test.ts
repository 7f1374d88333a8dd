/** Who may import whom, read off the import lines; and files that stay small enough to be read. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import test from 'ava'

const SOURCE = new URL('../src/', import.meta.url).pathname

/** Folder → folders that it may import beside itself, types aside. `src/README.md` tells why. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  structures: [],
  packet: ['structures', 'state', 'sflow'],
  sflow: ['structures', 'packet', 'state', 'pcap'],
  state: ['structures'],
  flows: ['sflow', 'packet', 'structures', 'state'],
  engine: ['flows', 'sflow', 'state', 'structures'],
  ingest: ['engine', 'flows', 'state'],
  names: ['engine', 'state'],
  metrics: ['engine', 'flows', 'ingest', 'names', 'state', 'structures', 'sflow', 'acl'],
  pcap: ['packet', 'state'],
  simulate: ['pcap', 'packet', 'structures'],
  acl: ['state'],
  notify: ['flows', 'state', 'acl'],
  http: ['metrics', 'acl', 'flows', 'state', 'engine'],
  config: ['flows', 'acl', 'structures', 'metrics', 'names', 'engine'],
  capacity: ['config'],
  dashboards: ['metrics', 'structures', 'flows', 'config'],
}

/** npm package → the only folder that may import it. */
const ONLY_IN: Readonly<Record<string, string>> = {
  'prom-client': 'metrics',
  koa: 'http',
  '@koa/router': 'http',
  'lru-cache': 'state',
  'net-snmp': 'names',
  'node:dgram': 'ingest',
}

/** Small modules at the top that anybody may use. */
const COMMON = /^(log|text|usage-error|listen-address)\.ts$/

interface Import {
  readonly file: string
  readonly from: string
}

const files = globSync('**/*.ts', { cwd: SOURCE })

function importsOf(file: string): Import[] {
  const text = readFileSync(join(SOURCE, file), 'utf8')
  const values = text.replaceAll(/^import type [^']+'[^']+'/gm, '')
  return Array.from(values.matchAll(/(?:from|import)\s*\(?'([^']+)'/g), ([, from = '']) => ({
    file,
    from,
  }))
}

test('imports go one way', t => {
  const broken: string[] = []
  for (const { file, from } of files.flatMap(importsOf)) {
    const [folder = ''] = file.split('/')
    if (!from.startsWith('.') || !(folder in MAY_IMPORT)) continue
    const target = relative(SOURCE, join(SOURCE, dirname(file), from))
    if (COMMON.test(target)) continue
    const [to = ''] = target.split('/')
    if (to !== folder && !MAY_IMPORT[folder]?.includes(to)) broken.push(`${file} imports ${target}`)
  }
  t.deepEqual(broken, [])
})

test('a package with one home is imported there alone', t => {
  const broken: string[] = []
  for (const { file, from } of files.flatMap(importsOf)) {
    const home = ONLY_IN[from]
    if (home !== undefined && !file.startsWith(`${home}/`)) broken.push(`${file} imports ${from}`)
  }
  t.deepEqual(broken, [])
})

test('no text becomes code, and nothing on the way of a datagram uses a clock or a random number', t => {
  const broken: string[] = []
  for (const file of files) {
    const text = readFileSync(join(SOURCE, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    if (/\beval\(|new Function\(/.test(text)) broken.push(`${file}: eval`)
    const pure = /^(structures|sflow|packet|state|flows|engine)\//.test(file)
    if (pure && /Date\.now\(|Math\.random\(|setTimeout\(|setInterval\(/.test(text))
      broken.push(`${file}: clock`)
  }
  t.deepEqual(broken, [])
})
