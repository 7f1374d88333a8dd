/** Gathering: when the thread waits for more, and when it must not. */
import test from 'ava'
import { Gather } from '../../src/ingest/gather.ts'

/** How long it waited after each of these turns, by datagrams a turn. */
function waits(turns: readonly number[], hurried = false): number[] {
  const waited: number[] = []
  let end = () => {}
  const gather = new Gather({
    isHurried: () => hurried,
    later: work => {
      end = work
    },
    wait: ms => waited.push(ms),
  })
  return turns.map(datagrams => {
    const before = waited.length
    for (let index = 0; index < datagrams; index++) gather.took()
    end()
    return waited.slice(before).reduce((sum, ms) => sum + ms, 0)
  })
}

test('who comes alone is not kept waiting', t => {
  t.deepEqual(waits([1, 1, 1]), [0, 0, 0])
})

test('who comes with others waits a millisecond for more', t => {
  t.deepEqual(waits([2, 31, 1, 5]), [1, 1, 0, 1])
})

test('behind a full turn there are more: no waiting', t => {
  t.deepEqual(waits([32, 40]), [0, 0])
})

test('nor while a scrape waits for the thread', t => {
  t.deepEqual(waits([2, 20, 31], true), [0, 0, 0])
})
