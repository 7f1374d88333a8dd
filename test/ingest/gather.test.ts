/** Gathering: when the thread waits for more, and when it must not. */
import test from 'ava'
import { Gather, gatherMs, gatherMsMaxOf } from '../../src/ingest/gather.ts'

/** How long it waited after each of these turns: datagrams of a turn, and the time from the turn before. */
function waits(turns: readonly (readonly [datagrams: number, apartMs: number])[], hurried = false) {
  const waited: number[] = []
  let nowMs = 0
  let end = () => {}
  const gather = new Gather({
    isHurried: () => hurried,
    later: work => {
      end = work
    },
    wait: ms => {
      waited.push(ms)
      nowMs += ms
    },
    nowMs: () => nowMs,
  })
  gather.maxMs = 2
  return turns.map(([datagrams, apartMs]) => {
    nowMs += apartMs
    const before = waited.length
    for (let index = 0; index < datagrams; index++) gather.took()
    end()
    return waited.slice(before).reduce((sum, ms) => sum + ms, 0)
  })
}

test('who comes alone delays nobody', t => {
  t.deepEqual(
    waits([
      [1, 0],
      [1, 2],
      [1, 50],
    ]),
    [0, 0, 0],
  )
})

test('who comes soon after another waits for more', t => {
  t.deepEqual(
    waits([
      [1, 0],
      [1, 1],
      [1, 1],
      [1, 3],
    ]),
    [0, 2, 2, 0],
  )
})

test('who comes with others waits for more', t => {
  t.deepEqual(
    waits([
      [2, 50],
      [31, 50],
      [1, 50],
      [5, 50],
    ]),
    [2, 2, 0, 2],
  )
})

test('behind a full turn there are more: no waiting', t => {
  t.deepEqual(
    waits([
      [32, 0],
      [40, 0],
    ]),
    [0, 0],
  )
})

test('nor while a scrape waits for the thread', t => {
  t.deepEqual(
    waits(
      [
        [2, 0],
        [20, 0],
        [31, 0],
      ],
      true,
    ),
    [0, 0, 0],
  )
})

for (const [mebibytes, ms] of [
  [0.4, 1],
  [4, 2],
  [6, 3],
  [64, 4],
] as const) {
  test(`with a receive buffer of ${mebibytes} MiB datagrams gather for ${ms} ms at most`, t => {
    t.is(gatherMsMaxOf(mebibytes * 2 ** 20), ms)
  })
}

test('the faster they come, the shorter: some 128 gather, in a millisecond at least', t => {
  t.is(gatherMs(10, 1, 4), 4)
  t.is(gatherMs(64, 1, 4), 2)
  t.is(gatherMs(500, 1, 4), 1)
  t.is(gatherMs(0, 1, 4), 4)
})
