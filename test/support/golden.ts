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

/** The lines that the bytes add to the page of a fresh engine, once their rows are exposed. */
export function exposition(bytes: Uint8Array): string {
  const engine = testEngine()
  receive(engine, bytes, START_MS)
  engine.tick(START_MS + 60_000)
  return pageLines(engine)
    .filter(line => !line.startsWith('#') && !/^sflow_(bridge|agent)_/.test(line))
    .join('\n')
}
