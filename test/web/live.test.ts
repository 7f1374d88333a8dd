/** The live page in a real browser: what it shows, what it costs, how it is used by keys, whom it asks. */
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { start, startBridge, until } from '../support/processes.ts'
import { type Browser, startBrowser } from './browser.ts'
import { CROWD, sendCrowd } from './crowd.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const INTERFACES = CROWD.switches * CROWD.portsEach

test.serial(
  'agents, interfaces with sparklines, hosts, containers and flows are on the page',
  async t => {
    const bridge = await startBridge(t)
    const words = ['simulate', `--to=127.0.0.1:${bridge.sflowPort}`, '--polling=2s']
    start(t, process.execPath, [MAIN, ...words])
    await until(async () => {
      const rows = (await (await fetch(`${bridge.url}/api/v1/interfacerates`)).json()) as unknown[]
      return rows.length >= 50
    })
    const browser = await startBrowser(t)
    await browser.open(`${bridge.url}/`)
    for (const [section, text] of [
      ['interfaces', 'swp1'],
      ['agents', '10.255.1.4'],
      ['hosts', 'server101'],
      ['containers', 'container'],
      ['flows', 'bit/s'],
      ['actions', 'No rule on a switch'],
    ] as const) {
      await browser.until(`document.getElementById('${section}')?.textContent.includes('${text}')`)
    }
    await browser.until(`document.querySelectorAll('#interfaces polygon.in[points]').length > 10`)
    await browser.until(`document.querySelector('a[href="/metrics"]')`)
    await browser.until(`document.getElementById('clock').textContent.startsWith('as of')`)
    clean(t, browser, bridge.url)
  },
)

test.serial(
  `it is usable with ${INTERFACES} interfaces, ${CROWD.containers} containers and ${CROWD.flows} flows`,
  async t => {
    t.timeout(180_000)
    const bridge = await startBridge(t)
    await sendCrowd(t, bridge)
    const browser = await startBrowser(t)
    await browser.open(`${bridge.url}/`)
    await browser.until(rowsOf('interfaces', INTERFACES))
    await browser.until(rowsOf('containers', CROWD.containers))
    await browser.until(rowsOf('flows', CROWD.flows))

    // Only what is in sight is in the document, whatever there is.
    t.true((await browser.run<number>(`document.querySelectorAll('tbody tr').length`)) < 200)
    t.true((await browser.run<number>(`document.querySelectorAll('svg').length`)) < 60)

    const cost = await costOf(browser, 5)
    t.log(
      `${cost.rounds} rounds: ${cost.workMs.toFixed(1)} ms of work each, longest task ${cost.longestMs.toFixed(0)} ms, ${Math.round(cost.bytesPerSecond / 1_000)} kB/s`,
    )
    t.true(cost.bytesPerSecond < 250_000)
    // Some 20 ms where nothing else runs; the bound is for machines that are busy.
    t.true(cost.workMs < 1_000)

    // To the last row by keys.
    await browser.run(`document.getElementById('interfaces').focus()`)
    const lastIndex = `[...document.querySelectorAll('#interfaces tr[aria-rowindex]')].at(-1).ariaRowIndex`
    await pressUntil(browser, 'End', `${lastIndex} === '${INTERFACES + 1}'`)
    const topRow = `document.querySelector('#interfaces tr[aria-rowindex="2"]')`
    await pressUntil(
      browser,
      'Home',
      `${topRow} && document.getElementById('interfaces').scrollTop === 0`,
    )

    // A heading sorts, by Enter too; what is sorted stays so when numbers change.
    const first = `document.querySelector('#interfaces tr[aria-rowindex="2"]').cells`
    const heading = `document.querySelectorAll('#interfaces th button')[1]`
    await browser.run(`${heading}.focus()`)
    await browser.press('Enter')
    await browser.until(`${heading}.parentElement.ariaSort === 'descending'`)
    await browser.until(`${first}[1].textContent === 'swp100'`)
    await browser.press('Enter')
    await browser.until(`${heading}.parentElement.ariaSort === 'ascending'`)
    await browser.until(`${first}[1].textContent === 'swp1'`)
    t.is(
      await browser.run(`document.querySelector('#interfaces th[aria-sort]').ariaSort`),
      'ascending',
    )

    // The search is one key away, looks through all tables, and Escape ends it.
    await browser.press('/')
    t.is(await browser.run('document.activeElement.id'), 'search')
    await browser.type('10.0.0.7 swp42')
    await browser.until(rowsOf('interfaces', 1))
    t.deepEqual(await browser.run(`[...${first}].slice(0, 2).map(cell => cell.textContent)`), [
      '10.0.0.7',
      'swp42',
    ])
    await browser.press('Escape')
    await browser.until(rowsOf('interfaces', INTERFACES))
    clean(t, browser, bridge.url)
  },
)

