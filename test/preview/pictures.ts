/**
 * `npm run pictures -- PROMETHEUS-URL FOLDER [minutes] [theme] [only] [scale] [height] [to]`: builds the page, then
 * photographs every dashboard with live data in headless chromium; `to` in Unix seconds, else the last scrape.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { build } from 'vite'
import { part } from '../support/parts.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const DIST = join(HERE, 'dist')
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
}

const [prometheus = 'http://127.0.0.1:9090', out = '.', minutes = '30', theme = 'dark', ...more] =
  process.argv.slice(2)
const [only = '', scale = '1', heightMax = '8000', shownTo = ''] = more

if (process.env.PREVIEW_BUILT !== '1') {
  await build({ configFile: join(HERE, 'vite.config.ts'), logLevel: 'warn' })
}
const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://x').pathname
  const file = join(DIST, path === '/' ? 'index.html' : path)
  if (!file.startsWith(DIST)) return void response.writeHead(404).end()
  try {
    const content = readFileSync(file)
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
    response.end(content)
  } catch {
    response.writeHead(404).end()
  }
}).listen(0, '127.0.0.1')
await new Promise(resolve => server.once('listening', resolve))
const { port } = server.address() as AddressInfo

/** When the bridge was last scraped: on a busy machine the present may have no readings. */
async function lastScrape(): Promise<number> {
  const last = 'max(max_over_time(timestamp(up{job="sflow-bridge"} == 1)[10m:1s]))'
  const response = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(last)}`)
  const { data } = (await response.json()) as {
    readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] }
  }
  return Math.floor(Number(data.result[0]?.value[1] ?? Date.now() / 1_000))
}

mkdirSync(out, { recursive: true })
const browser = await chromium.launch({
  executablePath: part('chromium'),
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
})
const uids = readdirSync(join(HERE, '../../grafana/dashboards')).map(name =>
  name.replace('.json', ''),
)
for (const uid of uids.filter(one => one.includes(only))) {
  const page = await browser.newPage({
    viewport: { width: 1600, height: 1000 },
    deviceScaleFactor: Number(scale),
  })
  page.on('pageerror', error => process.stderr.write(`${uid}: ${error.message}\n`))
  const query = new URLSearchParams({ uid, prometheus, minutes, theme, to: shownTo || String(await lastScrape()) })
  await page.goto(`http://127.0.0.1:${port}/?${query}`)
  const height = await page.waitForSelector('body[data-done]', {
    state: 'attached',
    timeout: 60_000,
  })
  const pixels = Number(await height.getAttribute('data-done'))
  await page.setViewportSize({ width: 1600, height: Math.min(pixels, Number(heightMax)) })
  await page.waitForTimeout(300)
  await page.screenshot({ path: join(out, `${uid}.png`) })
  await page.close()
  process.stdout.write(`${join(out, `${uid}.png`)}\n`)
}
await browser.close()
server.close()
