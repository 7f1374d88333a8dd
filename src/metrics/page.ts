/**
 * The whole of `/metrics` as a stream: workers' families merged by name as their chunks come, each
 * header written once, sums of what carries no agent, the process' own metrics, the end mark. What is
 * held of it is bounded: one piece, and the chunks that workers may send ahead.
 */
import type { Registry } from 'prom-client'
import { COUNTER_FAMILIES } from '../engine/families.ts'
import type { SmallFamily } from '../engine/render.ts'
import type { WorkerChunk, WorkerScrape } from '../ingest/incoming-scrape.ts'
import { headerText } from './headers.ts'
import { CONTENT_TYPES, type Format, negotiate } from './negotiate.ts'
import { registryText } from './process-page.ts'

export interface PageSources {
  readonly scrape: () => Promise<readonly WorkerScrape[]>
  /** Families of the main thread: sockets, kernel drops, reloads, flows of all workers. */
  readonly own: () => readonly SmallFamily[]
  readonly registry: Registry
}

/** Each piece of a page makes one trip through streams, compression and socket: few are better. */
const PIECE_BYTES = 262_144

const encoder = new TextEncoder()

/** A page on its way. */
export interface PageStream {
  /** Each piece is to be used up before the next is asked for: they share their memory. */
  readonly pieces: AsyncIterable<Uint8Array>
  /** To be called when the pieces are done with, or given up. */
  cancel(): void
}

export function createPage(sources: PageSources) {
  return async (accept: string): Promise<{ contentType: string; body: PageStream }> => {
    const format = negotiate(accept)
    const scrapes = await sources.scrape()
    const totals = addTotals([...scrapes.map(scrape => scrape.totals), sources.own()])
    const pieces = inPieces(pageChunks(scrapes, totals, sources.registry, format))
    const cancel = () => {
      for (const scrape of scrapes) scrape.cancel()
    }
    return { contentType: CONTENT_TYPES[format], body: { pieces, cancel } }
  }
}

/**
 * The same bytes in pieces of one size, all in the same memory: what a scrape allocates calls for the
 * garbage collector, which costs more than the copies.
 */
async function* inPieces(parts: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
  let used = 0
  for await (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const end = Math.min(part.length, at + PIECE_BYTES - used)
      piece.set(part.subarray(at, end), used)
      used += end - at
      at = end
      if (used < PIECE_BYTES) continue
      yield piece
      used = 0
    }
  }
  yield piece.subarray(0, used)
}

async function* pageChunks(
  scrapes: readonly WorkerScrape[],
  totals: Map<string, SmallFamily>,
  registry: Registry,
  format: Format,
): AsyncGenerator<Uint8Array> {
  yield* mergedFamilies(scrapes, totals, format)
  let text = ''
  for (const family of totals.values()) {
    if (family.lines.length > 0) text += headerText(family, format) + linesText(family)
  }
  text += await registryText(registry, format)
  if (format === 'openmetrics') text += '# EOF\n'
  yield encoder.encode(text)
}

function linesText({ name, lines }: SmallFamily): string {
  return lines
    .map(({ labels, value }) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`)
    .join('')
}

/** One worker's stream, segment by segment. */
class Cursor {
  readonly #scrape: WorkerScrape
  #chunk: WorkerChunk | undefined
  #segment = 0

  constructor(scrape: WorkerScrape) {
    this.#scrape = scrape
  }

  get segment() {
    return this.#chunk?.segments[this.#segment]
  }

  bytes(): Uint8Array {
    const segment = this.segment
    if (this.#chunk === undefined || segment === undefined) throw new Error('read past the end')
    return this.#chunk.bytes.subarray(segment.start, segment.end)
  }

  /** False at the end. */
  async advance(): Promise<boolean> {
    this.#segment += 1
    if (this.segment !== undefined) return true
    this.#chunk = await this.#scrape.next()
    this.#segment = 0
    return this.#chunk !== undefined
  }
}

/** A family of which some series carry an agent and some none takes its totals out of `totals`. */
async function* mergedFamilies(
  scrapes: readonly WorkerScrape[],
  totals: Map<string, SmallFamily>,
  format: Format,
): AsyncGenerator<Uint8Array> {
  const cursors: Cursor[] = []
  for (const scrape of scrapes) {
    const cursor = new Cursor(scrape)
    if (await cursor.advance()) cursors.push(cursor)
  }
  let current = ''
  while (cursors.length > 0) {
    const cursor = cursors.reduce((first, other) => (isBefore(other, first) ? other : first))
    const { segment } = cursor
    if (segment === undefined) throw new Error('a cursor without a segment was kept')
    if (segment.name !== current) {
      yield encoder.encode(takeLines(totals, current) + headerText(segment, format))
      current = segment.name
    }
    yield cursor.bytes()
    if (!(await cursor.advance())) cursors.splice(cursors.indexOf(cursor), 1)
  }
  const last = takeLines(totals, current)
  if (last !== '') yield encoder.encode(last)
}

function takeLines(totals: Map<string, SmallFamily>, name: string): string {
  const family = totals.get(name)
  totals.delete(name)
  return family === undefined ? '' : linesText(family)
}

const POSITIONS: ReadonlyMap<string, number> = new Map(
  COUNTER_FAMILIES.map((family, index) => [family.name, index]),
)

/** The order in which every worker sends: counter families as declared, then the others by name. */
function isBefore(one: Cursor, other: Cursor): boolean {
  const a = one.segment?.name ?? ''
  const b = other.segment?.name ?? ''
  const [first, second] = [POSITIONS.get(a) ?? Infinity, POSITIONS.get(b) ?? Infinity]
  return first === second ? a < b : first < second
}

/** What carries no agent is added up over the workers, and what the main thread knows of it. */
function addTotals(parts: readonly (readonly SmallFamily[])[]): Map<string, SmallFamily> {
  const families = new Map<string, { family: SmallFamily; sums: Map<string, number> }>()
  for (const family of parts.flat()) {
    const found = families.get(family.name) ?? { family, sums: new Map<string, number>() }
    families.set(family.name, found)
    for (const { labels, value } of family.lines) {
      found.sums.set(labels, (found.sums.get(labels) ?? 0) + value)
    }
  }
  const added = new Map<string, SmallFamily>()
  for (const [name, { family, sums }] of families) {
    added.set(name, {
      ...family,
      lines: Array.from(sums, ([labels, value]) => ({ labels, value })),
    })
  }
  return added
}
