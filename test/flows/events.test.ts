/** The ring of events: numbers without gaps, a bounded past, and a promise for who waits. */
import test from 'ava'
import { EventRing, type ThresholdEvent } from '../../src/flows/events.ts'

function event(thresholdID: string): ThresholdEvent {
  return {
    timestamp: 1,
    thresholdID,
    status: 'firing',
    crossing: 'a',
    startedAt: 1,
    agent: '10.0.0.1',
    dataSource: '',
    metric: 'hand',
    threshold: 1,
    value: 2,
    lowerBound: 1,
    upperBound: 3,
    error: 0.5,
    values: {},
    isUpdate: false,
    flowKey: '',
    labels: {},
    notify: true,
  }
}

test('numbers rise by one, and a reader gets what came after its own', t => {
  const ring = new EventRing(1_000)
  for (let count = 0; count < 5; count++) ring.add(event('a'))
  const ids = (after: number, max = 100) => ring.after({ after, max }).map(({ eventID }) => eventID)
  t.deepEqual(ids(0), [1, 2, 3, 4, 5])
  t.deepEqual(ids(3), [4, 5])
  t.deepEqual(ids(5), [])
  t.deepEqual(ids(99), [])
  t.deepEqual(ids(-7, 2), [1, 2])
})

test('only the last events are held', t => {
  const ring = new EventRing(3)
  for (let count = 0; count < 10; count++) ring.add(event('a'))
  t.deepEqual(
    ring.after({ after: 0, max: 100 }).map(({ eventID }) => eventID),
    [8, 9, 10],
  )
})

test('a reload makes room for more or fewer, and keeps the newest that fit', t => {
  const ring = new EventRing(3)
  const ids = () => ring.after({ after: 0, max: 100 }).map(({ eventID }) => eventID)
  for (let count = 0; count < 5; count++) ring.add(event('a'))
  ring.resize(5)
  t.deepEqual(ids(), [3, 4, 5])
  for (let count = 0; count < 3; count++) ring.add(event('a'))
  t.deepEqual(ids(), [4, 5, 6, 7, 8])
  ring.resize(2)
  t.deepEqual(ids(), [7, 8])
  ring.add(event('a'))
  t.deepEqual(ids(), [8, 9])
})

test('a reader may name its thresholds', t => {
  const ring = new EventRing(10)
  for (const name of ['a', 'b', 'a', 'c']) ring.add(event(name))
  t.deepEqual(
    ring.after({ after: 0, max: 100, thresholds: ['b', 'c'] }).map(({ eventID }) => eventID),
    [2, 4],
  )
})

test('who waits is woken by the next event, and not by an earlier one', async t => {
  const ring = new EventRing(10)
  ring.add(event('a'))
  let woken = false
  const waiting = ring.next().then(() => {
    woken = true
  })
  await Promise.resolve()
  t.false(woken)
  ring.add(event('b'))
  await waiting
  t.true(woken)
})
