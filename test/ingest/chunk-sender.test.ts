/** Scrapes leave a worker in slices, ahead of the asking up to a bound, in memory that is used again. */
import test from 'ava'
import { type Allocate, CHUNK_BYTES, type Chunk } from '../../src/engine/chunks.ts'
import { ChunkSender } from '../../src/ingest/chunk-sender.ts'
import type { FromWorker } from '../../src/ingest/messages.ts'

const FAMILY = { name: 'a_total', type: 'counter', help: 'A.' } as const
const AHEAD = 4

/** A sender whose scrapes have so many chunks, each of which takes so long to make. */
function start(chunksOf: readonly number[], chunkMs = 0) {
  let nowMs = 0
  const sent: FromWorker[] = []
  const turns: (() => void)[] = []
  const ended: number[] = []
  const fresh = new Set<ArrayBuffer>()
  let begun = 0
  function* chunks(count: number, allocate: Allocate): Generator<Chunk> {
    for (let made = 0; made < count; made++) {
      nowMs += chunkMs
      const bytes = allocate(CHUNK_BYTES)
      fresh.add(bytes.buffer)
      yield { bytes, segments: [{ family: FAMILY, start: 0, end: 10 }] }
    }
  }
  const sender = new ChunkSender({
    render: allocate => {
      const index = begun++
      const end = () => ended.push(index)
      return { totals: [], chunks: chunks(chunksOf[index] as number, allocate), end }
    },
    send: message => sent.push(message),
    later: slice => turns.push(slice),
    now: () => nowMs,
  })
  return {
    sender,
    sent,
    ended,
    fresh,
    /** One turn of the event loop; the kinds and numbers of what it sent. */
    turn(): string {
      const before = sent.length
      for (const slice of turns.splice(0)) slice()
      return said(sent.slice(before))
    },
  }
}

const said = (messages: readonly FromWorker[]) =>
  messages.map(message => `${message.kind} ${'id' in message ? message.id : ''}`).join(', ')

test('a scrape is sent ahead up to a bound, then chunk by chunk as they are taken', t => {
  const { sender, turn } = start([7])
  sender.begin(1)
  t.is(turn(), Array(AHEAD).fill('chunk 1').join(', '))
  t.false(sender.busy, 'a client that does not read keeps nobody awake')
  t.is(turn(), '')
  sender.next(1, new ArrayBuffer(CHUNK_BYTES))
  t.true(sender.busy)
  t.is(turn(), 'chunk 1')
  for (let taken = 0; taken < 3; taken++) sender.next(1, new ArrayBuffer(CHUNK_BYTES))
  t.is(turn(), 'chunk 1, chunk 1, end 1')
  t.is(turn(), '')
})

test('between slices of a millisecond the event loop turns', t => {
  const { sender, turn } = start([3], 0.7)
  sender.begin(1)
  t.is(turn(), 'chunk 1, chunk 1')
  t.true(sender.busy)
  t.is(turn(), 'chunk 1, end 1')
  t.false(sender.busy)
})

test('scrapes take turns', t => {
  const { sender, turn, ended } = start([1, 2])
  sender.begin(1)
  sender.begin(2)
  t.is(turn(), 'chunk 1, chunk 2, end 1, chunk 2, end 2')
  t.deepEqual(ended, [0, 1])
})

test('a scrape that is given up ends once, and sends nothing any more', t => {
  const { sender, turn, ended } = start([9])
  sender.begin(1)
  turn()
  sender.cancel(1)
  sender.cancel(1)
  sender.next(1, new ArrayBuffer(CHUNK_BYTES))
  t.is(turn(), '')
  t.deepEqual(ended, [0])
})

test('the memory of chunks that were taken is used again', t => {
  const { sender, turn, sent, fresh } = start([20, 20])
  for (const id of [1, 2]) {
    sender.begin(id)
    while (turn() !== '') {
      for (const message of sent.splice(0)) {
        if (message.kind === 'chunk') sender.next(id, message.bytes.buffer)
      }
    }
  }
  t.is(fresh.size, AHEAD)
})

test('of many scrapes each is one chunk ahead', t => {
  const { sender, turn } = start(Array(20).fill(9))
  for (let id = 1; id <= 20; id++) sender.begin(id)
  const chunks = turn()
    .split(', ')
    .filter(one => one.startsWith('chunk')).length
  t.is(chunks, 8 * AHEAD + 12)
})
