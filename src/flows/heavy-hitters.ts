/**
 * The heaviest keys of a stream in fixed memory: open addressing over typed arrays, and a purge of
 * the lighter half when full (Misra-Gries with weights, as in the "frequent items" sketches); from
 * then on a key must bring more than went with the purge to come in (unheld.ts).
 * Scores decay exponentially. For every key that is held, the true decayed score lies in
 * [score, score + missed]; for any other in [0, offset]. Cost is flat under any distribution:
 * test/benchmark/flow-table.ts.
 */
import { ADDITIONS } from './additions.ts'
import { faded } from './decay-clock.ts'
import { Entries, HALF, HASH, PIN, SCORE, SQUARES, STRIDE } from './entries.ts'
import { HASH_WORDS, hashPart, multipliersOf } from './key-hash.ts'
import { KeyPlaces } from './key-places.ts'
import { Pins } from './pins.ts'
import { Unheld } from './unheld.ts'

export interface HeavyHittersOptions {
  /** Words of 32 bits per key. */
  readonly words: number
  /** Entries beside the pinned ones; at least 16. A purge frees about half. */
  readonly entriesMax: number
  /** The most entries that may be pinned at a time. */
  readonly pinnedMax: number
  /** Makes the places of keys from the wire unguessable. */
  readonly seed: number
  /** If keys come with hashes that were made elsewhere: key-hash.ts. */
  readonly multipliers?: Int32Array
}

/** The median is taken of so many entries: its rank is off by a few percent, which is enough. */
const MEDIAN_SAMPLE = 511

/** Of all entries so many may be spared: a purge must make room. */
const SPARED_SHARE = 1 / 8

const { rows: ROWS, hashes: HASHES, checks: CHECKS, weights: WEIGHTS } = ADDITIONS
const { entries: ENTRIES, pins: PINS, some: SOME } = ADDITIONS

export class HeavyHitters extends Entries {
  purges = 0
  /** Keys that came in, went with a purge, and were kept out, the latter each time. */
  created = 0
  purged = 0
  refused = 0
  /** No key that is not held has a higher score than this. */
  offset = 0
  /** A key that may have as much comes in even if that is below the offset: somebody watches it. */
  watchedFrom = Number.POSITIVE_INFINITY
  /** No entry without a pin has a lower `score + missed` than this after a purge, but for the spared. */
  #level = 0
  readonly #missed: Float64Array
  readonly #unheld: Unheld
  readonly #entriesMax: number
  readonly #multipliers: Int32Array
  /** Where the words of a plain key stand: 0, 1, 2, ... */
  readonly #inOrder: Int32Array
  readonly #places: KeyPlaces
  readonly #pair = new Int32Array(HASH_WORDS)
  readonly #pins: Pins
  readonly #most = new Float64Array(MEDIAN_SAMPLE)

  constructor(options: HeavyHittersOptions) {
    const capacity = options.entriesMax + options.pinnedMax
    super(capacity, options.words)
    this.#pins = new Pins(options.pinnedMax)
    this.#entriesMax = options.entriesMax
    this.#multipliers = options.multipliers ?? multipliersOf(options.seed, '', options.words)
    this.#inOrder = Int32Array.from({ length: options.words }, (_, word) => word)
    this.#unheld = new Unheld(capacity)
    this.#missed = new Float64Array(capacity)
    this.#places = new KeyPlaces(this)
  }

  /** Pins that there are. */
  get pinsMax(): number {
    return this.#pins.max
  }

  get pinned(): number {
    return this.#pins.taken
  }

  /** Sum of weights since the entry came in, decayed: exact but for `missed`. Below 0: not in use. */
  score(entry: number): number {
    return this.numbers[entry * HALF + SCORE] as number
  }

  /** Sum of squared weights, decayed with half the time constant: the variance of the score. */
  squares(entry: number): number {
    return this.numbers[entry * HALF + SQUARES] as number
  }

  /** What the key may have had before it came in, decayed: the offset of that moment. */
  missed(entry: number): number {
    return this.#missed[entry] as number
  }

  /** The pin of an entry, or -1. */
  pinOf(entry: number): number {
    return this.cells[entry * STRIDE + PIN] as number
  }

  /** The entry of a pin, or -1. It stays the same while the pin is held. */
  entryOf(pin: number): number {
    return this.#pins.entryOf(pin)
  }

