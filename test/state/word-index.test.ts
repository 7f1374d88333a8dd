/** The typed index against a plain Map, over many insertions and deletions. */
import test from 'ava'
import { WordIndex } from '../../src/state/word-index.ts'

test('finds what a Map finds, after any order of insertions and deletions', t => {
  const index = new WordIndex(2, 99)
  const truth = new Map<string, number>()
  let state = 1
  const next = (bound: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % bound
  }
  for (let step = 0; step < 60_000; step++) {
    const words = Int32Array.of(next(60), next(40) - 20)
    const key = words.join()
    if (next(3) > 0) {
      index.set(words, step)
      truth.set(key, step)
    } else {
      t.is(index.delete(words), truth.delete(key))
    }
    const asked = Int32Array.of(next(60), next(40) - 20)
    if (index.find(asked) !== (truth.get(asked.join()) ?? -1)) t.fail(`step ${step}`)
  }
  t.is(index.size, truth.size)
  for (const [key, value] of truth)
    t.is(index.find(Int32Array.from(key.split(',').map(Number))), value)
})
