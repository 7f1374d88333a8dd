/** The page of several workers: each family once, in one order, sums of what carries no agent. */
import test from 'ava'
import { Registry } from 'prom-client'
import type { SmallFamily } from '../../src/engine/render.ts'
import type { WorkerChunk, WorkerScrape } from '../../src/ingest/incoming-scrape.ts'
import { createPage } from '../../src/metrics/page.ts'

type Family = readonly [name: string, lines: string]

const header = (name: string) => {
  return { name, type: 'counter' as const, help: `About ${name}.` }
}

const totalsOf = (lines: Readonly<Record<string, Readonly<Record<string, number>>>>) =>
  Object.entries(lines).map(([name, values]): SmallFamily => {
    const all = Object.entries(values).map(([labels, value]) => ({ labels, value }))
    return { ...header(name), lines: all }
  })

/** A worker whose chunks are given by their families; the same family may go on in the next. */
function worker(chunks: readonly (readonly Family[])[], totals: readonly SmallFamily[] = []) {
  const left = chunks.map((families): WorkerChunk => {
    let bytes = Buffer.alloc(0)
    const segments = families.map(([name, lines]) => {
      const start = bytes.length
      bytes = Buffer.concat([bytes, Buffer.from(lines)])
      return { ...header(name), start, end: bytes.length }
    })
    return { bytes: new Uint8Array(bytes), segments }
  })
  const scrape = {
    totals,
    cancelled: false,
    next: () => Promise.resolve(left.shift()),
    cancel() {
      scrape.cancelled = true
    },
  }
  return scrape
}

/** Piece by piece, since they share their memory. */
async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  let all = ''
  for await (const piece of pieces) all += Buffer.from(piece).toString('latin1')
  return all
}

async function pageOf(scrapes: readonly WorkerScrape[], own: readonly SmallFamily[] = []) {
  const page = createPage({
    scrape: () => Promise.resolve(scrapes),
    own: () => own,
    registry: new Registry(),
  })
  const { body } = await page('')
  return (await textOf(body.pieces))
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('# HELP'))
}

test('families of workers are merged by name, whatever chunks they come in', async t => {
  const lines = await pageOf([
    worker([
      [['sflow_a_total', 'sflow_a_total{agent="1"} 1\n']],
      [
        ['sflow_a_total', 'sflow_a_total{agent="2"} 2\n'],
        ['sflow_c_total', 'sflow_c_total{agent="1"} 3\n'],
      ],
    ]),
    worker([
      [
        ['sflow_a_total', 'sflow_a_total{agent="3"} 4\n'],
        ['sflow_b_total', 'sflow_b_total{agent="3"} 5\n'],
      ],
      [['sflow_c_total', 'sflow_c_total{agent="3"} 6\n']],
    ]),
  ])
  t.deepEqual(lines, [
    '# TYPE sflow_a_total counter',
    'sflow_a_total{agent="1"} 1',
    'sflow_a_total{agent="2"} 2',
    'sflow_a_total{agent="3"} 4',
    '# TYPE sflow_b_total counter',
    'sflow_b_total{agent="3"} 5',
    '# TYPE sflow_c_total counter',
    'sflow_c_total{agent="1"} 3',
    'sflow_c_total{agent="3"} 6',
  ])
})

test('what carries no agent is added up, over workers and the main thread', async t => {
  const lines = await pageOf(
    [
      worker([], totalsOf({ sflow_bridge_x_total: { '': 1 }, sflow_y_total: { 'reason="a"': 2 } })),
      worker(
        [],
        totalsOf({ sflow_bridge_x_total: { '': 10 }, sflow_y_total: { 'reason="b"': 3 } }),
      ),
    ],
    totalsOf({ sflow_y_total: { 'reason="b"': 100 }, sflow_z_total: { '': 7 } }),
  )
  t.deepEqual(lines, [
    '# TYPE sflow_bridge_x_total counter',
    'sflow_bridge_x_total 11',
    '# TYPE sflow_y_total counter',
    'sflow_y_total{reason="a"} 2',
    'sflow_y_total{reason="b"} 103',
    '# TYPE sflow_z_total counter',
    'sflow_z_total 7',
  ])
})

test('a family of which some series carry an agent and some none has one header', async t => {
  const lines = await pageOf(
    [
      worker(
        [
          [
            ['sflow_a_total', 'sflow_a_total{agent="1"} 1\n'],
            ['sflow_b_total', 'sflow_b_total{agent="1"} 2\n'],
          ],
        ],
        totalsOf({ sflow_a_total: { 'threshold="t"': 3 }, sflow_b_total: { '': 4 } }),
      ),
      worker([], totalsOf({ sflow_a_total: { 'threshold="t"': 5 } })),
    ],
    totalsOf({ sflow_b_total: { '': 6 } }),
  )
  t.deepEqual(lines, [
    '# TYPE sflow_a_total counter',
    'sflow_a_total{agent="1"} 1',
    'sflow_a_total{threshold="t"} 8',
    '# TYPE sflow_b_total counter',
    'sflow_b_total{agent="1"} 2',
    'sflow_b_total 10',
  ])
})

test('a client that goes away ends the scrape of all workers', async t => {
  const scrapes = [
    worker([[['sflow_a_total', 'sflow_a_total{agent="1"} 1\n']]]),
    worker([[['sflow_a_total', 'sflow_a_total{agent="2"} 1\n']]]),
  ]
  const page = createPage({
    scrape: () => Promise.resolve(scrapes),
    own: () => [],
    registry: new Registry(),
  })
  const { body } = await page('')
  for await (const _ of body.pieces) break
  body.cancel()
  t.deepEqual(
    scrapes.map(({ cancelled }) => cancelled),
    [true, true],
  )
})

test('a long page comes in pieces of one size, whole and in order', async t => {
  const line = (index: number) => `sflow_a_total{agent="${index}"} ${index}\n`
  const texts = [0, 1, 2].map(chunk =>
    Array.from({ length: 10_000 }, (_, index) => line(chunk * 10_000 + index)).join(''),
  )
  const page = createPage({
    scrape: () => Promise.resolve([worker(texts.map(text => [['sflow_a_total', text]]))]),
    own: () => [],
    registry: new Registry(),
  })
  const { body } = await page('')
  const lengths: number[] = []
  let all = ''
  for await (const piece of body.pieces) {
    lengths.push(piece.length)
    all += Buffer.from(piece).toString('latin1')
  }
  const header = '# HELP sflow_a_total About sflow_a_total.\n# TYPE sflow_a_total counter\n'
  t.true(all === header + texts.join(''))
  t.is(new Set(lengths.slice(0, -1)).size, 1)
  t.true((lengths.at(-1) as number) <= (lengths[0] as number))
})