test.serial('a bridge that goes away is told, and nothing breaks', async t => {
  const bridge = await startBridge(t)
  const browser = await startBrowser(t)
  await browser.open(`${bridge.url}/`)
  await browser.until(`document.getElementById('agents').textContent.includes('Nobody sends yet')`)
  clean(t, browser, bridge.url)
  await bridge.end()
  await browser.until(`document.getElementById('state').textContent.startsWith('not answering')`)
  t.deepEqual(
    browser.complaints.filter(text => text.includes('exceptionThrown')),
    [],
  )
})

/**
 * Presses a key that scrolls, again if need be: chromium's own smooth scrolling gives up where it is
 * when the machine is too busy to draw its next frame.
 */
async function pressUntil(browser: Browser, key: string, expression: string): Promise<void> {
  for (let presses = 0; presses < 20; presses++) {
    await browser.press(key)
    const endMs = performance.now() + 3_000
    while (performance.now() < endMs) {
      if (await browser.run<boolean>(`Boolean(${expression})`)) return
      await browser.run('new Promise(resolve => setTimeout(resolve, 100))')
    }
  }
  throw new Error(`20 times ${key}, and never true in the page: ${expression}`)
}

function rowsOf(section: string, rows: number): string {
  return `document.querySelector('#${section} table')?.ariaRowCount === '${rows + 1}'`
}

/** Nothing on the console, nothing refused by the policy, nobody else asked. */
function clean(t: ExecutionContext, browser: Browser, url: string): void {
  t.deepEqual(browser.complaints, [])
  const strangers = browser.requests.filter(
    address => !address.startsWith(`${url}/`) && !address.startsWith('data:'),
  )
  t.deepEqual(strangers, [])
}

interface Cost {
  readonly rounds: number
  /** Work of the page's thread in a round, all told. */
  readonly workMs: number
  /** Its longest task; 0 if none took 50 ms. */
  readonly longestMs: number
  readonly bytesPerSecond: number
}

/** What so many updates cost. */
async function costOf(browser: Browser, rounds: number): Promise<Cost> {
  await browser.run(`
    globalThis.measured = { rounds: 0, longest: 0 }
    new PerformanceObserver(list => {
      for (const { duration } of list.getEntries()) {
        measured.longest = Math.max(measured.longest, duration)
      }
    }).observe({ type: 'longtask' })
    new MutationObserver(() => { measured.rounds += 1 })
      .observe(document.getElementById('figures'), { childList: true })
    0`)
  const bytes = browser.received()
  const before = await browser.workMs()
  const startMs = performance.now()
  await browser.until(`measured.rounds >= ${rounds}`)
  const seconds = (performance.now() - startMs) / 1_000
  const found = await browser.run<{ rounds: number; longest: number }>('measured')
  return {
    rounds: found.rounds,
    workMs: ((await browser.workMs()) - before) / found.rounds,
    longestMs: found.longest,
    bytesPerSecond: (browser.received() - bytes) / seconds,
  }
}
