/**
 * A scraper as Prometheus is one: each second, one connection, compressed. What is timed ends with the
 * last byte.
 */
import { Agent, request } from 'node:http'

/** Scrapes until it is told to end: milliseconds from each request to its last byte. */
export function startScraper(url: string): { end(): Promise<readonly number[]> } {
  const agent = new Agent({ keepAlive: true })
  const times: number[] = []
  let going = true
  const scrapeAll = async () => {
    for (let next = performance.now(); going; next += 1_000) {
      const began = performance.now()
      await fetchPacked(`${url}/metrics`, agent)
      times.push(performance.now() - began)
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
      return times
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
