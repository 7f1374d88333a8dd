/**
 * `npm run benchmark`: the benchmarks one after the other, in a short form, and a page of what they
 * printed with machine, date and commands: `test/benchmark/latest.md`. `--long` takes their full
 * lengths; `--only=NAME,…` some of them. What a block of it is worth keeping goes to results.md.
 */
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadAverage, machineLine } from './machine.ts'

interface Benchmark {
  readonly name: string
  /** Words after `node`; those of the long form instead of the short ones. */
  readonly short: readonly string[]
  readonly long?: readonly string[]
}

const here = 'test/benchmark'
const receive = (driver: string, rate: number, seconds: number, traffic = 'calm') => [
  `${here}/receive.ts`,
  `--driver=${driver}`,
  `--rate=${rate}`,
  `--seconds=${seconds}`,
  `--traffic=${traffic}`,
]

const BENCHMARKS: readonly Benchmark[] = [
  { name: 'engine', short: [`${here}/engine.ts`] },
  {
    name: 'allocation',
    short: ['--expose-gc', '--max-semi-space-size=1024', `${here}/allocation.ts`],
  },
  { name: 'exposition', short: ['--expose-gc', `${here}/exposition.ts`] },
  {
    name: 'memory',
    short: [`${here}/memory.ts`, '--series=50000,200000'],
    long: [`${here}/memory.ts`, '--series=50000,1000000'],
  },
  {
    name: 'receive-dgram',
    short: receive('dgram', 50_000, 10),
    long: receive('dgram', 100_000, 60),
  },
  {
    name: 'receive-drain',
    short: receive('drain', 100_000, 10),
    long: receive('drain', 200_000, 60),
  },
  {
    name: 'receive-spoofed',
    short: receive('drain', 50_000, 10, 'spoofed'),
    long: receive('drain', 100_000, 60, 'spoofed'),
  },
  {
    name: 'peers',
    short: [`${here}/peers.ts`, '--rates=40000', '--rounds=1', '--seconds=3'],
    long: [`${here}/peers.ts`],
  },
  { name: 'capacity', short: [`${here}/capacity.ts`] },
  {
    name: 'soak',
    short: [`${here}/soak.ts`, '--minutes=1'],
    long: [`${here}/soak.ts`, '--minutes=60'],
  },
]

const { values } = parseArgs({
  options: { long: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
})
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = fileURLToPath(new URL('latest.md', import.meta.url))
const asked = values.only.split(',').filter(name => name !== '')
const chosen = BENCHMARKS.filter(({ name }) => asked.length === 0 || asked.includes(name))
if (chosen.length === 0 || asked.length > chosen.length) {
  process.stderr.write(`there are ${BENCHMARKS.map(({ name }) => name).join(', ')}\n`)
  process.exit(2)
}

/** Runs one, shows what it prints, and keeps it. */
async function run(
  words: readonly string[],
): Promise<{ readonly text: string; readonly code: number }> {
  const child = spawn(process.execPath, words, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
    process.stdout.write(chunk)
  })
  const code = await new Promise<number>(resolve => child.on('close', one => resolve(one ?? 1)))
  return { text, code }
}

const blocks = ['# Latest run', '', `${machineLine()}; load average ${loadAverage()} at the start.`]
for (const { name, short, long } of chosen) {
  const words = values.long ? (long ?? short) : short
  process.stdout.write(`\n== ${name}: node ${words.join(' ')}\n`)
  const began = performance.now()
  const { text, code } = await run(words)
  const seconds = ((performance.now() - began) / 1_000).toFixed(0)
  const status = code === 0 ? '' : `, exit status ${code}`
  blocks.push('', `## ${name}`, '', `\`node ${words.join(' ')}\`, ${seconds} s${status}`, '')
  blocks.push('```text', text.trimEnd(), '```')
  if (code !== 0) process.exitCode = 1
  writeFileSync(PAGE, `${blocks.join('\n')}\n`)
}
process.stdout.write(`\nwritten to ${PAGE}\n`)
