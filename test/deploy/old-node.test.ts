/** `bin/sflow-bridge.js` on a Node that is too old: the one beside it runs the program, signals and status come through. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { ROOT } from '../prometheus/rule-files.ts'
import { start, temporaryFolder, until } from '../support/processes.ts'

const BIN = join(ROOT, 'bin/sflow-bridge.js')

/** A module that makes this Node call itself an old one, for the bin and not for what it starts. */
function oldNode(t: ExecutionContext): string[] {
  const file = join(temporaryFolder(t), 'old.mjs')
  writeFileSync(
    file,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })\n",
  )
  return ['--import', file]
}

test('the version is that of the Node beside it', t => {
  const said = execFileSync(process.execPath, [...oldNode(t), BIN, '--version'], {
    encoding: 'utf8',
  })
  t.regex(said, /\(node 2[4-9]\./)
})

test('its status is that of the program', t => {
  t.is(spawnSync(process.execPath, [...oldNode(t), BIN, 'no-such-command']).status, 2)
})

test('without one beside it, it says what to do', t => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'bin'))
  cpSync(BIN, join(folder, 'bin/sflow-bridge.js'))
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  chmodSync(join(folder, 'bin/sflow-bridge.js'), 0o755)
  const words = [...oldNode(t), join(folder, 'bin/sflow-bridge.js'), '--version']
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  t.is(status, 2)
  t.regex(
    stderr,
    /Node 24 or later is needed, this is 20\.20\.2; in a checkout "npm ci" brings one/,
  )
})

test('one Ctrl-C, which the terminal sends to all and we pass on, ends it well', async t => {
  const words = ['serve', '--sflow.listen-address=127.0.0.1:0', '--web.listen-address=127.0.0.1:0']
  const storage = `--storage.path=${temporaryFolder(t)}`
  // A group of its own, as a terminal makes one for each command.
  const running = start(t, 'setsid', [process.execPath, ...oldNode(t), BIN, ...words, storage])
  await running.line(/"serving"/)
  const ended = new Promise<number | null>(resolve => running.child.on('close', resolve))
  process.kill(-(running.child.pid ?? 0), 'SIGINT')
  t.is(await ended, 0)
  t.regex(running.lines.at(-1) ?? '', /"stopped"/)
})

test('Ctrl-Z stops it, and in the foreground again it goes on', async t => {
  const words = ['serve', '--sflow.listen-address=127.0.0.1:0', '--web.listen-address=127.0.0.1:0']
  const storage = `--storage.path=${temporaryFolder(t)}`
  const running = start(t, process.execPath, [...oldNode(t), BIN, ...words, storage])
  const { url } = JSON.parse(await running.line(/"serving"/)) as { url: string }
  const answers = () => fetch(`${url}/-/healthy`, { signal: AbortSignal.timeout(500) })
  running.child.kill('SIGTSTP')
  await until(() =>
    answers().then(
      () => false,
      () => true,
    ),
  )
  running.child.kill('SIGCONT')
  t.true((await until(() => answers().catch(() => undefined))).ok)
  t.is(await running.end('SIGTERM'), 0)
})

test('what the program starts by itself is not bound to the pipe of who started us', t => {
  const flags = ['--import', pathToFileURL(join(ROOT, 'bin/with-parent.js')).href]
  const words = ['--no-warnings', ...flags, '-p', 'process.execArgv.join()']
  const { stdout } = spawnSync(process.execPath, words, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  t.is(String(stdout), '--no-warnings,-p,process.execArgv.join()\n')
})

test('killed, it leaves no program behind', async t => {
  const words = ['serve', '--sflow.listen-address=127.0.0.1:0', '--web.listen-address=127.0.0.1:0']
  const storage = `--storage.path=${temporaryFolder(t)}`
  const running = start(t, process.execPath, [...oldNode(t), BIN, ...words, storage])
  const { url } = JSON.parse(await running.line(/"serving"/)) as { url: string }
  // Resolves when the last process has let go of the output, so with a program left behind it never does.
  t.is(await running.end('SIGKILL'), null)
  await t.throwsAsync(fetch(`${url}/-/healthy`))
})
