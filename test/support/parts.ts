/**
 * Real programs for tests: `part('prometheus')` is the path of one. What the machine has is taken;
 * else root installs plain tools, and everything with a service of its own (which an install would
 * start) is unpacked into `.cache/parts` with its libraries, behind a wrapper script. Nobody but
 * apt is asked. One process at a time unpacks a package; a part that cannot be had throws, so that
 * a test fails and is never skipped.
 */
import { execFileSync } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { threadId } from 'node:worker_threads'
import { SOURCES, type Source } from './part-sources.ts'

/** Names that people use for a program that is called otherwise. */
const ALIASES = { alertmanager: 'prometheus-alertmanager', openvswitch: 'ovs-vsctl' } as const

export type PartName = keyof typeof SOURCES | keyof typeof ALIASES

const CACHE = fileURLToPath(new URL('../../.cache/parts', import.meta.url))
const INSTALL_TIMEOUT_MS = 300_000

const known = new Map<string, string>()

/** The path of a program that runs here. Throws with the reason when it cannot be had. */
export function part(name: PartName): string {
  const real =
    name in ALIASES ? ALIASES[name as keyof typeof ALIASES] : (name as keyof typeof SOURCES)
  const seen = known.get(real)
  if (seen !== undefined) return seen
  const path = onPath(real) ?? obtain(real, SOURCES[real])
  known.set(real, path)
  return path
}

/** Where Open vSwitch keeps the schema of its database, installed or unpacked. */
export function openvswitchSchema(): string {
  part('ovsdb-tool')
  const file = 'usr/share/openvswitch/vswitch.ovsschema'
  const path = [join('/', file), join(CACHE, 'openvswitch-switch', 'root', file)].find(isFile)
  if (path === undefined)
    throw new Error(`no ${file}: Open vSwitch is not complete on this machine`)
  return path
}

/** The module with which nginx passes UDP on; it is loaded by its path. */
export function nginxStreamModule(): string {
  const { files } = SOURCES['nginx-stream']
  return join(dirname(dirname(part('nginx-stream'))), 'root', files[0])
}

/** Environment that keeps an Open vSwitch of a test inside `directory`, away from the machine's. */
export function openvswitchEnvironment(directory: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    OVS_RUNDIR: directory,
    OVS_LOGDIR: directory,
    OVS_DBDIR: directory,
    OVS_SYSCONFDIR: directory,
    PATH: [dirname(part('ovs-vsctl')), dirname(part('ovs-vswitchd')), process.env.PATH].join(':'),
  }
}

/** As installed. Folders of npm are left out: a package there brings a program named `nft`. */
function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '')
    .split(':')
    .filter(folder => !folder.includes('node_modules'))
  folders.push('/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin')
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

function obtain(name: string, source: Source): string {
  if (source.tool && process.getuid?.() === 0) {
    install(source.package)
    const path = onPath(name)
    if (path !== undefined) return path
  }
  return wrapped(name, source, unpack(source.package))
}

function install(name: string): void {
  apt(
    name,
    `
    export DEBIAN_FRONTEND=noninteractive
    install() { apt-get -o DPkg::Lock::Timeout=240 install -y --no-install-recommends "$1"; }
    install "$1" || { apt-get -o DPkg::Lock::Timeout=240 update && install "$1"; }
  `,
  )
}

/**
 * Downloads the package and what it needs beyond the packages that the machine has, and unpacks
 * all into one root. When the machine's package lists are missing or too old, own ones are fetched.
 */
function unpack(name: string): string {
  const home = join(CACHE, name)
  if (isFile(join(home, 'complete'))) return join(home, 'root')
  apt(
    name,
    `
    home=$2
    [ -e "$home/complete" ] && exit 0
    rm -rf "$home" && mkdir -p "$home/debs" "$home/root" && cd "$home/debs"
    own="-o Dir::State::Lists=$3/lists -o Dir::Cache=$3"
    get() {
      plan=$(apt-get $2 -s install --no-install-recommends "$1") || return 1
      needed=$(printf '%s\\n' "$plan" | sed -n 's/^Inst \\([^ ]*\\).*/\\1/p')
      apt-get $2 -o APT::Sandbox::User=root download $(printf '%s\\n' "$1" $needed | sort -u)
    }
    get "$1" '' || {
      mkdir -p "$3/lists/partial" "$3/archives/partial"
      flock "$3/lock" apt-get $own -o APT::Sandbox::User=root update && get "$1" "$own"
    }
    for file in *.deb; do dpkg -x "$file" "$home/root"; done
    rm -rf "$home/debs" && touch "$home/complete"
  `,
  )
  return join(home, 'root')
}

