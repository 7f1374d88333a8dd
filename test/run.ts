/**
 * `npm test`: every test, and a closing line that people and machines can read: `N passed, N failed`.
 * A skipped test or one that is expected to fail fails the run: each is a promise not kept. So does a
 * process that a test left behind. Whatever ends the run, its processes end with it.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Guard } from '../src/demo/guard.ts'
import { processesOfGroup } from './support/process-group.ts'

const COMPILED = fileURLToPath(new URL('../.cache/compiled', import.meta.url))

const counts = { passed: 0, failed: 0, skipped: 0 }
const failures: string[] = []

// A group of its own: tests and what they start are in it, and the guard ends all of it.
const ava = spawn('ava', ['--tap', ...process.argv.slice(2)], {
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
  // Some hundred processes start, each from the same sources: they are compiled once.
  env: { NODE_COMPILE_CACHE: COMPILED, ...process.env },
})
if (ava.pid === undefined) {
  process.stderr.write('ava is not on PATH: run this by `npm test`\n')
  process.exit(1)
}
const group = ava.pid
const exit = new Promise<number>(resolve => {
  ava.on('error', () => resolve(1))
  ava.on('exit', code => resolve(code ?? 1))
})
const guard = new Guard()
guard.add(-group)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, async () => {
    await guard.end()
    process.exit(130)
  })
}

let inDetails = false
for await (const line of createInterface({ input: ava.stdout })) {
  const result = /^(not )?ok \d+ - (.*)$/.exec(line)
  if (result !== null) {
    const [, not, title = ''] = result
    inDetails = false
    if (/# (SKIP|TODO)/i.test(title)) {
      counts.skipped += 1
      failures.push(`skipped: ${title}`)
    } else if (not === undefined) counts.passed += 1
    else {
      counts.failed += 1
      failures.push(`failed: ${title}`)
      inDetails = true
    }
    process.stdout.write(`${not === undefined ? 'ok' : 'NOT OK'} ${title}\n`)
  } else if (inDetails) process.stdout.write(`${line}\n`)
  else if (/^Bail out|^# (?!tests|pass|fail|skip|todo)/.test(line))
    process.stdout.write(`${line}\n`)
}

const status = await exit
const left = processesOfGroup(group)
counts.failed += left.length
for (const one of left) failures.push(`left behind: ${one}`)
await guard.end()
if (status !== 0 && counts.failed === 0) counts.failed = 1
counts.failed += counts.skipped

process.stdout.write('\n')
for (const failure of failures) process.stdout.write(`${failure}\n`)
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`)
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0
