/**
 * What the heavy-hitter table promises, against exact sums: any size, weights of any spread, decay,
 * pins, and samples in batches as well as one by one.
 */
import test from 'ava'
import { ADDITIONS } from '../../src/flows/additions.ts'
import { HeavyHitters } from '../../src/flows/heavy-hitters.ts'
import { HASH_WORDS, hashPart, multipliersOf } from '../../src/flows/key-hash.ts'
import { seeded } from './table-kit.ts'

const SEED = 99
/** Rounding to float32 is upwards, and decay rounds a little. */
const ROUNDING = 1e-9
/** What is less than 1e-20 is taken for nothing: decay-clock.ts. So much of several such is far below any weight. */
const NOTHING = 1e-18

type Random = () => number

function key(word: number): Int32Array {
  return Int32Array.of(0, word)
}

/** A table with the exact sums beside it. */
class Proved {
  readonly hitters: HeavyHitters
  readonly #truth = new Map<number, number>()
  readonly #entriesMax: number

  constructor(entriesMax: number, pinnedMax: number) {
    this.#entriesMax = entriesMax
    this.hitters = new HeavyHitters({ words: 2, entriesMax, pinnedMax, seed: SEED })
  }

  add(word: number, weight: number): number {
    this.#truth.set(word, (this.#truth.get(word) ?? 0) + weight)
    return this.hitters.add(key(word), weight)
  }

