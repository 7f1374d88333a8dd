/** The live page in a real browser: rows from real sFlow, and nothing on the console. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { part } from '../support/parts.ts'
import { start, startBridge, temporaryFolder, until } from '../support/processes.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

test('agents, interfaces with sparklines, hosts, containers and flows are on the page', async t => {
  const bridge = await startBridge(t)
  const words = ['simulate', `--to=127.0.0.1:${bridge.sflowPort}`, '--polling=2s']
  start(t, process.execPath, [MAIN, ...words])
  await until(async () => {
    const rows = (await (await fetch(`${bridge.url}/api/v1/interfacerates`)).json()) as unknown[]
    return rows.length >= 50
  })
  const { stdout, stderr } = await promisify(execFile)(
    part('chromium'),
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      `--user-data-dir=${temporaryFolder(t)}`,
      '--enable-logging=stderr',
      '--virtual-time-budget=8000',
      '--dump-dom',
      `${bridge.url}/`,
    ],
    { timeout: 60_000, maxBuffer: 16 * 1024 * 1024 },
  )
  t.deepEqual(
    stderr.split('\n').filter(line => line.includes('CONSOLE')),
    [],
  )
  t.regex(stdout, /<p id="state"[^>]*>as of/)
  for (const [section, text] of [
    ['interfaces', 'swp1'],
    ['agents', '10.255.1.4'],
    ['hosts', 'server101'],
    ['containers', 'container'],
    ['flows', 'bit/s'],
  ] as const) {
    const from = stdout.indexOf(`<div id="${section}"`)
    const table = stdout.slice(from, stdout.indexOf('</section>', from))
    t.true(table.includes(text), `${text} in ${section}`)
  }
  t.true((stdout.match(/<polyline class="in" points="\d/g) ?? []).length >= 50)
  t.regex(stdout, /<a href="\/metrics">/)
})
