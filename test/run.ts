/**
 * `npm test`: every test, and a closing line that people and machines can read: `N passed, N failed`.
 * A skipped test or one that is expected to fail fails the run: each is a promise not kept.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const counts = { passed: 0, failed: 0, skipped: 0 }
const failures: string[] = []

const ava = spawn('ava', ['--tap', ...process.argv.slice(2)], {
  stdio: ['ignore', 'pipe', 'inherit'],
})

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

const status = await new Promise<number>(resolve => {
  if (ava.exitCode !== null) resolve(ava.exitCode)
  ava.on('exit', code => resolve(code ?? 1))
})
if (status !== 0 && counts.failed === 0) counts.failed = 1
counts.failed += counts.skipped

process.stdout.write('\n')
for (const failure of failures) process.stdout.write(`${failure}\n`)
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`)
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0
