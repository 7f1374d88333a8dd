import test from 'ava'
import { Random } from '../../src/simulate/random.ts'
import { Sampler } from '../../src/simulate/sampler.ts'
import { zipf } from '../../src/simulate/zipf.ts'

test('the same seed gives the same numbers, another seed others', t => {
  const draw = (seed: number) => {
    const random = new Random(seed)
    return Array.from({ length: 5 }, () => random.word())
  }
  t.deepEqual(draw(7), draw(7))
  t.notDeepEqual(draw(7), draw(8))
  // As xoshiro128** gave them when it was written: a change would change every simulation.
  t.deepEqual(draw(1), [393288148, 2174103013, 3814759091, 2092745082, 1865176206])
})

test('a fork depends on seed and name, not on what was drawn', t => {
  const random = new Random(3)
  const before = random.fork('x').word()
  random.word()
  t.is(random.fork('x').word(), before)
  t.not(random.fork('y').word(), before)
})

test('distributions have their means', t => {
  const random = new Random(11)
  const mean = (draw: () => number, count = 40_000) => {
    let sum = 0
    for (let index = 0; index < count; index++) sum += draw()
    return sum / count
  }
  const near = (actual: number, wanted: number, ratio: number) => {
    t.true(Math.abs(actual / wanted - 1) < ratio, `${actual} is not near ${wanted}`)
  }
  near(
    mean(() => random.fraction()),
    0.5,
    0.01,
  )
  near(
    mean(() => random.poisson(3.5)),
    3.5,
    0.02,
  )
  near(
    mean(() => random.poisson(500)),
    500,
    0.01,
  )
  near(
    mean(() => random.exponential(20)),
    20,
    0.03,
  )
  near(
    mean(() => random.skip(100)),
    100,
    0.03,
  )
  near(
    mean(() => random.binomial(1_000, 0.01)),
    10,
    0.02,
  )
})

test('a sampler counts every packet and takes 1 in N, however packets are batched', t => {
  for (const batch of [1, 7, 1_000, 50_000]) {
    const sampler = new Sampler(100, new Random(5))
    let taken = 0
    const total = 1_000_000
    for (let seen = 0; seen < total; seen += batch) {
      sampler.batch(Math.min(batch, total - seen), position => {
        t.true(position < batch)
        taken += 1
        t.is(sampler.pool, seen + position + 1)
      })
    }
    t.is(sampler.pool, total)
    t.is(sampler.sequence, taken)
    // Five standard deviations of a binomial.
    t.true(Math.abs(taken - 10_000) < 500, `${taken}`)
  }
})

test('batches do not change which packets are taken', t => {
  const take = (batch: number) => {
    const sampler = new Sampler(10, new Random(5))
    const places: number[] = []
    for (let seen = 0; seen < 10_000; seen += batch) {
      sampler.batch(batch, position => places.push(seen + position))
    }
    return places
  }
  t.deepEqual(take(1), take(250))
})

test('a rate of 1 takes every packet', t => {
  const sampler = new Sampler(1, new Random(5))
  let taken = 0
  sampler.batch(12, () => {
    taken += 1
  })
  t.is(taken, 12)
})

test("Zipf's law: rank r comes up 1 / (r + 1) as often as the first", t => {
  const draw = zipf(1_000, 1, new Random(2))
  const counts = new Array<number>(1_000).fill(0)
  for (let index = 0; index < 200_000; index++) {
    const rank = draw()
    counts[rank] = (counts[rank] ?? 0) + 1
  }
  const [first = 0, second = 0, , , , , , , , tenth = 0] = counts
  t.true(Math.abs(first / second - 2) < 0.2)
  t.true(Math.abs(first / tenth - 10) < 2)
})