/** Runs a script with arguments: package, its folder, apt's own folder. One at a time a package. */
function apt(name: string, script: string): void {
  mkdirSync(CACHE, { recursive: true })
  const lock = join(CACHE, `${name}.lock`)
  const words = [lock, 'sh', '-euc', script, 'sh', name, join(CACHE, name), join(CACHE, 'apt')]
  try {
    const env = { ...process.env, LC_ALL: 'C' }
    execFileSync('flock', words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
      timeout: INSTALL_TIMEOUT_MS,
    })
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error).trim()
    throw new Error(`the Debian package ${name} cannot be had here, and a test needs it:\n${said}`)
  }
}

/** A script that runs an unpacked program with the libraries and data that came with it. */
function wrapped(name: string, source: Source, root: string): string {
  const program = source.files.map(file => join(root, file)).find(isFile)
  if (program === undefined) {
    throw new Error(`the Debian package ${source.package} holds no ${source.files.join(' or ')}`)
  }
  const folders = ['usr/lib', 'lib'].flatMap(folder => libraryFolders(join(root, folder)))
  const libraries = basename(folders[0] ?? '')
  if (source.package === 'chromium') writeFontConfiguration(root)
  const lines = Object.entries(source.environment ?? {}).map(
    ([key, value]) =>
      `export ${key}='${value.replace('ROOT', root).replace('LIBRARIES', libraries)}'`,
  )
  if (folders.length) {
    lines.push(
      `export LD_LIBRARY_PATH='${folders.join(':')}'"\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`,
    )
  }
  const path = join(dirname(root), 'bin', name)
  mkdirSync(dirname(path), { recursive: true })
  // Tests are threads of one process.
  const draft = `${path}.${process.pid}-${threadId}`
  const run = source.readsShare ? overShare(root, program) : `exec '${program}' "$@"`
  writeFileSync(draft, ['#!/bin/sh', ...lines, run, ''].join('\n'))
  chmodSync(draft, 0o755)
  renameSync(draft, path)
  return path
}

/** A mount namespace of its own, in which the package's /usr/share lies over the machine's. */
function overShare(root: string, program: string): string {
  const user = process.getuid?.() === 0 ? '' : '--map-root-user '
  const layers = `lowerdir=${root}/usr/share:/usr/share`
  const script = `mount -t overlay overlay -o "${layers}" /usr/share && exec "$0" "$@"`
  return `exec unshare ${user}--mount sh -c '${script}' '${program}' "$@"`
}

/** The machine's fonts and those that came along. */
function writeFontConfiguration(root: string): void {
  const folders = ['/usr/share/fonts', join(root, 'usr/share/fonts')].map(
    dir => `<dir>${dir}</dir>`,
  )
  const cache = `<cachedir>${join(root, 'font-cache')}</cachedir>`
  writeFileSync(join(root, 'fonts.conf'), `<fontconfig>${folders.join('')}${cache}</fontconfig>\n`)
}

/** Folders with shared libraries: the usual ones, and those that packages keep to themselves. */
function libraryFolders(folder: string): string[] {
  const usual = foldersIn(folder).filter(path => basename(path).includes('-linux-'))
  const own = usual.flatMap(foldersIn).filter(path => readdirSync(path).some(isLibrary))
  return isFolder(folder) ? [...usual, folder, ...own] : []
}

function foldersIn(folder: string): string[] {
  if (!isFolder(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries.filter(entry => entry.isDirectory()).map(entry => join(folder, entry.name))
}

function isLibrary(name: string): boolean {
  return /^lib.*\.so\b/.test(name)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return isFile(path)
  } catch {
    return false
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
