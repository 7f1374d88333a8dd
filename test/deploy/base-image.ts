/**
 * A base image for the Dockerfile without any registry: this Node, npm, a shell, and the libraries
 * that they need, all from this machine. It stands for node:24-slim.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../prometheus/rule-files.ts'

/** How to call a buildah that keeps everything it makes below `folder`. */
export function buildahIn(folder: string, buildah: string) {
  const own = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')]
  return (...words: readonly string[]): string =>
    execFileSync(buildah, [...own, '--storage-driver', 'vfs', ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 300_000,
      maxBuffer: 16 * 1024 * 1024,
    }).trim()
}

/** Makes the image under this name. */
export function makeBaseImage(
  buildah: ReturnType<typeof buildahIn>,
  folder: string,
  name: string,
): void {
  const root = join(folder, 'base')
  const put = (file: string, as: string) => {
    mkdirSync(dirname(join(root, as)), { recursive: true })
    cpSync(realpathSync(file), join(root, as))
  }
  const node = realpathSync(process.execPath)
  put(node, 'usr/local/bin/node')
  put('/bin/sh', 'bin/sh')
  put('/usr/bin/env', 'usr/bin/env')
  put('/etc/ssl/certs/ca-certificates.crt', 'etc/ssl/certs/ca-certificates.crt')
  const native = globSync('node_modules/@node-rs/bcrypt-linux-*/*.node', { cwd: ROOT })
  const programs = [node, '/bin/sh', '/usr/bin/env', ...native.map(file => join(ROOT, file))]
  for (const file of librariesOf(programs)) put(file, file)
  cpSync(npmFolder(), join(root, 'usr/local/lib/node_modules/npm'), { recursive: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'))
  mkdirSync(join(root, 'tmp'))
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  const container = buildah('from', 'scratch')
  buildah('copy', '-q', container, root, '/')
  buildah('config', '--env', 'PATH=/usr/local/bin:/usr/bin:/bin', container)
  buildah('commit', '-q', '--rm', container, name)
}

/** The machine's npm, with what this machine knows of its registry. */
export function npmSettings(): { readonly cache: string; readonly npmrc: string } {
  const get = (key: string) =>
    execFileSync('npm', ['config', 'get', key], { encoding: 'utf8', stdio: 'pipe' }).trim()
  const kept = ['registry', 'https-proxy', 'noproxy'].map(key => `${key}=${get(key)}`)
  const lines = [
    ...kept.filter(line => !/=(null|undefined|)$/.test(line)),
    'cafile=/etc/ssl/certs/ca-certificates.crt',
    'prefer-offline=true',
  ]
  return { cache: get('cache'), npmrc: `${lines.join('\n')}\n` }
}

function npmFolder(): string {
  const path = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim()
  return dirname(dirname(realpathSync(path)))
}

function librariesOf(programs: readonly string[]): Set<string> {
  const said = execFileSync('ldd', [...programs], { encoding: 'utf8' })
  return new Set(said.match(/\/\S+\.so\S*/g)?.filter(file => !file.endsWith(':')))
}
