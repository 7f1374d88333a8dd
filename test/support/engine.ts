/** An engine for tests: fed with captures or datagrams on a virtual clock, read as its exposition. */
import { Engine, type EngineOptions } from '../../src/engine/engine.ts'
import { DEFAULT_LIMITS, type EngineLimits } from '../../src/engine/limits.ts'
import { NO_NAMES } from '../../src/engine/naming.ts'
import { newDatagramCounts, readDatagrams } from '../../src/pcap/datagrams.ts'
import { openCapture } from '../../src/pcap/open.ts'

export const CAPTURES = [
  'hsflowd-docker',
  'hsflowd-host',
  'hsflowd-kvm',
  'ovs',
  'ovs3-vxlan',
  'pmacct',
] as const

export function testEngine(
  options: Partial<EngineOptions> & { limitsPart?: Partial<EngineLimits> } = {},
): Engine {
  const { limitsPart, ...rest } = options
  const limits = { ...DEFAULT_LIMITS, ...limitsPart }
  return new Engine({ limits, names: NO_NAMES, hashSeed: 7, ...rest })
}

export function receive(
  engine: Engine,
  bytes: Uint8Array,
  nowMs: number,
  source = '192.0.2.1',
): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return engine.receive(view, 0, bytes.byteLength, nowMs, source)
}

/** Feeds a capture by its own times, ticking each second. Returns the last time, in ms. */
export async function feedCapture(engine: Engine, name: string): Promise<number> {
  const capture = await openCapture(capturePath(name))
  const options = { name, port: undefined, counts: newDatagramCounts() }
  let nowMs = 0
  for await (const datagram of readDatagrams(capture.chunks, options)) {
    if (nowMs === 0) nowMs = datagram.timeMs
    for (; nowMs + 1_000 <= datagram.timeMs; nowMs += 1_000) engine.tick(nowMs)
    receive(engine, datagram.bytes, datagram.timeMs, datagram.sourceAddress)
    nowMs = datagram.timeMs
  }
  return nowMs
}

export function capturePath(name: string): string {
  return new URL(`../captures/${name}.pcap`, import.meta.url).pathname
}

/** The page of the engine alone: `name{labels}` → reading. A series that stands twice throws. */
export function readings(engine: Engine): Map<string, number> {
  const found = new Map<string, number>()
  for (const line of pageLines(engine)) {
    const at = line.lastIndexOf(' ')
    const series = line.slice(0, at)
    if (found.has(series)) throw new Error(`${series} stands twice`)
    found.set(series, Number(line.slice(at + 1)))
  }
  return found
}

export function pageLines(engine: Engine): string[] {
  const scrape = engine.render()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  for (const chunk of scrape.chunks) text += decoder.decode(chunk.bytes)
  scrape.end()
  for (const { name, lines } of scrape.totals) {
    for (const { labels, value } of lines)
      text += `${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`
  }
  return text.split('\n').filter(line => line !== '')
}

/** The readings of one family, by label text. */
export function family(engine: Engine, name: string): Record<string, number> {
  const found: Record<string, number> = {}
  for (const [series, value] of readings(engine)) {
    if (series === name) found[''] = value
    else if (series.startsWith(`${name}{`)) found[series.slice(name.length + 1, -1)] = value
  }
  return found
}
