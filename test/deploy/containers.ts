/**
 * The services of compose.yaml run with no Docker: each command and health check as it stands there, in
 * a file system of its own that has the service's mounts and is otherwise read-only, as the image's
 * user. All share one network namespace, in which every service's name is this machine; so what is not
 * tried is name service, and that ports are published.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { ROOT } from '../prometheus/rule-files.ts'
import { part } from '../support/parts.ts'
import { type Running, start, temporaryFolder } from '../support/processes.ts'
import { type ComposeFile, type Mount, mountsOf, type Service } from './compose-file.ts'

/** Our image's user, and that of Prometheus' and Alertmanager's images. */
const OURS = 65532
const NOBODY = 65534
/** The folders of this machine that stand for what the images bring. */
const SYSTEM = ['bin', 'dev', 'lib', 'lib64', 'proc', 'sbin', 'usr']
const PATH = '/opt/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export class Containers {
  readonly #t: ExecutionContext
  readonly #file: ComposeFile
  readonly #folder: string
  readonly namespace: string

  constructor(t: ExecutionContext, file: ComposeFile) {
    this.#t = t
    this.#file = file
    this.#folder = temporaryFolder(t)
    this.namespace = `sfbcompose-${this.#folder.slice(-6)}`
    const ip = (...words: readonly string[]) => execFileSync(part('ip'), words)
    ip('netns', 'add', this.namespace)
    t.teardown(() => ip('netns', 'delete', this.namespace))
    ip('-n', this.namespace, 'link', 'set', 'lo', 'up')
  }

  /** Starts a service with the command of the file. */
  start(name: string): Running {
    const service = this.#service(name)
    const words = [...entrypointOf(name, service), ...(service.command ?? [])]
    return this.#run(name, words)
  }

  /** Runs the service's health check beside it; the exit status. */
  async health(name: string): Promise<{ readonly status: number | null; readonly said: string }> {
    const { test = [] } = this.#service(name).healthcheck ?? {}
    return this.exec(name, test.slice(1))
  }

  async exec(name: string, words: readonly string[]) {
    const running = this.#run(name, words)
    const status = await new Promise<number | null>(resolve => running.child.on('close', resolve))
    return { status, said: running.lines.join('\n') }
  }

  #service(name: string): Service {
    const service = this.#file.services[name]
    if (service === undefined) throw new Error(`no service ${name}`)
    return service
  }

  #run(name: string, words: readonly string[]): Running {
    const root = this.#root(name)
    const mounts = mountsOf(this.#service(name))
    const lines = [
      'mount --make-rprivate /',
      `mount --bind ${root} ${root}`,
      ...SYSTEM.filter(isFolder).map(one => `mount --rbind /${one} ${root}/${one}`),
      ...['/etc/ssl', ROOT].map(one => `mount --bind ${one} ${root}${one}`),
      ...ownFiles(name).map(one => `mount --bind ${join(ROOT, one)} ${root}/app/${one}`),
      ...mounts.map(mount => this.#mount(root, mount)),
      `mount -o remount,bind,ro ${root}`,
      `exec setpriv --no-new-privs -- env -i PATH=${PATH} "$(command -v chroot)" ` +
        `--userspec=${userOf(name)} --groups= ${root} "$@"`,
    ]
    const script = lines.join('\n')
    const all = ['--mount', 'sh', '-euc', script, 'sh', ...words]
    return start(this.#t, part('unshare'), all, { namespace: this.namespace })
  }

  #mount(root: string, { source, target, readOnly, isVolume }: Mount): string {
    const from = isVolume ? join(this.#folder, 'volumes', source) : source
    const bind = `mount --bind ${from} ${root}${target}`
    return readOnly ? `${bind} && mount -o remount,bind,ro ${root}${target}` : bind
  }

  /** The file system of a service: mount points, programs by their names, and a few files of /etc. */
  #root(name: string): string {
    const root = join(this.#folder, name)
    if (existsSync(root)) return root
    const folder = (path: string) => mkdirSync(join(root, path), { recursive: true })
    folder('')
    for (const one of SYSTEM) {
      if (isFolder(one)) folder(one)
      else if (existsSync(`/${one}`)) symlinkSync(readlinkSync(`/${one}`), join(root, one))
    }
    for (const one of ['tmp', 'opt/bin', 'etc/ssl', ROOT]) folder(one)
    for (const one of ownFiles(name)) {
      if (one.includes('.')) writeFileSync(join(root, 'app', one), '')
      else folder(join('app', one))
    }
    for (const { source, target, isVolume } of mountsOf(this.#service(name))) {
      if (isVolume) this.#volume(source)
      if (isVolume || lstatSync(source).isDirectory()) folder(target)
      else {
        folder(join(target, '..'))
        writeFileSync(join(root, target), '')
      }
    }
    for (const [program, path] of Object.entries(programsOf(name)))
      symlinkSync(path, join(root, 'opt/bin', program))
    const names = Object.keys(this.#file.services).join(' ')
    writeFileSync(join(root, 'etc/hosts'), `127.0.0.1 localhost ${names}\n`)
    writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files\n')
    writeFileSync(join(root, 'etc/passwd'), readFileSync('/etc/passwd'))
    return root
  }

  /** A volume begins with the owner that the folder has in the image. */
  #volume(name: string): void {
    const path = join(this.#folder, 'volumes', name)
    if (existsSync(path)) return
    mkdirSync(path, { recursive: true })
    const owner = ['prometheus', 'alertmanager'].includes(name) ? userId(name) : OURS
    chownSync(path, owner, owner)
    chmodSync(path, name === 'secrets' ? 0o755 : 0o750)
  }
}

/** What the Dockerfile puts into /app. */
function ownFiles(name: string): readonly string[] {
  return isOurs(name) ? ['bin', 'node_modules', 'package.json', 'prometheus', 'src'] : []
}

function isOurs(name: string): boolean {
  return !['prometheus', 'alertmanager', 'grafana'].includes(name)
}

function entrypointOf(name: string, { entrypoint }: Service): readonly string[] {
  if (entrypoint !== undefined) return entrypoint
  if (!isOurs(name)) return [name]
  const [, json = ''] =
    /^ENTRYPOINT (.*)$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')) ?? []
  return JSON.parse(json) as string[]
}

function programsOf(name: string): Readonly<Record<string, string>> {
  if (name === 'prometheus') return { prometheus: part('prometheus'), promtool: part('promtool') }
  if (name === 'alertmanager') return { alertmanager: part('alertmanager'), amtool: part('amtool') }
  return { node: realpathSync(process.execPath) }
}

function userOf(name: string): string {
  return `${userId(name)}:${userId(name)}`
}

function userId(name: string): number {
  if (isOurs(name)) return OURS
  // The unpacked Alertmanager of Debian lays its templates over /usr/share, which takes root.
  const unpacked = name === 'alertmanager' && part('alertmanager').includes('.cache')
  return unpacked ? 0 : NOBODY
}

function isFolder(name: string): boolean {
  return existsSync(`/${name}`) && lstatSync(`/${name}`).isDirectory()
}
