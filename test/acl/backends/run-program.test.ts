/** Programs run without a shell, for a limited time, and end with all that they started. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { commitGuard } from '../../../src/acl/backends/commit-guard.ts'
import { failureText, runProgram } from '../../../src/acl/backends/run-program.ts'

function folderFor(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'acl-run-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const gone = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return true
  }
}

test('arguments are words, whatever is in them', async t => {
  const words = ['$(id)', ';', '`id`', 'a b', '*', '']
  const result = await runProgram(['/usr/bin/printf', '%s|', ...words], { timeoutMs: 10_000 })
  t.is(result.stdout, '$(id)|;|`id`|a b|*||')
})

test('input is given, output and status are told', async t => {
  const argv = ['/bin/sh', '-c', 'cat; echo no >&2; exit 3']
  const result = await runProgram(argv, { stdin: 'in', timeoutMs: 10_000 })
  t.deepEqual(result, { status: 3, timedOut: false, stdout: 'in', stderr: 'no\n' })
  t.is(failureText('x', result), 'x: exit status 3: no')
})

test('a program that is not there is an answer', async t => {
  const result = await runProgram(['/nowhere/program'], { timeoutMs: 10_000 })
  t.is(result.status, undefined)
  t.regex(result.stderr, /ENOENT/)
})

test('a program that does not end is killed with its children', async t => {
  const argv = ['/bin/sh', '-c', 'sleep 600 & echo $!; sleep 600']
  const result = await runProgram(argv, { timeoutMs: 500 })
  t.true(result.timedOut)
  t.is(result.status, undefined)
  while (!gone(Number(result.stdout))) await new Promise(resolve => setImmediate(resolve))
  t.pass()
})

test('a tool that a killed agent left behind is ended before the next one begins', async t => {
  const path = join(folderFor(t), 'commit.pid')
  const first = commitGuard(path)
  let pid = 0
  const running = runProgram(['/bin/sleep', '600'], {
    timeoutMs: 60_000,
    started: id => {
      pid = id
      first.started(id)
    },
  })
  t.true(existsSync(path))
  await commitGuard(path).recover()
  t.true(gone(pid))
  t.false(existsSync(path))
  t.is((await running).status, undefined)
})

test('a process that has the id of an earlier tool by chance is left alone', async t => {
  const folder = folderFor(t)
  const guard = commitGuard(join(folder, 'commit.pid'))
  guard.started(process.pid)
  guard.ended()
  await guard.recover()
  writeFileSync(join(folder, 'commit.pid'), `${process.pid} 12345`)
  await guard.recover()
  t.pass()
})
