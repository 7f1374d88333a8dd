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
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

interface Source {
  readonly package: string
  /** Where the program lies below the root of the package; the first that exists is taken. */
  readonly files: readonly string[]
  /** Free of services: root installs it instead of unpacking it. */
  readonly tool?: boolean
  /** Environment of the unpacked program; `ROOT` stands for where it was unpacked. */
  readonly environment?: Readonly<Record<string, string>>
}

const OVS = { OVS_PKGDATADIR: 'ROOT/usr/share/openvswitch' }
const XTABLES = { XTABLES_LIBDIR: 'ROOT/usr/lib/LIBRARIES/xtables' }
const FONTS = { FONTCONFIG_FILE: 'ROOT/fonts.conf' }

const SOURCES = {
  prometheus: { package: 'prometheus', files: ['usr/bin/prometheus'] },
  promtool: { package: 'prometheus', files: ['usr/bin/promtool'] },
  'prometheus-alertmanager': {
    package: 'prometheus-alertmanager',
    files: ['usr/bin/prometheus-alertmanager'],
  },
  amtool: { package: 'prometheus-alertmanager', files: ['usr/bin/amtool'] },
  'victoria-metrics': { package: 'victoria-metrics', files: ['usr/bin/victoria-metrics'] },
  'ovs-vswitchd': {
    package: 'openvswitch-switch',
    files: ['usr/lib/openvswitch-switch/ovs-vswitchd', 'usr/sbin/ovs-vswitchd'],
    environment: OVS,
  },
  'ovs-vsctl': { package: 'openvswitch-switch', files: ['usr/bin/ovs-vsctl'], environment: OVS },
  'ovs-ofctl': { package: 'openvswitch-switch', files: ['usr/bin/ovs-ofctl'], environment: OVS },
  'ovs-appctl': { package: 'openvswitch-switch', files: ['usr/bin/ovs-appctl'], environment: OVS },
  'ovs-dpctl': { package: 'openvswitch-switch', files: ['usr/bin/ovs-dpctl'], environment: OVS },
  'ovsdb-server': {
    package: 'openvswitch-switch',
    files: ['usr/sbin/ovsdb-server'],
    environment: OVS,
  },
  'ovsdb-tool': { package: 'openvswitch-switch', files: ['usr/bin/ovsdb-tool'], environment: OVS },
  'ovsdb-client': {
    package: 'openvswitch-switch',
    files: ['usr/bin/ovsdb-client'],
    environment: OVS,
  },
  pmacctd: { package: 'pmacct', files: ['usr/sbin/pmacctd'] },
  sfacctd: { package: 'pmacct', files: ['usr/sbin/sfacctd'] },
  sfcapd: { package: 'nfdump-sflow', files: ['usr/bin/sfcapd'] },
  nfdump: { package: 'nfdump', files: ['usr/bin/nfdump'] },
  nginx: { package: 'nginx', files: ['usr/sbin/nginx'] },
  snmpd: { package: 'snmpd', files: ['usr/sbin/snmpd'] },
  snmpwalk: { package: 'snmp', files: ['usr/bin/snmpwalk'], tool: true },
  nsd: { package: 'nsd', files: ['usr/sbin/nsd'] },
  'nsd-checkzone': { package: 'nsd', files: ['usr/sbin/nsd-checkzone'] },
  named: { package: 'bind9', files: ['usr/sbin/named'] },
  dig: { package: 'bind9-dnsutils', files: ['usr/bin/dig'], tool: true },
  buildah: { package: 'buildah', files: ['usr/bin/buildah'], tool: true },
  chromium: {
    package: 'chromium',
    files: ['usr/lib/chromium/chromium'],
    tool: true,
    environment: FONTS,
  },
  ip: { package: 'iproute2', files: ['bin/ip', 'sbin/ip'], tool: true },
  tc: { package: 'iproute2', files: ['sbin/tc'], tool: true },
  ss: { package: 'iproute2', files: ['bin/ss'], tool: true },
  iptables: {
    package: 'iptables',
    files: ['usr/sbin/iptables-nft'],
    tool: true,
    environment: XTABLES,
  },
  ip6tables: {
    package: 'iptables',
    files: ['usr/sbin/ip6tables-nft'],
    tool: true,
    environment: XTABLES,
  },
  'iptables-restore': {
    package: 'iptables',
    files: ['usr/sbin/iptables-nft-restore'],
    tool: true,
    environment: XTABLES,
  },
  'ip6tables-restore': {
    package: 'iptables',
    files: ['usr/sbin/ip6tables-nft-restore'],
    tool: true,
    environment: XTABLES,
  },
  'iptables-save': {
    package: 'iptables',
    files: ['usr/sbin/iptables-nft-save'],
    tool: true,
    environment: XTABLES,
  },
  'ip6tables-save': {
    package: 'iptables',
    files: ['usr/sbin/ip6tables-nft-save'],
    tool: true,
    environment: XTABLES,
  },
  nft: { package: 'nftables', files: ['usr/sbin/nft'], tool: true },
  ethtool: { package: 'ethtool', files: ['sbin/ethtool', 'usr/sbin/ethtool'], tool: true },
  iperf3: { package: 'iperf3', files: ['usr/bin/iperf3'], tool: true },
  ping: { package: 'iputils-ping', files: ['bin/ping'], tool: true },
  tcpdump: { package: 'tcpdump', files: ['usr/bin/tcpdump', 'usr/sbin/tcpdump'], tool: true },
  tshark: { package: 'tshark', files: ['usr/bin/tshark'], tool: true },
  openssl: { package: 'openssl', files: ['usr/bin/openssl'], tool: true },
  curl: { package: 'curl', files: ['usr/bin/curl'], tool: true },
  unshare: { package: 'util-linux', files: ['usr/bin/unshare'], tool: true },
  nsenter: { package: 'util-linux', files: ['usr/bin/nsenter'], tool: true },
} as const satisfies Readonly<Record<string, Source>>

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
      needed=$(apt-get $2 -s install --no-install-recommends "$1" | sed -n 's/^Inst \\([^ ]*\\).*/\\1/p')
      apt-get $2 -o APT::Sandbox::User=root download $(printf '%s\\n' "$1" $needed | sort -u)
    }
    get "$1" '' || {
      mkdir -p "$3/lists/partial" "$3/archives/partial"
      apt-get $own -o APT::Sandbox::User=root update && get "$1" "$own"
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
  const libraries = folders.find(folder => folder.startsWith('usr/lib/'))?.slice('usr/lib/'.length)
  const lines = Object.entries(source.environment ?? {}).map(
    ([key, value]) =>
      `export ${key}='${value.replace('ROOT', root).replace('LIBRARIES', libraries ?? '')}'`,
  )
  if (folders.length) {
    lines.push(
      `export LD_LIBRARY_PATH='${folders.join(':')}'"\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`,
    )
  }
  const path = join(dirname(root), 'bin', name)
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, ['#!/bin/sh', ...lines, `exec '${program}' "$@"`, ''].join('\n'))
  chmodSync(draft, 0o755)
  renameSync(draft, path)
  return path
}

function libraryFolders(folder: string): string[] {
  if (!isFolder(folder)) return []
  const below = readdirSync(folder).filter(name => name.includes('-linux-'))
  return [...below.map(name => join(folder, name)), folder]
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
