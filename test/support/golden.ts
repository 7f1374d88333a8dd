/** Golden files: sections between `-- name --` lines, read and written. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { decodeDatagram } from '../../src/sflow/decode/datagram.ts'
import type { JsonObject } from '../../src/sflow/decode/json.ts'
import { pageLines, receive, testEngine } from './engine.ts'
import { parseHex } from './xdr.ts'

const FOLDER = new URL('../datagrams/', import.meta.url)

export interface Golden {
  readonly name: string
  readonly why: string
  readonly spec: string
  /** Hex words with remarks. */
  readonly datagram: string
  readonly bytes: Uint8Array
  /** What `decode` says, from `agent` on. */
  readonly json: string
  /** What the reference program says of these bytes; not JSON where it gives up on them. */
  readonly sflowtool: string
  /** What the bridge exposes of these bytes, without its own metrics. */
  readonly exposition: string
}

const SECTIONS = ['spec', 'datagram', 'json', 'sflowtool', 'exposition'] as const

export function readGoldens(): readonly Golden[] {
  return readdirSync(FOLDER)
    .filter(file => file.endsWith('.txt'))
    .sort()
    .map(file => parseGolden(file.slice(0, -4), readFileSync(new URL(file, FOLDER), 'utf8')))
}

function parseGolden(name: string, text: string): Golden {
  const parts = text.split(/^-- (\w+) --\n/m)
  const section = (title: string) => parts[parts.indexOf(title) + 1]?.trimEnd() ?? ''
  const [why = ''] = parts
  return {
    name,
    why: why.trim(),
    spec: section('spec'),
    datagram: section('datagram'),
    bytes: parseHex(section('datagram')),
    json: section('json'),
    sflowtool: section('sflowtool'),
    exposition: section('exposition'),
  }
}

export function writeGolden(golden: Omit<Golden, 'bytes'>): void {
  const sections = SECTIONS.map(title => `-- ${title} --\n${golden[title]}\n`)
  writeFileSync(new URL(`${golden.name}.txt`, FOLDER), `${golden.why}\n${sections.join('')}`)
}

/** Keys that say when and from where, not what. */
const ORIGIN = /^(datagramSourceIP|unixSecondsUTC|localtime|pcapTimestamp)/

export function withoutOrigin(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !ORIGIN.test(key)))
}

export function decodedJson(bytes: Uint8Array): string {
  const object = decodeDatagram(bytes, { timeMs: 0, sourceAddress: '192.0.2.1' })
  return JSON.stringify(withoutOrigin(object), undefined, 1)
}

const START_MS = 1_800_000_000_000
const AGENT_AT = 8
/** An engine is dear to make, so many datagrams share one, each with an agent address of its own. */
const AGENTS_PER_ENGINE = 500

/** The lines that each datagram adds to the page of an engine, once its rows are exposed. */
export function expositions(datagrams: readonly Uint8Array[]): string[] {
  const all: string[] = []
  for (let from = 0; from < datagrams.length; from += AGENTS_PER_ENGINE) {
    all.push(...batch(datagrams.slice(from, from + AGENTS_PER_ENGINE)))
  }
  return all
}

function batch(datagrams: readonly Uint8Array[]): string[] {
  const engine = testEngine()
  const lines = datagrams.map((): string[] => [])
  datagrams.forEach((bytes, index) => {
    receive(engine, withAgent(bytes, index), START_MS)
  })
  engine.tick(START_MS + 60_000)
  for (const line of pageLines(engine)) {
    const [, high, low] = /[{,]agent="10\.78\.(\d+)\.(\d+)"/.exec(line) ?? []
    if (low === undefined || line.startsWith('#') || line.startsWith('sflow_agent_')) continue
    const plain = line.replace(`10.78.${high}.${low}`, '10.77.0.1')
    lines[Number(high) * 256 + Number(low)]?.push(plain)
  }
  return lines.map(one => one.join('\n'))
}

/** The same datagram from 10.78.X.Y. */
export function withAgent(bytes: Uint8Array, index: number): Uint8Array {
  const copy = bytes.slice()
  copy.set(
    [10, 78, index >> 8, index & 255].slice(0, Math.max(0, bytes.length - AGENT_AT)),
    AGENT_AT,
  )
  return copy
}
