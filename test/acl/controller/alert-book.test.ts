import test from 'ava'
import type { Alert } from '../../../src/acl/controller/alert.ts'
import { AlertBook } from '../../../src/acl/controller/alert-book.ts'

const LIMITS = {
  alertsMax: 2,
  silenceMaxMs: 1_000,
  bridgeSilenceMaxMs: 500,
  duplicateWindowMs: 100,
}

function alert(fingerprint: string, status: Alert['status'] = 'firing', startsAtMs = 5): Alert {
  const key = `alertmanager/${fingerprint}`
  return { key, origin: 'alertmanager', fingerprint, status, labels: {}, numbers: {}, startsAtMs }
}

test('opened, repeated, ended, and then known to be over', t => {
  const book = new AlertBook(LIMITS)
  t.is(book.take(alert('a'), 10), 'opened')
  t.is(book.take(alert('a'), 20), 'repeated')
  t.is(book.take(alert('a', 'resolved'), 30), 'ended')
  t.is(book.take(alert('a', 'resolved'), 40), 'duplicate')
  t.is(book.take(alert('b', 'resolved'), 40), 'unknown_end')
  t.deepEqual(book.firing(), [])
})

test('the same firing after its end is a late delivery within the window, news after it', t => {
  const book = new AlertBook(LIMITS)
  book.take(alert('a'), 10)
  book.take(alert('a', 'resolved'), 30)
  t.is(book.take(alert('a'), 129), 'duplicate')
  t.is(book.take(alert('a'), 130), 'opened')
})

test('a later start is news at once', t => {
  const book = new AlertBook(LIMITS)
  book.take(alert('a'), 10)
  book.take(alert('a', 'resolved'), 30)
  t.is(book.take(alert('a', 'firing', 6), 31), 'opened')
})

test('the late end of an earlier firing does not end a later one', t => {
  const book = new AlertBook(LIMITS)
  book.take(alert('a', 'firing', 9), 10)
  t.is(book.take(alert('a', 'resolved', 5), 20), 'duplicate')
  t.is(book.firing().length, 1)
})

test('full: a new alert is refused while all others fire, and takes the place of an ended one', t => {
  const book = new AlertBook(LIMITS)
  book.take(alert('a'), 10)
  book.take(alert('b'), 10)
  t.is(book.take(alert('c'), 10), 'full')
  t.is(book.take(alert('b'), 11), 'repeated')
  book.take(alert('a', 'resolved'), 12)
  t.is(book.take(alert('c'), 12), 'opened')
  t.is(book.size, 2)
})

test('silence ends a firing alert, age forgets an ended one, and both are told to the journal', t => {
  const book = new AlertBook(LIMITS)
  book.take(alert('a'), 10)
  book.takeChanges()
  t.deepEqual(book.expire(1_009), [])
  t.deepEqual(book.takeChanges(), [])
  t.is(book.expire(1_010).length, 1)
  t.is(book.takeChanges()[0]?.[1]?.alert.status, 'resolved')
  book.expire(1_110)
  t.deepEqual(book.takeChanges(), [['alertmanager/a', undefined]])
  t.is(book.size, 0)
})

test('events of the bridge are believed for a shorter time', t => {
  const book = new AlertBook(LIMITS)
  book.take({ ...alert('a'), key: 'bridge/a', origin: 'bridge' }, 0)
  t.deepEqual(book.expire(499), [])
  t.is(book.expire(500).length, 1)
})

test('an end that overtakes its own beginning counts when that comes; a later start is news', t => {
  const book = new AlertBook(LIMITS)
  t.is(book.take(alert('a', 'resolved', 5), 10), 'unknown_end')
  t.is(book.take(alert('a', 'firing', 5), 20), 'duplicate')
  t.is(book.take(alert('a', 'firing', 6), 30), 'opened')
})

test('ends of nobody’s alerts never fill the book', t => {
  const book = new AlertBook(LIMITS)
  for (const name of ['a', 'b', 'c']) t.is(book.take(alert(name, 'resolved'), 10), 'unknown_end')
  t.is(book.size, 2)
  t.is(book.take(alert('d'), 20), 'opened')
})
