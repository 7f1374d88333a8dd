/** One worker's part of a scrape on the main thread: in order, given back, ended, broken. */
import test from 'ava'
import { IncomingScrape, type WorkerChunk } from '../../src/ingest/incoming-scrape.ts'

const chunk = (): WorkerChunk => ({ bytes: new Uint8Array(8), segments: [] })

function start() {
  const taken: ArrayBuffer[] = []
  const counts = { cancelled: 0 }
  const scrape = new IncomingScrape({
    taken: bytes => taken.push(bytes),
    cancelled: () => {
      counts.cancelled += 1
    },
  })
  return { scrape, taken, counts }
}

test('chunks come in order, whether they are waited for or wait', async t => {
  const { scrape, taken } = start()
  const [first, second, third] = [chunk(), chunk(), chunk()]
  const waited = scrape.next()
  scrape.arrive(first)
  scrape.arrive(second)
  t.is(await waited, first)
  t.deepEqual(taken, [], 'the first is in use')
  t.is(await scrape.next(), second)
  const last = scrape.next()
  scrape.arrive(third)
  t.is(await last, third)
  t.deepEqual(taken, [first.bytes.buffer, second.bytes.buffer])
  const end = scrape.next()
  scrape.end()
  t.is(await end, undefined)
  t.is(await scrape.next(), undefined)
  t.is(taken.length, 3, 'each was given back once')
})

test('an end waits behind the chunks before it', async t => {
  const { scrape } = start()
  const only = chunk()
  scrape.arrive(only)
  scrape.end()
  t.is(await scrape.next(), only)
  t.is(await scrape.next(), undefined)
})

test('a worker that dies breaks the scrape, for who waits and for who comes later', async t => {
  const { scrape } = start()
  const waited = scrape.next()
  scrape.fail(new Error('the thread ended'))
  await t.throwsAsync(waited, { message: 'the thread ended' })
  await t.throwsAsync(scrape.next(), { message: 'the thread ended' })
})

test('a scrape that was given up holds nothing', async t => {
  const { scrape, counts } = start()
  scrape.arrive(chunk())
  scrape.cancel()
  scrape.arrive(chunk())
  t.is(counts.cancelled, 1)
  t.is(await scrape.next(), undefined)
})
