/**
 * `npm run newcomer`: the first ten minutes, with a stopwatch. A fresh clone, an empty home, the machine's own
 * programs and nothing else; the commands of README.md and docs/first-five-minutes.md as they stand there; a
 * real browser on the live page. What was seen when goes into docs/first-ten-minutes.md. Ports 6343 and 16343
 * must be free, and it says so if they are not.
 */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { freePort } from '../src/demo/ports.ts'
import { stepsOf } from './docs/pages.ts'
import { ROOT } from './prometheus/rule-files.ts'
import { type Running, start, temporaryFolder, until } from './support/processes.ts'
import { type Browser, startBrowser } from './web/browser.ts'

const PAGE = join(ROOT, 'docs/first-ten-minutes.md')
const PATIENCE_MS = 150_000
const URL_OF_BRIDGE = 'http://127.0.0.1:16343'

const endings: (() => unknown)[] = []
// What a test has for endings, without a test.
const t = {
  teardown: (ending: () => unknown) => endings.unshift(ending),
} as unknown as ExecutionContext

const began = performance.now()
const account: string[] = []

function note(does: string, sees: string): void {
  const seconds = Math.round((performance.now() - began) / 1_000)
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  account.push(`| ${clock} | ${does} | ${sees.replaceAll('|', '\\|')} |`)
  process.stdout.write(`${clock.padStart(6)}  ${does.padEnd(48)}${sees}\n`)
}

/** The folders of somebody who was never here. */
const folder = temporaryFolder(t)
const clone = join(folder, 'sflow-bridge')
const env = {
  HOME: join(folder, 'home'),
  TMPDIR: join(folder, 'tmp'),
  PATH: '/usr/local/bin:/usr/bin:/bin',
}
for (const path of [env.HOME, env.TMPDIR]) mkdirSync(path)

/** A line typed in a terminal of its own: a group of processes, as a shell makes one. */
function type(line: string): Running {
  return start(t, 'setsid', ['sh', '-c', line], { cwd: clone, env })
}

async function ctrlC(running: Running): Promise<void> {
  const gone = new Promise(resolve => running.child.on('close', resolve))
  const pressed = performance.now()
  process.kill(-(running.child.pid ?? 0), 'SIGINT')
  await gone
  const seconds = ((performance.now() - pressed) / 1_000).toFixed(1)
  await until(async () => processesLeft() === 0)
  const files = readdirSync(env.TMPDIR)
  if (files.length > 0) throw new Error(`left behind: ${files.join(', ')}`)
  note('Ctrl-C', `the prompt ${seconds} s later; no process and no temporary file is left`)
}

/** Those that were started with our home. */
function processesLeft(): number {
  return readdirSync('/proc').filter(name => {
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').includes(`HOME=${env.HOME}`)
    } catch {
      return false
    }
  }).length
}

/** Types the line until it shows that, as one does who waits; what it wrote. */
async function typeUntil(line: string, shows: RegExp): Promise<string> {
  return until(async () => {
    const { stdout } = await promisify(execFile)('sh', ['-c', line], { cwd: clone, env })
    return shows.test(stdout) ? stdout : undefined
  }, 500)
}

function command(page: string, looksLike: RegExp): string {
  const found = stepsOf(page).find(step => step.kind === 'command' && looksLike.test(step.text))
  if (found === undefined) throw new Error(`${page} has no command like ${looksLike}`)
  return found.text
}

const inCheckout = (line: string) => line.replace(/^sflow-bridge /, 'npx sflow-bridge ')

async function firstCommand(browser: Browser): Promise<void> {
  const line = command('README.md', /demo/)
  const demo = type(line)
  await demo.line(/^> sflow-bridge@\S+ demo/)
  note(`\`${line}\``, '`npm ci` is done, the demo begins')
  await demo.line(/^ {2}live page/)
  note('', 'the addresses, and what to watch')
  await browser.open(`${URL_OF_BRIDGE}/`)
  await browser.until(`document.querySelectorAll('#interfaces tbody tr').length > 10`)
  const agents = await rows(`${URL_OF_BRIDGE}/api/v1/agents`)
  const interfaces = await rows(`${URL_OF_BRIDGE}/api/v1/interfaces`)
  note('opens the live page', `traffic: ${agents} agents, ${interfaces} interfaces`)
  if (performance.now() - began > 120_000)
    throw new Error('live traffic took more than two minutes')
  await browser.until(`document.querySelectorAll('#interfaces polygon.in[points]').length > 5`)
  note('', 'sparklines, and the largest flows with their error')
  await Promise.all([
    demo.line(/mark .* in force/).then(told => note('', `in the terminal: \`${told.slice(10)}\``)),
    demo
      .line(/^ {2}Prometheus .*http/)
      .then(told => note('', `\`${told.trim().replace(/ +/, ' ')}\``)),
    demo
      .line(/^ {2}Alertmanager .*http/)
      .then(told => note('', `\`${told.trim().replace(/ +/, ' ')}\``)),
  ])
  await browser.until(`document.getElementById('actions').textContent.includes('mark')`)
  note('', 'the mark stands under “Rules on switches”')
  const told = await demo.line(/drop .* in force/)
  note('', `in the terminal: \`${told.slice(10)}\``)
  const prometheus = await addressOf(demo, 'Prometheus')
  await alerting(`${prometheus}/api/v1/alerts`, /"UdpReflection".*"firing"/)
  note('opens the alerts of Prometheus', '`UdpReflection` fires')
  await alerting(`${await addressOf(demo, 'Alertmanager')}/api/v2/alerts`, /UdpReflection/)
  note('', 'and Alertmanager has it')
  if (browser.complaints.length > 0) throw new Error(browser.complaints.join('\n'))
  await ctrlC(demo)
}

