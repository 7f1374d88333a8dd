/**
 * The systemd units: judged by systemd's own tools in a root of the test, and their commands started as
 * their user, with nothing to write to but the state directory.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { ROOT } from '../prometheus/rule-files.ts'
import { part } from '../support/parts.ts'
import { start, temporaryFolder } from '../support/processes.ts'
import { parseOwn } from './command-line.ts'

const FOLDER = join(ROOT, 'deploy/systemd')
/** Unit → the exposure that systemd reckons, at most: 0 is none, 10 all. */
const UNITS: Readonly<Record<string, number>> = {
  'sflow-bridge.service': 1.5,
  'sflow-bridge-controller.service': 1.5,
  'sflow-bridge-acl-agent.service': 3,
}
const CUMULUS = 'sflow-bridge-acl-agent.service.d/cumulus.conf'

/** A machine with our units, systemd's own, and a program of our name. */
function machine(t: ExecutionContext): string {
  const root = temporaryFolder(t)
  const system = join(root, 'etc/systemd/system')
  for (const name of Object.keys(UNITS)) cpSync(join(FOLDER, name), join(system, name))
  const analyze = part('systemd-analyze')
  const package_ = analyze.includes('.cache') ? join(dirname(dirname(analyze)), 'root') : '/'
  const units = ['usr/lib/systemd/system', 'lib/systemd/system'].map(path => join(package_, path))
  cpSync(units.find(existsSync) ?? '', join(root, 'usr/lib/systemd/system'), {
    recursive: true,
    verbatimSymlinks: true,
  })
  for (const name of ['usr/bin/sflow-bridge', 'bin/kill']) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), '#!/bin/sh\n')
    chmodSync(join(root, name), 0o755)
  }
  return root
}

/** What `systemd-analyze verify` has to say: nothing, for good units. */
function verify(root: string): string {
  const words = ['verify', `--root=${root}`, ...Object.keys(UNITS)]
  const { stdout, stderr } = spawnSync(part('systemd-analyze'), words, { encoding: 'utf8' })
  return `${stdout}${stderr}`
}

test('systemd takes the units, and the drop-in for Cumulus Linux', t => {
  const root = machine(t)
  t.is(verify(root), '')
  cpSync(join(FOLDER, 'cumulus.conf'), join(root, 'etc/systemd/system', CUMULUS))
  t.is(verify(root), '')
  const unit = join(root, 'etc/systemd/system/sflow-bridge.service')
  writeFileSync(unit, readFileSync(unit, 'utf8').replace('ProtectHome', 'ProtectHoem'))
  t.regex(verify(root), /ProtectHoem/, 'a misspelt setting is found')
})

for (const [name, exposure] of Object.entries(UNITS)) {
  test(`${name} is exposed no more than ${exposure} of 10`, t => {
    const root = machine(t)
    const words = ['security', '--offline=yes', `--root=${root}`, '--no-pager', name]
    const said = execFileSync(part('systemd-analyze'), words, { encoding: 'utf8' })
    const [, level] = /Overall exposure level for \S+: ([\d.]+)/.exec(said) ?? []
    t.true(Number(level) <= exposure, level)
  })
}

test('user and folder are made as their files say', t => {
  const root = temporaryFolder(t)
  mkdirSync(join(root, 'etc'))
  const run = (tool: 'systemd-sysusers' | 'systemd-tmpfiles', ...words: readonly string[]) =>
    execFileSync(part(tool), [`--root=${root}`, ...words], { stdio: 'pipe' })
  run('systemd-sysusers', join(FOLDER, 'sflow-bridge.sysusers.conf'))
  const [, uid, gid] =
    /^sflow-bridge:[^:]*:(\d+):(\d+):[^:]*:\/var\/lib\/sflow-bridge:.*nologin$/m.exec(
      readFileSync(join(root, 'etc/passwd'), 'utf8'),
    ) ?? []
  t.true(Number(uid) > 0)
  run('systemd-tmpfiles', '--create', join(FOLDER, 'sflow-bridge.tmpfiles.conf'))
  const made = statSync(join(root, 'etc/sflow-bridge'))
  t.deepEqual([made.mode & 0o777, made.uid, made.gid], [0o750, 0, Number(gid)])
})