  decay(factor: number): void {
    this.hitters.decay(factor)
    for (const [word, score] of this.#truth) this.#truth.set(word, score * factor)
  }

  /** The first thing that does not hold, or undefined. */
  fault(): string | undefined {
    const { hitters } = this
    if (hitters.size - hitters.pinned > this.#entriesMax) return `${hitters.size} entries`
    if (hitters.created - hitters.purged !== hitters.size) return 'created, purged and held differ'
    for (const [word, score] of this.#truth) {
      const entry = hitters.find(key(word))
      const low = entry < 0 ? 0 : hitters.score(entry)
      const high = entry < 0 ? hitters.offset : low + hitters.missed(entry)
      const isIn = score >= low * (1 - ROUNDING) && score <= high * (1 + ROUNDING) + NOTHING
      if (!isIn) return `${word}: ${score} is not in [${low}, ${high}], entry ${entry}`
    }
    return undefined
  }
}

const WEIGHTS: Readonly<Record<string, (random: Random) => number>> = {
  'of frames': () => 1_000,
  'of bytes': random => 64 + Math.floor(random() * 1_455),
  'of any size': random => 2 ** Math.floor(random() * 60),
  'of nothing, often': random => (random() < 0.5 ? 0 : 3),
  'that hardly differ': random => 1 + random() * 1e-9,
}

for (const entriesMax of [16, 256, 700, 2_000]) {
  for (const [name, weigh] of Object.entries(WEIGHTS)) {
    test(`the bounds hold with ${entriesMax} entries and weights ${name}`, t => {
      const random = seeded(entriesMax)
      const proved = new Proved(entriesMax, 8)
      const pins: number[] = []
      for (let sample = 0; sample < 40 * entriesMax; sample++) {
        const spread = random() < 0.5 ? entriesMax / 4 : 8 * entriesMax
        const entry = proved.add(Math.floor(random() * spread), weigh(random))
        if (entry >= 0 && random() < 0.2) proved.hitters.spare(entry)
        if (random() < 0.01) proved.hitters.watchedFrom = 2 ** Math.floor(random() * 80)
        if (random() < 0.01) proved.decay(random() < 0.1 ? 0.01 : 0.9 + random() / 10)
        if (entry >= 0 && random() < 0.02) {
          const pin = proved.hitters.pin(entry)
          if (pin >= 0) pins.push(pin)
          if (pins.length > 6) proved.hitters.unpin(pins.shift() as number)
        }
        if (sample % (5 * entriesMax) === 0) t.is(proved.fault(), undefined)
      }
      t.is(proved.fault(), undefined)
      t.true(proved.hitters.purges > 1)
    })
  }
}

test('no bound falls when many light entries lose their pins at once', t => {
  const proved = new Proved(64, 50)
  const { hitters } = proved
  const random = seeded(4)
  const pins = Array.from({ length: 50 }, (_, word) => hitters.pin(proved.add(word, 1)))
  while (hitters.purges < 5) proved.add(100 + Math.floor(random() * 400), 50 + random())
  const { offset } = hitters
  for (const pin of pins) hitters.unpin(pin)
  proved.add(1_000, 1_000_000)
  t.is(hitters.purges, 6)
  t.true(hitters.offset >= offset)
  t.is(proved.fault(), undefined)
})

test('a table of spared entries alone makes room all the same', t => {
  const proved = new Proved(64, 0)
  for (let word = 0; word < 1_000; word++) {
    const entry = proved.add(word, 1 + word)
    if (entry >= 0) proved.hitters.spare(entry)
    t.is(proved.fault(), undefined)
  }
  t.true(proved.hitters.purges > 10)
})

test('a spared entry outlives one purge that would have dropped it', t => {
  const { hitters } = new Proved(64, 0)
  hitters.spare(hitters.add(key(0), 1))
  const isHeld: boolean[] = []
  for (let word = 1; isHeld.length < 2; word++) {
    const { purges } = hitters
    hitters.add(key(word), 1_000 * word)
    if (hitters.purges > purges) isHeld.push(hitters.find(key(0)) >= 0)
  }
  t.deepEqual(isHeld, [true, false])
})

for (const count of [600, 1_000, 1_021]) {
  test(`of ${count} entries those that came last are weighed, too`, t => {
    const { hitters } = new Proved(count, 0)
    const heavy = Math.floor(count * 0.45)
    for (let word = 0; word < heavy; word++) hitters.add(key(word), 1_000_000 + word)
    for (let word = heavy; word < count + 1; word++) hitters.add(key(word), 1 + word / 1_000)
    t.is(hitters.purges, 1)
    for (let word = 0; word < heavy; word++) t.true(hitters.find(key(word)) >= 0)
  })
}

test('samples in batches: the bounds hold, and until something is purged they are counted as one by one', t => {
  const options = { words: 2, entriesMax: 6_000, pinnedMax: 8, seed: SEED }
  const singly = new HeavyHitters(options)
  const batched = new HeavyHitters(options)
  const truth = new Float64Array(30_000)
  const batches = new Batches(batched)
  let untilPurged = 0
  for (let batch = 0; batch < 3_000; batch++) {
    const length = 1 + Math.floor(batches.random() * 64)
    const purged = batched.purges
    for (const { word, weight } of batches.add(length)) {
      truth[word] = (truth[word] as number) + weight
      if (purged === 0) singly.add(key(word), weight)
    }
    if (batched.purges > 0) continue
    untilPurged = batched.size
    t.deepEqual([batched.created, batched.size], [singly.created, singly.size])
  }
  t.true(untilPurged > 5_000 && batched.purges > 2)
  let held = 0
  truth.forEach((total, word) => {
    const entry = batched.find(key(word))
    if (entry < 0) {
      if (total > batched.offset * (1 + ROUNDING)) t.fail(`${word} is not held and has ${total}`)
      return
    }
    held += 1
    const score = batched.score(entry)
    const isWithin = total >= score && total <= (score + batched.missed(entry)) * (1 + ROUNDING)
    if (!isWithin) t.fail(`${word} has ${total}, its entry ${score} and ${batched.missed(entry)}`)
  })
  t.is(held, batched.size)
})

test('a key twice in one batch is one entry, also if it was not held before', t => {
  const hitters = new HeavyHitters({ words: 2, entriesMax: 100, pinnedMax: 0, seed: SEED })
  const batches = new Batches(hitters)
  batches.addOf([7, 8, 7, 7, 8])
  t.is(hitters.created, 2)
  t.is(hitters.score(hitters.find(key(7))), 3)
  t.is(hitters.score(hitters.find(key(8))), 2)
})

/** Adds keys of one word, and a unit before it, by the batch. */
class Batches {
  readonly random = seeded(8)
  readonly #table: HeavyHitters
  readonly #words = new Int32Array(2 * 64)

  constructor(table: HeavyHitters) {
    this.#table = table
  }

  /** Few different keys, so that they come again in their batch, or very many. */
  add(length: number): { readonly word: number; readonly weight: number }[] {
    const lines = Array.from({ length }, () => ({
      word: Math.floor(this.random() * (this.random() < 0.3 ? 40 : 30_000)),
      weight: 1 + Math.floor(this.random() * 50),
    }))
    this.#addAll(lines)
    return lines
  }

  addOf(keys: readonly number[]): void {
    this.#addAll(keys.map(word => ({ word, weight: 1 })))
  }

  #addAll(lines: readonly { readonly word: number; readonly weight: number }[]): void {
    const words = this.#words
    const multipliers = multipliersOf(SEED, '', 2)
    const pair = new Int32Array(HASH_WORDS)
    lines.forEach(({ word, weight }, line) => {
      words[2 * line + 1] = word
      hashPart(words, 2 * line, 2, multipliers, pair, 0)
      ADDITIONS.rows[line] = line
      ADDITIONS.hashes[line] = pair[0] as number
      ADDITIONS.checks[line] = pair[1] as number
      ADDITIONS.weights[line] = weight
    })
    this.#table.addAll(words, 2, Int32Array.of(0, 1), 0, lines.length)
  }
}
