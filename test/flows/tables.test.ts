/** The heavy-hitter table: its bounds, its recall under spoofed noise, and what pins are for. */
import test from 'ava'
import { DecayClock } from '../../src/flows/decay-clock.ts'
import { DistinctColumns } from '../../src/flows/distinct.ts'
import { HeavyHitters } from '../../src/flows/heavy-hitters.ts'
import { FLOW_LIMITS } from '../../src/flows/limits.ts'
import { Ranking } from '../../src/flows/ranking.ts'
import { seeded, zipf } from './table-kit.ts'

const NOISE = 1 << 24

function table(entriesMax: number, pinnedMax = 8): HeavyHitters {
  return new HeavyHitters({ words: 2, entriesMax, pinnedMax, seed: 99 })
}

function key(word: number): Int32Array {
  return Int32Array.of(0, word)
}

for (const noiseShare of [0, 0.5, 0.9]) {
  test(`the true top 100 is found with ${noiseShare * 100} % spoofed noise`, t => {
    const random = seeded(11)
    const calm = zipf(100_000, random)
    const hitters = table(FLOW_LIMITS.entries)
    const truth = new Map<number, number>()
    const words = new Int32Array(2)
    for (let sample = 0; sample < 1_000_000; sample++) {
      const spoofed = random() < noiseShare
      const flow = spoofed ? NOISE + Math.floor(random() * 2 ** 30) : calm()
      const bytes = 64 + Math.floor(random() * 1_455)
      words[1] = flow
      hitters.add(words, bytes)
      if (!spoofed) truth.set(flow, (truth.get(flow) ?? 0) + bytes)
    }
    const ranking = new Ranking(1)
    ranking.rank(hitters, 100, 100, 0)
    const found = new Set(
      Array.from(ranking.ranked.subarray(0, ranking.count), entry => hitters.keyAt(entry)[1]),
    )
    const top = [...truth].sort((a, b) => b[1] - a[1]).slice(0, 100)
    const recall = top.filter(([flow]) => found.has(flow)).length / 100
    t.log(`recall ${recall}, ${hitters.purges} purges, offset ${hitters.offset}`)
    t.true(recall >= 0.98, `recall ${recall}`)
  })
}

test('the true score lies in [score, score + missed], or in [0, offset] for who is not held', t => {
  const random = seeded(5)
  const calm = zipf(2_000, random)
  const hitters = table(128)
  const truth = new Float64Array(2_000)
  for (let sample = 0; sample < 40_000; sample++) {
    const flow = calm()
    const weight = 1 + Math.floor(random() * 100)
    hitters.add(key(flow), weight)
    truth[flow] = (truth[flow] as number) + weight
    if (sample % 997 === 0) {
      hitters.decay(0.75)
      for (let other = 0; other < truth.length; other++) {
        truth[other] = (truth[other] as number) * 0.75
      }
    }
  }
  t.true(hitters.purges > 5 && hitters.refused > 5_000)
  truth.forEach((score, flow) => {
    const entry = hitters.find(key(flow))
    const low = entry < 0 ? 0 : hitters.score(entry)
    const high = entry < 0 ? hitters.offset : low + hitters.missed(entry)
    t.true(score >= low * 0.999_999 && score <= high * 1.000_001, `${low} ${score} ${high}`)
  })
})

test('a pinned entry outlives every purge, and its pin finds it', t => {
  const hitters = table(64, 2)
  const pin = hitters.pin(hitters.add(key(1), 1))
  const random = seeded(3)
  for (let sample = 0; sample < 10_000; sample++) {
    hitters.add(key(NOISE + Math.floor(random() * 2 ** 30)), 1_000)
  }
  t.true(hitters.purges > 0)
  t.is(hitters.entryOf(pin), hitters.find(key(1)))
  t.is(hitters.score(hitters.entryOf(pin)), 1)
  hitters.unpin(pin)
  for (let sample = 0; sample < 10_000; sample++) hitters.add(key(NOISE + sample), 1_000)
  t.is(hitters.find(key(1)), -1)
})

test('pins are counted: what two have pinned stays until both let go', t => {
  const hitters = table(64, 2)
  const entry = hitters.add(key(1), 1)
  const pin = hitters.pin(entry)
  t.is(hitters.pin(entry), pin)
  hitters.unpin(pin)
  t.is(hitters.pinOf(entry), pin)
  hitters.unpin(pin)
  t.is(hitters.pinOf(entry), -1)
})

test('no more can be pinned than there are pins', t => {
  const hitters = table(64, 2)
  const pins = [1, 2, 3].map(word => hitters.pin(hitters.add(key(word), 1)))
  t.is(pins[2], -1)
  t.is(hitters.pinned, 2)
})

test('a table of equal weights is purged whole and goes on', t => {
  const hitters = table(64)
  for (let sample = 0; sample < 1_000; sample++) hitters.add(key(sample), 5)
  t.true(hitters.count <= 64)
  t.true(hitters.offset >= 5)
})

test('the clock smooths exponentially: a constant rate is met, then halves in t ln 2', t => {
  const clock = new DecayClock(2)
  let score = 0
  for (let ms = 0; ms <= 40_000; ms += 100) {
    if (clock.advance(ms)) score *= clock.rebase()
    score += 100 * clock.scale
  }
  const rate = score * clock.perSecond
  t.true(Math.abs(rate - 1_000) < 30, `${rate}`)
  clock.advance(40_000 + 2_000 * Math.LN2)
  t.true(Math.abs(score * clock.perSecond - rate / 2) < 0.001)
})

test('a clock that is set back stands still', t => {
  const clock = new DecayClock(1)
  clock.advance(5_000)
  clock.advance(6_000)
  const { scale } = clock
  clock.advance(1_000)
  t.is(clock.scale, scale)
  t.is(clock.nowMs, 6_000)
})

for (const distinct of [0, 1, 10, 200, 5_000, 1_000_000]) {
  test(`${distinct} different words are counted within 20 %`, t => {
    const columns = new DistinctColumns(2)
    const random = seeded(17)
    for (let word = 0; word < distinct; word++) {
      const bits = Math.floor(random() * 2 ** 32) | 0
      columns.add(1, bits)
      columns.add(1, bits)
    }
    t.true(Math.abs(columns.count(1) - distinct) <= 0.2 * distinct, `${columns.count(1)}`)
    t.is(columns.count(0), 0)
    columns.rotate()
    t.true(columns.count(1) >= 0.8 * distinct, 'the previous window still counts')
    columns.rotate()
    t.is(columns.count(1), 0)
  })
}

test('the ranking takes the n highest of each unit, and of those the highest', t => {
  const hitters = table(64)
  for (let unit = 0; unit < 3; unit++) {
    for (let word = 0; word < 5; word++) {
      hitters.add(Int32Array.of(unit, word), 10 * unit + word + 1)
    }
  }
  const ranking = new Ranking(2)
  const ranked = () =>
    Array.from(ranking.ranked.subarray(0, ranking.count), entry =>
      Array.from(hitters.keyAt(entry)).join(':'),
    ).sort()
  ranking.rank(hitters, 2, 100, 0)
  t.deepEqual(ranked(), ['0:3', '0:4', '1:3', '1:4', '2:3', '2:4'])
  ranking.rank(hitters, 2, 3, 0)
  t.deepEqual(ranked(), ['1:4', '2:3', '2:4'])
  ranking.rank(hitters, 9, 100, 24)
  t.deepEqual(ranked(), ['2:3', '2:4'])
})
