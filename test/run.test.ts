/** The runner of `npm test`, with an ava that says what it is told to. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { start, temporaryFolder, until } from './support/processes.ts'

const RUNNER = fileURLToPath(new URL('run.ts', import.meta.url))

function run(t: ExecutionContext, ava: string) {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'ava'), `#!/bin/sh\n${ava}\n`)
  chmodSync(join(folder, 'ava'), 0o755)
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
  const running = start(t, process.execPath, [RUNNER], { env })
  const ended = new Promise<number | null>(resolve => running.child.on('close', resolve))
  return { running, ended }
}

/** Its number, once it is there. */
async function child(running: ReturnType<typeof start>): Promise<number> {
  const line = await running.line(/^ok child \d+$/)
  return Number(line.replace('ok child ', ''))
}

const RUNS = [
  ['all passed', 'echo "ok 1 - a"; echo "ok 2 - b"', 0, '2 passed, 0 failed'],
  ['one failed', 'echo "ok 1 - a"; echo "not ok 2 - b"; exit 1', 1, '1 passed, 1 failed'],
  ['one was skipped', 'echo "ok 1 - a"; echo "ok 2 - b # SKIP"', 1, '1 passed, 1 failed'],
  ['one is still to be written', 'echo "ok 1 - a # TODO"', 1, '0 passed, 1 failed'],
  ['there was none', 'exit 0', 1, '0 passed, 0 failed'],
  ['ava itself failed', 'echo "ok 1 - a"; exit 2', 1, '1 passed, 1 failed'],
] as const

for (const [title, ava, status, last] of RUNS) {
  test(`${title}: status ${status}, ${last}`, async t => {
    const { running, ended } = run(t, ava)
    t.is(await ended, status)
    t.is(running.lines.at(-1), last)
  })
}

const LEAVES_A_CHILD = 'sleep 1000 >/dev/null 2>&1 & echo "ok 1 - child $!"'

test('a process that a test left behind is a failure, and is ended', async t => {
  const { running, ended } = run(t, LEAVES_A_CHILD)
  const pid = await child(running)
  t.is(await ended, 1)
  t.is(running.lines.at(-1), '1 passed, 1 failed')
  t.true(running.lines.includes(`left behind: ${pid} sleep 1000`))
  t.false(isAlive(pid))
})

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test(`${signal} ends what the tests had started`, async t => {
    const { running, ended } = run(t, `${LEAVES_A_CHILD}; wait`)
    const pid = await child(running)
    t.true(isAlive(pid))
    running.child.kill(signal)
    t.is(await ended, signal === 'SIGINT' ? 130 : null)
    await until(async () => !isAlive(pid))
    t.pass()
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