  /**
   * What the true score most likely is, to rank by. Of what it may have had before it came in, half
   * is believed, but no more than a quarter of what was seen since: newcomers gain little by it.
   */
  likely(entry: number): number {
    const score = this.numbers[entry * HALF + SCORE] as number
    return score + Math.min((this.#missed[entry] as number) / 2, score / 4)
  }

  /**
   * Adds a weight to a key and returns its entry, made if need be: a full table is purged first. -1: not
   * held, and too light to be taken in.
   */
  add(key: Int32Array, weight: number): number {
    this.#hash(key)
    ROWS[0] = 0
    HASHES[0] = this.#pair[0] as number
    CHECKS[0] = this.#pair[1] as number
    WEIGHTS[0] = weight
    this.addAll(key, 0, this.#inOrder, 0, 1)
    return ENTRIES[0] as number
  }

  /**
   * The same for lines `from` to `to` of ADDITIONS, in order. Their rows stand in `words`, so many words
   * each; `at` says where each word of a key stands in them. An entry without a pin may be gone by a later
   * line.
   */
  addAll(words: Int32Array, rowWords: number, at: Int32Array, from: number, to: number): void {
    this.#places.guess(from, to)
    let left = this.addKnown(from, to)
    if (left > 0 && this.offset > 0) {
      const missed = left
      this.#unheld.level = Math.min(this.offset, this.watchedFrom)
      left = this.#unheld.keepOut(left)
      this.refused += missed - left
    }
    for (let index = 0; index < left; index++) {
      this.#addOne(words, rowWords, at, SOME[index] as number)
    }
  }

  #addOne(words: Int32Array, rowWords: number, at: Int32Array, line: number): void {
    const hash = HASHES[line] as number
    const check = CHECKS[line] as number
    const weight = WEIGHTS[line] as number
    let entry = this.#places.find(hash, check)
    if (entry < 0 && this.#isWorth(hash, weight)) {
      entry = this.#newEntry(hash, check, words, (ROWS[line] as number) * rowWords, at)
    }
    ENTRIES[line] = entry
    PINS[line] = -1
    if (entry < 0) return
    const number = entry * HALF
    this.numbers[number + SCORE] = (this.numbers[number + SCORE] as number) + weight
    this.numbers[number + SQUARES] = (this.numbers[number + SQUARES] as number) + weight * weight
    PINS[line] = this.pinOf(entry)
  }

  /** Would a key that is not held be purged at once? Then it stays outside, and what it may have grows. */
  #isWorth(hash: number, weight: number): boolean {
    if (this.offset === 0) return true
    const bound = this.#unheld.bound(hash) + weight
    if (bound > Math.min(this.offset, this.watchedFrom)) return true
    this.#unheld.raise(hash, bound)
    this.refused += 1
    return false
  }

  #newEntry(hash: number, check: number, words: Int32Array, base: number, at: Int32Array): number {
    // Once more if only such were left as are spared: that they are but once.
    while (this.size - this.pinned >= this.#entriesMax) this.#purge()
    this.created += 1
    const entry = this.take(hash, check, words, base, at)
    this.#missed[entry] = Math.min(this.#unheld.bound(hash), this.offset)
    this.#places.add(entry, hash)
    return entry
  }

  /** The entry of a key, or -1. */
  find(key: Int32Array): number {
    this.#hash(key)
    return this.#places.find(this.#pair[0] as number, this.#pair[1] as number)
  }

  /** Keeps an entry through purges. Returns its pin, or -1 when all pins are taken. */
  pin(entry: number): number {
    let pin = this.pinOf(entry)
    if (pin < 0) {
      pin = this.#pins.take(entry)
      if (pin < 0) return -1
      this.cells[entry * STRIDE + PIN] = pin
    }
    this.#pins.hold(pin)
    return pin
  }

  /** Takes back one `pin`; the last of them lets the entry go. */
  unpin(pin: number): void {
    const entry = this.entryOf(pin)
    if (this.#pins.release(pin)) this.cells[entry * STRIDE + PIN] = -1
  }

  /** Multiplies every score by `factor`, and what goes with it. */
  decay(given: number): void {
    // After a long silence exp() is 0, and infinity times 0 would be no number.
    const factor = Math.max(given, Number.MIN_VALUE)
    const numbers = this.numbers
    const missed = this.#missed
    const { count } = this
    for (let entry = 0; entry < count; entry++) {
      const at = entry * HALF
      numbers[at + SCORE] = faded(numbers[at + SCORE] as number, factor)
      numbers[at + SQUARES] = faded(numbers[at + SQUARES] as number, factor * factor)
      missed[entry] = faded(missed[entry] as number, factor)
    }
    this.offset *= factor
    this.#level *= factor
    if (this.purges > 0) this.#unheld.decay(factor)
  }

  /**
   * Raises the level to the median of what the entries may have, and drops who is not above it. An
   * entry's Misra-Gries counter is score + missed - level: nothing is subtracted from the scores
   * themselves, so a key that stays is counted exactly from the moment it came in. Who wants to come in
   * must bring as much above the level again as it rose: with less it would go with the next purge. What
   * was kept out before may have had the offset of then: it never falls here.
   */
  #purge(): void {
    this.purges += 1
    const before = this.#level
    const level = Math.max(before, this.#median())
    this.#level = level
    this.offset = Math.max(this.offset, 2 * level - before)
    this.#places.clear()
    const { count } = this
    let toSpare = this.#entriesMax * SPARED_SHARE
    for (let entry = 0; entry < count; entry++) {
      const score = this.score(entry)
      if (score < 0) continue
      const hash = this.cells[entry * STRIDE + HASH] as number
      const most = score + (this.#missed[entry] as number)
      const stays = most > level || this.pinOf(entry) >= 0
      if (stays || (this.unspare(entry) && toSpare-- >= 1)) {
        this.#places.add(entry, hash)
        continue
      }
      this.purged += 1
      this.#unheld.raise(hash, most)
      this.drop(entry)
    }
  }

  /** The median of what a sample of the entries without a pin may have: exactly that of one of them. */
  #median(): number {
    const { count } = this
    // Rounded up, so that the sample reaches the end: who came last stands there.
    const step = Math.ceil(count / MEDIAN_SAMPLE)
    let taken = 0
    let entry = 0
    while (entry < count) {
      const score = this.score(entry)
      // Past others singly, so that the sample is never empty: some entry is always dropped.
      if (score < 0 || this.pinOf(entry) >= 0) entry += 1
      else {
        this.#most[taken++] = score + this.missed(entry)
        entry += step
      }
    }
    const sample = this.#most.subarray(0, taken).sort()
    return sample[taken >> 1] ?? 0
  }

  /** Into `#pair`. */
  #hash(key: Int32Array): void {
    hashPart(key, 0, this.words, this.#multipliers, this.#pair, 0)
  }
}
