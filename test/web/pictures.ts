/**
 * Takes the pictures of the live page that the documentation shows: `npm run demo` in one terminal, two
 * minutes later `node test/web/pictures.ts URL` in another. Light, dark, and what the console said.
 */
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { startBrowser } from './browser.ts'

const [url = 'http://127.0.0.1:16343/', waitSeconds = '130'] = process.argv.slice(2)
const endings: (() => unknown)[] = []
// What a test has for endings, without a test.
const t = {
  teardown: (ending: () => unknown) => endings.unshift(ending),
} as unknown as ExecutionContext

const browser = await startBrowser(t)
await browser.open(url)
// The page itself collects what the sparklines show.
await new Promise(resolve => setTimeout(resolve, Number(waitSeconds) * 1_000))
for (const scheme of ['light', 'dark'] as const) {
  await browser.media(scheme)
  await browser.run(
    'new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
  )
  await browser.picture(
    fileURLToPath(new URL(`../../docs/images/live-${scheme}.png`, import.meta.url)),
  )
}
process.stdout.write(`${browser.complaints.length} complaints\n${browser.complaints.join('\n')}\n`)
for (const ending of endings) await ending()
