/**
 * A scraper as Prometheus is one: each second, one connection, compressed. What is timed ends with the
 * last byte; unpacking and reading come afterwards, on the scraper's own time.
 */
import { Agent, request } from 'node:http'
import { gunzipSync } from 'node:zlib'

/** The sampling interval of the event loop's histogram, which its readings include: prom-client's default. */
const LAG_INTERVAL_MS = 10

export interface Scrapes {
  /** From the request to the last byte. */
  readonly times: readonly number[]
  /** The longest that the main thread kept an event waiting. */
  readonly pauseMs: number
}

/** Scrapes until it is told to end. */
export function startScraper(url: string): { end(): Promise<Scrapes> } {
  const agent = new Agent({ keepAlive: true })
  const times: number[] = []
  let pauseMs = 0
  let going = true
  const scrapeAll = async () => {
    for (let next = performance.now(); going; next += 1_000) {
      const began = performance.now()
      const packed = await fetchPacked(`${url}/metrics`, agent)
      times.push(performance.now() - began)
      const lag = /^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(gunzipSync(packed).toString())
      pauseMs = Math.max(pauseMs, Number(lag?.[1]) * 1_000 - LAG_INTERVAL_MS)
      await new Promise(resolve =>
        setTimeout(resolve, Math.max(0, next + 1_000 - performance.now())),
      )
    }
    agent.destroy()
  }
  const done = scrapeAll()
  return {
    async end() {
      going = false
      await done
      return { times, pauseMs }
    },
  }
}

function fetchPacked(url: string, agent: Agent): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const asked = request(url, { agent, headers: { 'accept-encoding': 'gzip' } }, response => {
    const parts: Buffer[] = []
    response.on('data', part => parts.push(part))
    response.on('error', reject)
    response.on('end', () => {
      if (response.statusCode === 200) resolve(Buffer.concat(parts))
      else reject(new Error(`${url}: ${response.statusCode}`))
    })
  })
  asked.on('error', reject)
  asked.end()
  return promise
}
