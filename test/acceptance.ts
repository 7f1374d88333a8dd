/**
 * `npm run acceptance`: the full counts of everything that `npm test` takes in a short form, one after
 * the other, and a report of what was run, how long it took, and whether it held. Exit status 1 if
 * anything did not. `npm run acceptance -- NAME …` runs only the named ones.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

interface Run {
  readonly name: string
  readonly what: string
  readonly words: readonly string[]
}

/** Test files that know a long form. */
const long = (pattern: string) => globSync(pattern).sort()

const RUNS: readonly Run[] = [
  {
    name: 'fuzz',
    what: 'one million mutated datagrams',
    words: ['node', '--expose-gc', 'test/fuzz.ts', '1000000', '1'],
  },
  {
    name: 'acl-kill',
    what: '200 kills of the ACL agent',
    words: ['ava', '--timeout=60m', ...long('test/acl/kill*.test.ts')],
  },
  {
    name: 'controller-kill',
    what: '200 kills of the controller',
    words: ['ava', '--timeout=60m', ...long('test/acl/controller/kill*.test.ts')],
  },
  {
    name: 'reload',
    what: '1,000 reloads while 20,000 datagrams a second arrive',
    words: ['ava', '--timeout=30m', 'test/config/reload-under-load.test.ts'],
  },
  {
    name: 'flows',
    what: 'flows against a real switch, all windows',
    words: ['ava', '--timeout=60m', ...long('test/end-to-end/openvswitch*.test.ts')],
  },
  {
    name: 'closed-loop',
    what: 'the closed loop, 20 runs of the fast path',
    // One at a time: what is measured is measured alone on the machine.
    words: ['ava', '--timeout=60m', '--concurrency=1', ...long('test/closed-loop/*.test.ts')],
  },
  {
    name: 'shards',
    what: 'three bridges behind nginx, one ended, one silent, windows of 60 s',
    words: ['ava', '--timeout=15m', 'test/end-to-end/shards.test.ts'],
  },
  { name: 'engine', what: 'benchmark: engine', words: ['node', 'test/benchmark/engine.ts'] },
  {
    name: 'exposition',
    what: 'benchmark: page of 100,000 series',
    words: ['node', '--expose-gc', 'test/benchmark/exposition.ts'],
  },
  {
    name: 'receive',
    what: 'benchmark: receiving while scraped',
    words: ['node', 'test/benchmark/receive.ts'],
  },
]

const asked = process.argv.slice(2)
const unknown = asked.filter(name => !RUNS.some(run => run.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `no acceptance run is called ${unknown.join(', ')}; there are ${RUNS.map(run => run.name).join(', ')}\n`,
  )
  process.exit(2)
}
const env = { ...process.env, ACCEPTANCE: '1', LONG: '1' }
const report: string[] = []
for (const { name, what, words } of RUNS.filter(
  run => asked.length === 0 || asked.includes(run.name),
)) {
  const [program = '', ...rest] = words
  // A list of files that matches nothing must not pass as a run of everything.
  const empty = program === 'ava' && !rest.some(word => word.endsWith('.test.ts'))
  process.stdout.write(`\n== ${name}: ${what}\n`)
  const began = performance.now()
  const { status } = empty ? { status: 1 } : spawnSync(program, rest, { stdio: 'inherit', env })
  const seconds = ((performance.now() - began) / 1_000).toFixed(0)
  report.push(
    `${status === 0 ? 'held' : 'FAILED'}  ${name.padEnd(16)} ${seconds.padStart(5)} s  ${what}`,
  )
  if (status !== 0) process.exitCode = 1
}
process.stdout.write(`\n${report.join('\n')}\n`)
