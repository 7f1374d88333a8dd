/** SIGHUP at the worst moment: while the bridge begins. Its configuration is a pipe that makes it wait. */
import { execFileSync } from 'node:child_process'
import { open, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { holdHangup } from '../../src/commands/signals.ts'
import { start, temporaryFolder, until } from '../support/processes.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

test('SIGHUP while the bridge begins does not end it, and reloads once it is up', async t => {
  const folder = temporaryFolder(t)
  const pipe = join(folder, 'bridge.yaml')
  execFileSync('mkfifo', [pipe])
  const words = [
    `--config.file=${pipe}`,
    '--sflow.listen-address=127.0.0.1:0',
    '--web.listen-address=127.0.0.1:0',
    `--storage.path=${join(folder, 'data')}`,
  ]
  const running = start(t, process.execPath, [MAIN, 'serve', ...words])
  // Opens once the other end reads: the bridge is at its configuration, and far from serving.
  const first = await open(pipe, 'w')
  running.child.kill('SIGHUP')
  // What the reload will find stands there before the bridge gets the first to read.
  await writeFile(`${pipe}.new`, 'limits: {hosts: 71}\n')
  await rename(`${pipe}.new`, pipe)
  await first.writeFile('limits: {hosts: 70}\n')
  await first.close()
  const serving = JSON.parse(await running.line(/"serving"/)) as { url: string }
  const page = async () => (await fetch(`${serving.url}/metrics`)).text()
  await until(async () => /^sflow_bridge_series_limit\{table="hosts"\} 71$/m.test(await page()))
  t.is(await running.end(), 0)
})

test.serial('a hangup that was held is given to whoever listens first, once', async t => {
  // The process object is an emitter: no signal is sent.
  const emitter: NodeJS.EventEmitter = process
  const before = process.listenerCount('SIGHUP')
  holdHangup()
  emitter.emit('SIGHUP', 'SIGHUP')
  emitter.emit('SIGHUP', 'SIGHUP')
  let given = 0
  await new Promise<void>(resolve => {
    process.on('SIGHUP', function listener() {
      given += 1
      process.off('SIGHUP', listener)
      resolve()
    })
  })
  t.is(given, 1)
  t.is(process.listenerCount('SIGHUP'), before)
})

test.serial('a command that does not reload leaves SIGHUP its usual meaning', t => {
  const before = process.listenerCount('SIGHUP')
  const release = holdHangup()
  t.is(process.listenerCount('SIGHUP'), before + 1)
  release()
  t.is(process.listenerCount('SIGHUP'), before)
})
