/**
 * Conservation as a real Prometheus has stored it: an hour of virtual scrapes goes into its storage
 * by promtool, and the sum of last - first over all series is asked of it.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import test from 'ava'
import { request } from 'undici'
import type { FlowSnapshot } from '../../src/flows/families.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import { part } from '../support/parts.ts'
import { HandView, handEngine, handFlow, seeded, zipf } from './table-kit.ts'

const SECONDS = 3_600
const SCRAPE_SECONDS = 15

test('last - first over all stored series is all traffic, while flows enter, leave and return', async t => {
  t.timeout(120_000)
  const folder = await mkdtemp(join(tmpdir(), 'conservation-'))
  const startSeconds = Math.floor(Date.now() / 1_000) - SECONDS - 600
  const { text, truth, series } = scrapes(startSeconds)
  await writeFile(join(folder, 'scrapes.txt'), text)
  await writeFile(join(folder, 'prometheus.yml'), 'scrape_configs: []\n')
  const data = join(folder, 'data')
  const load = ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'scrapes.txt'), data]
  await promisify(execFile)(part('promtool'), load)
  const port = await freePort()
  const server = spawn(part('prometheus'), [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ])
  try {
    await ready(server.stderr)
    for (const what of ['bytes', 'frames'] as const) {
      const stored = await ask(port, `{__name__=~"sflow_flow_hand_(other_)?${what}_total"}[2h]`)
      const increases = stored.map(values => Number(values.at(-1)?.[1]) - Number(values[0]?.[1]))
      t.is(
        increases.reduce((sum, increase) => sum + increase, 0),
        truth[what],
      )
      t.true(stored.every(values => Number(values[0]?.[1]) === 0))
      t.is(stored.length, series[what])
      t.true(stored.length > 50, `${stored.length} series`)
    }
  } finally {
    const ended = once(server, 'exit')
    server.kill()
    await ended
    await rm(folder, { recursive: true })
  }
})

/** Zipf traffic, heavy flows that move on and return, and a flood for a third of the time. */
function scrapes(startSeconds: number) {
  const limits = { ...FLOW_LIMITS, entries: 512 }
  const { engine } = handEngine([handFlow({ by: 'agent', n: 5, max: 60 })], { limits })
  const random = seeded(31)
  const calm = zipf(300, random)
  const view = new HandView()
  const truth = { bytes: 0, frames: 0 }
  const lines = new Map<string, string[]>()
  for (let second = 0; second < SECONDS; second++) {
    // Quiet at the end, so that all that was counted is shown.
    for (let sample = 0; sample < 50 && second < SECONDS - 60; sample++) {
      const agent = 1 + Math.floor(random() * 4)
      const flood = second % 900 > 600 && random() < 0.9
      const heavy = 1_000 + (Math.floor(second / 60) % 17)
      const spoofed = 1_000_000 + Math.floor(random() * 2 ** 30)
      const key = flood ? spoofed : random() < 0.5 ? heavy : calm()
      const length = 64 + Math.floor(random() * 1_455)
      engine.sample(view.take({ agent, key, length, scale: 400, nowMs: second * 1_000 }))
      truth.bytes += length * 400
      truth.frames += 400
    }
    engine.tick(second * 1_000 + 999)
    if (second % SCRAPE_SECONDS !== 7) continue
    take(lines, engine.snapshot(second * 1_000 + 999), startSeconds + second)
  }
  const series = { bytes: count(lines, 'bytes'), frames: count(lines, 'frames') }
  return { text: `${[...lines.values()].flat().join('\n')}\n# EOF\n`, truth, series }
}

function take(lines: Map<string, string[]>, snapshot: FlowSnapshot, seconds: number): void {
  for (const { name, type, labels, values } of snapshot) {
    if (!/^sflow_flow_hand_(other_)?(bytes|frames)_total$/.test(name)) continue
    const family = lines.get(name) ?? [`# TYPE ${name.replace(/_total$/, '')} ${type}`]
    lines.set(name, family)
    labels.forEach((text, at) => {
      family.push(`${name}{${text}} ${values[at]} ${seconds}`)
    })
  }
}

function count(lines: ReadonlyMap<string, readonly string[]>, what: string): number {
  const names = [`sflow_flow_hand_${what}_total`, `sflow_flow_hand_other_${what}_total`]
  const all = names.flatMap(name => lines.get(name)?.slice(1) ?? [])
  return new Set(all.map(line => line.slice(0, line.indexOf('}')))).size
}

async function ask(port: number, query: string): Promise<readonly (readonly [number, string])[][]> {
  const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`
  const answer = await request(url)
  const { data } = (await answer.body.json()) as {
    readonly data: {
      readonly result: readonly { readonly values: (readonly [number, string])[] }[]
    }
  }
  return data.result.map(({ values }) => values)
}

async function ready(log: NodeJS.ReadableStream): Promise<void> {
  for await (const line of createInterface({ input: log })) {
    if (line.includes('Server is ready')) break
  }
  log.resume()
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
