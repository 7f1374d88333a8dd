/**
 * Stands between Prometheus and the bridge, so that the truth is known at the very instants of the
 * scrapes: while one passes nothing is sent, and it passes when the bridge has read all that was.
 * Each page gets its number as a metric, which tells the time that Prometheus gave it.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as after } from 'node:timers/promises'
import type { Picture, Scrape } from './truth-view.ts'
import type { Turns } from './turns.ts'

const NUMBER = 'test_scrape_number'
/** As long as Prometheus waits for a page, and then some. */
const READING_MS_MAX = 2_500
const ASK_AGAIN_MS = 5

export interface GateOptions {
  readonly bridge: string
  readonly turns: Turns
  readonly picture: () => Picture
}

export class ScrapeGate {
  readonly #options: GateOptions
  readonly #pictures: Picture[] = []
  readonly #server: Server

  constructor(options: GateOptions) {
    this.#options = options
    this.#server = createServer(({ url = '/', headers }, response) => {
      const accept = headers.accept ?? '*/*'
      this.#options.turns
        .take(() => this.#page(url, accept))
        .then(({ type, body }) => response.setHeader('content-type', type).end(body))
        .catch(() => response.destroy())
    })
  }

  /** `HOST:PORT` for Prometheus. */
  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  /** Those that Prometheus has, in the order of time. */
  async scrapes(prometheus: string): Promise<Scrape[]> {
    const response = await fetch(`${prometheus}/api/v1/query?query=${NUMBER}[10m]`)
    const { data } = (await response.json()) as {
      data: { result: readonly { values: readonly [number, string][] }[] }
    }
    return (data.result[0]?.values ?? []).map(([at, number]) => ({
      at,
      picture: this.#pictures[Number(number)] as Picture,
    }))
  }

  /** Of a moment when everything that was sent had been read, or lost by the kernel. */
  async #page(url: string, accept: string): Promise<{ type: string; body: string }> {
    const picture = this.#options.picture()
    const until = performance.now() + READING_MS_MAX
    for (;;) {
      const page = await fetch(`${this.#options.bridge}${url}`, { headers: { accept } })
      const body = await page.text()
      if (datagramsOf(body) < picture.sent && performance.now() < until) {
        await after(ASK_AGAIN_MS)
        continue
      }
      const number = this.#pictures.push(picture) - 1
      const type = page.headers.get('content-type') ?? 'text/plain'
      return { type, body: `# TYPE ${NUMBER} gauge\n${NUMBER} ${number}\n${body}` }
    }
  }
}

function datagramsOf(page: string): number {
  let sum = 0
  const lines = page.matchAll(
    /^sflow_bridge_(?:datagrams_received|kernel_drops)_total(?:\{[^}]*\})? ([0-9.e+]+)/gm,
  )
  for (const [, value] of lines) sum += Number(value)
  return sum
}
