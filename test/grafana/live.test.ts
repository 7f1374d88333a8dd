/**
 * Every query of every dashboard on a real Prometheus, which scrapes a bridge that hears a simulated
 * fabric under attack. What may be empty is listed, with the reason; everything else brings data.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as after } from 'node:timers/promises'
import test from 'ava'
import { ROOT } from '../prometheus/rule-files.ts'
import { part } from '../support/parts.ts'
import { type Answer, askAll } from './ask.ts'

/** Dashboard and panel, and why nothing is there. */
const MAY_BE_EMPTY: readonly (readonly [RegExp, string])[] = [
  [/: Silent|Ports down|refused|unknown structures|Conflicts/, 'nothing is wrong'],
  [
    /attack_|Attacks now|Alerts|Largest: discards|Now: discards|drops|Drop notif|Agents and reasons/,
    'it comes and goes',
  ],
  [/Errors|Discards|discarded|Ethernet faults|Link state/, 'nothing is wrong'],
  [/Elephants and attacks|ACL rules/, 'no controller runs in this test'],
  [
    /GPU|Cache hits|Items evicted|Memory of the cache|HTTP |Loss on links|containers: |Java|Optics/,
    'the simulator has none',
  ],
  [/vnis|vlans|dscp/, 'only what the traffic of the moment holds'],
  [/Swapping|Packets lost/, 'nothing is wrong'],
]

const DEADLINE_MS = 60_000
const children: ChildProcess[] = []
const folder = mkdtempSync(join(tmpdir(), 'live-'))

test.after.always(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function run(program: string, words: readonly string[]): ChildProcess {
  const child = spawn(program, words, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] })
  children.push(child)
  return child
}

/** Starts `serve` on ports of the kernel's choice; the log says which. */
async function bridge(): Promise<{ readonly sflow: string; readonly url: string }> {
  const child = run(process.execPath, [
    'src/main.ts',
    'serve',
    '--sflow.listen-address=127.0.0.1:0',
    '--web.listen-address=127.0.0.1:0',
    `--storage.path=${join(folder, 'data')}`,
  ])
  let sflow = ''
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
    const said = JSON.parse(line) as { readonly listening?: string; readonly url?: string }
    sflow ||= said.listening ?? ''
    if (said.url !== undefined) return { sflow, url: said.url }
  }
  throw new Error('serve ended')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { readonly port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

async function prometheus(target: string): Promise<string> {
  const file = join(folder, 'prometheus.yml')
  writeFileSync(
    file,
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [`${ROOT}/prometheus/rules/*.yml`],
      scrape_configs: [{ job_name: 'sflow-bridge', static_configs: [{ targets: [target] }] }],
    }),
  )
  const port = await freePort()
  run(part('prometheus'), [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]).stderr?.resume()
  return `http://127.0.0.1:${port}`
}

function isExcused({ where }: Answer): boolean {
  return MAY_BE_EMPTY.some(([pattern]) => pattern.test(where))
}

/** All answers, once everything that must bring data does, or when time is up. */
async function answers(url: string): Promise<readonly Answer[]> {
  const until = Date.now() + DEADLINE_MS
  for (;;) {
    const to = Date.now() / 1_000
    const found = await askAll({ url, from: to - 600, to, values: { flow: 'talkers' } }).catch(
      () => [],
    )
    const missing = found.filter(answer => answer.series === 0 && !isExcused(answer))
    if ((found.length > 0 && missing.length === 0) || Date.now() > until) return found
    await after(2_000)
  }
}

test('every query of every dashboard succeeds, and brings data unless it says why not', async t => {
  t.timeout(DEADLINE_MS + 60_000)
  const { sflow, url } = await bridge()
  const store = await prometheus(new URL(url).host)
  run(process.execPath, [
    'src/main.ts',
    'simulate',
    `--to=${sflow}`,
    '--scenario=ddos',
    '--seed=4',
    '--speed=10',
    '--sampling=1000',
  ])
  const found = await answers(store)
  t.true(found.length > 250)
  t.deepEqual(
    found.filter(({ error }) => error !== undefined),
    [],
  )
  t.deepEqual(
    found.filter(answer => answer.series === 0 && !isExcused(answer)).map(({ where }) => where),
    [],
  )
})