async function ownBridge(browser: Browser): Promise<void> {
  const line = command('README.md', /^npm start/)
  const bridge = type(line)
  await bridge.line(/"serving"/)
  note(`\`${line}\``, 'the bridge listens on UDP 6343')
  const replay = command('README.md', /replay/)
  await typeUntil(replay, /replayed 155 datagrams/)
  note(`\`${replay}\``, 'replayed 155 datagrams')
  await typeUntil(command('README.md', /\/metrics \|/), /container="web".* 2072576/)
  note('`curl … /metrics`', 'the memory of its containers')
  await browser.open(`${URL_OF_BRIDGE}/`)
  await browser.until(`document.getElementById('containers').textContent.includes('loader')`)
  note('opens the live page', 'the containers of that host')
  await ctrlC(bridge)
}

async function ownThreshold(): Promise<void> {
  const page = 'docs/first-five-minutes.md'
  for (const step of stepsOf(page)) {
    if (step.kind === 'file') writeFileSync(join(clone, step.name), step.text)
  }
  const check = inCheckout(command(page, / check /))
  const { stdout } = await promisify(execFile)('sh', ['-c', check], { cwd: clone, env })
  note(`\`${check}\``, `\`${stdout.trim().split('\n')[0]}\``)
  const bridge = type(inCheckout(command(page, /serve --config/)))
  await bridge.line(/"serving"/)
  const simulate = type(inCheckout(command(page, /ddos/)))
  await typeUntil(command(page, /events\?timeout/), /"thresholdID":"hot_target"/)
  note('a flow and a threshold of one’s own, an attack', 'the event `hot_target`')
  await ctrlCAll([simulate, bridge])
}

async function ctrlCAll(all: readonly Running[]): Promise<void> {
  const [last, ...others] = all.toReversed()
  for (const one of others) process.kill(-(one.child.pid ?? 0), 'SIGINT')
  if (last !== undefined) await ctrlC(last)
}

async function rows(url: string): Promise<number> {
  return ((await (await fetch(url)).json()) as unknown[]).length
}

async function addressOf(demo: Running, name: string): Promise<string> {
  const line = await demo.line(new RegExp(`^ {2}${name} .*http`))
  return new URL(/http\S+/.exec(line)?.[0] ?? '').origin
}

async function alerting(url: string, shows: RegExp): Promise<void> {
  await until(async () => {
    const text = await (await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })).text()
    return shows.test(text)
  }, 1_000)
}

/** The table of the page, between two comments, is replaced. */
function write(): void {
  const old = readFileSync(PAGE, 'utf8')
  const version = (program: string) =>
    execFileSync(program, ['--version'], { env, encoding: 'utf8' }).trim()
  const machine = `${new Date().toISOString().slice(0, 10)}; ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release().split('-')[0]}, node ${version('node')}, npm ${version('npm')}, nothing cached.`
  const text = [machine, '', '| clock | does | sees |', '|---|---|---|', ...account].join('\n')
  const [before] = old.split('<!-- begin -->')
  const [, after] = old.split('<!-- end -->')
  writeFileSync(PAGE, `${before}<!-- begin -->\n${text}\n<!-- end -->${after}`)
}

for (const port of [16_343, 16_344]) {
  if ((await freePort(port)) !== port)
    throw new Error(`port ${port} is taken: end what listens there`)
}
try {
  execFileSync('git', ['clone', '--quiet', ROOT, clone], { env })
  note('`git clone`', 'a folder')
  const browser = await startBrowser(t)
  await firstCommand(browser)
  await ownBridge(browser)
  await ownThreshold()
  const changed = execFileSync('git', ['status', '--short'], { cwd: clone, env, encoding: 'utf8' })
  note(
    '`git status`',
    changed.trim() === '?? mine.yaml' ? 'nothing but the file made above' : changed,
  )
  write()
} finally {
  for (const ending of endings) await ending()
  rmSync(folder, { recursive: true, force: true })
}