/** Settings of a unit: the last one counts, a line that ends with a backslash goes on. */
function settingsOf(name: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(FOLDER, name), 'utf8').replaceAll(/\\\n\s*/g, '')
  return new Map(
    Array.from(text.matchAll(/^(\w+)=(.+)$/gm), ([, key = '', value = '']) => [key, value]),
  )
}

test('the commands are such that the program takes them, and have their state where it may be', async t => {
  for (const name of [...Object.keys(UNITS), 'cumulus.conf']) {
    const [program, ...words] = settingsOf(name).get('ExecStart')?.split(' ') ?? []
    t.is(program, 'sflow-bridge', name)
    const flags = await parseOwn(words)
    t.regex(flags.get('config.file') ?? '', /^\/etc\/sflow-bridge\/[a-z-]+\.yaml$/)
    t.regex(flags.get('storage.path') ?? '', /^\/var\/lib\/sflow-bridge\b/)
  }
})

/** Unit → its configuration for the test; ports of its own are given on the command line. */
const STARTS: Readonly<Record<string, string>> = {
  'sflow-bridge.service': 'listen: {sflow: ["127.0.0.1:0"]}\n',
  'sflow-bridge-controller.service': 'controller: {}\n',
  'sflow-bridge-acl-agent.service': 'acl_agent: {backend: dry-run}\n',
}

for (const [name, configuration] of Object.entries(STARTS)) {
  test(`${name} starts and ends well with nothing to write to but its state directory`, async t => {
    const settings = settingsOf(name)
    const [, command = '', ...flags] = settings.get('ExecStart')?.split(' ') ?? []
    const state = join('/var/lib', settings.get('StateDirectory') ?? '')
    const [, file = ''] = /--config\.file=(\S+)/.exec(flags.join(' ')) ?? []
    const folder = temporaryFolder(t)
    chmodSync(folder, 0o755)
    const [etc, lib] = [join(folder, 'etc'), join(folder, 'lib')]
    const own = join(lib, state.replace('/var/lib', ''))
    mkdirSync(etc)
    writeFileSync(join(etc, basename(file)), configuration)
    mkdirSync(own, { recursive: true })
    const user = settings.get('User') === undefined ? 0 : 65534
    execFileSync('chown', [`${user}:${user}`, own])
    const script = `
      mount --make-rprivate /
      mount --bind ${lib} /var/lib && mount -o remount,bind,ro /var/lib
      mount --bind ${own} ${state}
      exec setpriv --reuid=${user} --regid=${user} --clear-groups --no-new-privs --bounding-set=-all \\
        --inh-caps=-all -- "$@"`
    const words = flags.map(flag => flag.replace(dirname(file), etc))
    const running = start(t, part('unshare'), [
      ...['--mount', 'sh', '-euc', script, 'sh', process.execPath, join(ROOT, 'src/main.ts')],
      ...[command, ...words, '--web.listen-address=127.0.0.1:0'],
    ])
    const { url } = JSON.parse(await running.line(/"serving"/)) as { url: string }
    t.is((await fetch(`${url}/-/ready`)).status, 200)
    t.is(await running.end(), 0)
    t.true(globSync('**/*', { cwd: own }).length > 0, 'it has written there')
    // The cap on receive buffers is this machine's: our file for sysctl raises it where it is installed.
    const complaints = running.lines.filter(line => /"level":"(warn|error)"/.test(line))
    t.deepEqual(
      complaints.filter(line => !line.includes('raise net.core.rmem_max')),
      [],
    )
  })
}
