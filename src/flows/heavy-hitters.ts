/**
 * The heaviest keys of a stream in fixed memory: open addressing over typed arrays, and a purge of
 * the lightest quarter when full (Misra-Gries with weights, as in the "frequent items" sketches).
 * Scores decay exponentially. For every key that is held, the true decayed score lies in
 * [score, score + missed]; for any other in [0, offset]. Cost is flat under any distribution:
 * test/benchmark/flow-table.ts.
 */
import { Additions } from './additions.ts'
import { hashPart, multipliersOf } from './key-hash.ts'
import { KeyPlaces } from './key-places.ts'

export interface HeavyHittersOptions {
  /** Words of 32 bits per key. */
  readonly words: number
  /** Entries beside the pinned ones; at least 16. A purge frees about a quarter. */
  readonly entriesMax: number
  /** The most entries that may be pinned at a time. */
  readonly pinnedMax: number
  /** Makes the places of keys from the wire unguessable. */
  readonly seed: number
  /** Two per word, if keys come with hashes that were made elsewhere: key-hash.ts. */
  readonly multipliers?: Int32Array
}

/**
 * The quartile is taken of so many entries: its rank is off by a few percent, which is enough. The
 * median would halve the purges and raise the offset by a sixth: recall of the top 100 under 90 %
 * noise fell from 0.99 to 0.97.
 */
const QUARTILE_SAMPLE = 511

/**
 * An entry is one run of words, so that a sample touches one or two lines of the cache: two numbers of
 * two words each, its pin, its key. What only comes and goes with it stands elsewhere.
 */
const PIN = 4
const KEY = 5
/** The numbers, counted in numbers from the entry's begin. */
const SCORE = 0
const SQUARES = 1
/** So many entries are in the cache anyway: protocols, DSCPs, VLANs. */
const FEW = 512
/** The score of who is not in use: it never ranks. */
const UNUSED = Number.NEGATIVE_INFINITY

export class HeavyHitters {
  /** Entries are numbered from 0 to this; those not in use have a score below 0. */
  count = 0
  purges = 0
  /** No key that is not held has a higher score than this. */
  offset = 0
  /** Entries that there is room for. */
  readonly capacity: number
  /** Pins that there are. */
  readonly pinsMax: number
  readonly words: number
  /** The entries, as words and as numbers; by entry, what is apart. */
  readonly #cells: Int32Array
  readonly #numbers: Float64Array
  readonly #hashes: Int32Array
  readonly #missed: Float64Array
  /** Words of an entry, and numbers that take as much room. */
  readonly #stride: number
  readonly #half: number
  readonly #entriesMax: number
  readonly #multipliers: Int32Array
  /** Where the words of a plain key stand: 0, 1, 2, ... */
  readonly #inOrder: Int32Array
  readonly #places: KeyPlaces
  readonly #single = new Additions(1)
  /** Entries below `count` that are not in use. */
  readonly #unused: Int32Array
  #unusedCount = 0
  readonly #entryOf: Int32Array
  readonly #references: Int32Array
  readonly #freePins: number[] = []
  readonly #counters = new Float64Array(QUARTILE_SAMPLE)

  constructor(options: HeavyHittersOptions) {
    const capacity = options.entriesMax + options.pinnedMax
    this.capacity = capacity
    this.pinsMax = options.pinnedMax
    this.words = options.words
    this.#half = (KEY + options.words + 1) >> 1
    this.#stride = this.#half * 2
    this.#entriesMax = options.entriesMax
    this.#multipliers = options.multipliers ?? multipliersOf(options.seed, '', options.words)
    this.#inOrder = Int32Array.from({ length: options.words }, (_, word) => word)
    this.#numbers = new Float64Array(capacity * this.#half)
    this.#cells = new Int32Array(this.#numbers.buffer)
    this.#hashes = new Int32Array(capacity)
    this.#missed = new Float64Array(capacity)
    this.#unused = new Int32Array(capacity)
    this.#places = new KeyPlaces({
      cells: this.#cells,
      stride: this.#stride,
      keyAt: KEY,
      capacity,
    })
    this.#entryOf = new Int32Array(options.pinnedMax).fill(-1)
    this.#references = new Int32Array(options.pinnedMax)
    for (let pin = options.pinnedMax - 1; pin >= 0; pin--) this.#freePins.push(pin)
  }

  get pinned(): number {
    return this.pinsMax - this.#freePins.length
  }

  /** Sum of weights since the entry came in, decayed: exact but for `missed`. Below 0: not in use. */
  score(entry: number): number {
    return this.#numbers[entry * this.#half + SCORE] as number
  }

  /** Sum of squared weights, decayed with half the time constant: the variance of the score. */
  squares(entry: number): number {
    return this.#numbers[entry * this.#half + SQUARES] as number
  }

  /** What the key may have had before it came in, decayed: the offset of that moment. */
  missed(entry: number): number {
    return this.#missed[entry] as number
  }

  /** The pin of an entry, or -1. */
  pinOf(entry: number): number {
    return this.#cells[entry * this.#stride + PIN] as number
  }

  /** The entry of a pin, or -1. It stays the same while the pin is held. */
  entryOf(pin: number): number {
    return this.#entryOf[pin] as number
  }

  /** The first word of an entry's key. */
  firstWord(entry: number): number {
    return this.#cells[entry * this.#stride + KEY] as number
  }

  /** The words of an entry's key: a view, good until the next change. */
  keyAt(entry: number): Int32Array {
    const at = entry * this.#stride + KEY
    return this.#cells.subarray(at, at + this.words)
  }

  /**
   * What the true score most likely is, to rank by. Of what it may have had before it came in, half
   * is believed, but no more than a quarter of what was seen since: newcomers gain little by it.
   */
  likely(entry: number): number {
    const score = this.#numbers[entry * this.#half + SCORE] as number
    return score + Math.min((this.#missed[entry] as number) / 2, score / 4)
  }

  /** Adds a weight to a key and returns its entry, made if need be: a full table is purged first. */
  add(key: Int32Array, weight: number): number {
    const single = this.#single
    single.hashes[0] = this.#hash(key)
    single.weights[0] = weight
    this.addAll(key, this.#inOrder, single, 0, 1)
    return single.entries[0] as number
  }

  /**
   * The same for rows `from` to `to` of `additions`, in order. `at` says for each word of a key where
   * it stands in `words` behind the row's base. An entry without a pin may be gone by a later row.
   */
  addAll(words: Int32Array, at: Int32Array, additions: Additions, from: number, to: number): void {
    const { bases, hashes, weights, entries, pins } = additions
    const numbers = this.#numbers
    const cells = this.#cells
    const stride = this.#stride
    const { purges } = this
    const guesses = to - from > 1 && this.count > FEW
    if (guesses) this.#places.guess(hashes, entries, from, to)
    for (let row = from; row < to; row++) {
      const base = bases[row] as number
      let entry = guesses ? (entries[row] as number) : -1
      // A purge leaves the keys of entries that it drops.
      if (entry < 0 || this.purges !== purges || !this.#places.isKey(entry, words, base, at)) {
        entry = this.#entryFor(words, base, at, hashes[row] as number)
      }
      const number = entry * this.#half
      const weight = weights[row] as number
      numbers[number + SCORE] = (numbers[number + SCORE] as number) + weight
      numbers[number + SQUARES] = (numbers[number + SQUARES] as number) + weight * weight
      entries[row] = entry
      pins[row] = cells[entry * stride + PIN] as number
    }
  }

  /** The entry of a key, made if need be. */
  #entryFor(words: Int32Array, base: number, at: Int32Array, hash: number): number {
    const found = this.#places.find(words, base, at, hash)
    if (found >= 0) return found
    if (this.count - this.#unusedCount - this.pinned >= this.#entriesMax) this.#purge()
    const entry =
      this.#unusedCount > 0 ? (this.#unused[--this.#unusedCount] as number) : this.count++
    const cell = entry * this.#stride
    this.#hashes[entry] = hash
    this.#cells[cell + PIN] = -1
    for (let word = 0; word < at.length; word++) {
      this.#cells[cell + KEY + word] = words[base + (at[word] as number)] as number
    }
    const number = entry * this.#half
    this.#numbers[number + SCORE] = 0
    this.#numbers[number + SQUARES] = 0
    this.#missed[entry] = this.offset
    this.#places.add(entry, hash)
    return entry
  }

  /** The entry of a key, or -1. */
  find(key: Int32Array): number {
    return this.#places.find(key, 0, this.#inOrder, this.#hash(key))
  }

  /** Keeps an entry through purges. Returns its pin, or -1 when all pins are taken. */
  pin(entry: number): number {
    let pin = this.pinOf(entry)
    if (pin < 0) {
      pin = this.#freePins.pop() ?? -1
      if (pin < 0) return -1
      this.#cells[entry * this.#stride + PIN] = pin
      this.#entryOf[pin] = entry
    }
    this.#references[pin] = (this.#references[pin] as number) + 1
    return pin
  }

  /** Takes back one `pin`; the last of them lets the entry go. */
  unpin(pin: number): void {
    const references = (this.#references[pin] as number) - 1
    this.#references[pin] = references
    if (references > 0) return
    this.#cells[this.entryOf(pin) * this.#stride + PIN] = -1
    this.#entryOf[pin] = -1
    this.#freePins.push(pin)
  }

  /** Multiplies every score by `factor`, and what goes with it. */
  decay(given: number): void {
    // After a long silence exp() is 0, and infinity times 0 would be no number.
    const factor = Math.max(given, Number.MIN_VALUE)
    const numbers = this.#numbers
    const missed = this.#missed
    for (let entry = 0; entry < this.count; entry++) {
      const at = entry * this.#half
      numbers[at + SCORE] = (numbers[at + SCORE] as number) * factor
      numbers[at + SQUARES] = (numbers[at + SQUARES] as number) * factor * factor
      missed[entry] = (missed[entry] as number) * factor
    }
    this.offset *= factor
  }

  /**
   * Raises the offset by the lower quartile of what the entries have above it, and drops who is left
   * behind. An entry's Misra-Gries counter is score + missed - offset: nothing is subtracted from
   * the scores themselves, so a key that stays is counted exactly from the moment it came in.
   */
  #purge(): void {
    this.purges += 1
    const offset = this.offset + this.#quartile()
    this.offset = offset
    this.#places.clear()
    this.#unusedCount = 0
    for (let entry = 0; entry < this.count; entry++) {
      const at = entry * this.#half
      const score = this.#numbers[at + SCORE] as number
      const stays = score >= 0 && score + (this.#missed[entry] as number) > offset
      if (stays || (score >= 0 && this.pinOf(entry) >= 0)) {
        this.#places.add(entry, this.#hashes[entry] as number)
        continue
      }
      this.#numbers[at + SCORE] = UNUSED
      this.#unused[this.#unusedCount++] = entry
    }
  }

  /** The lower quartile of the counters of a sample of the entries that are not pinned; at least 0. */
  #quartile(): number {
    const step = Math.max(1, Math.floor(this.count / QUARTILE_SAMPLE))
    let taken = 0
    let entry = 0
    while (entry < this.count && taken < QUARTILE_SAMPLE) {
      const score = this.score(entry)
      // Past others singly, so that the sample is never empty: some entry is always dropped.
      if (score < 0 || this.pinOf(entry) >= 0) entry += 1
      else {
        this.#counters[taken++] = score + this.missed(entry) - this.offset
        entry += step
      }
    }
    const sample = this.#counters.subarray(0, taken).sort()
    return Math.max(0, sample[taken >> 2] ?? 0)
  }

  #hash(key: Int32Array): number {
    return hashPart(key, 0, this.words, this.#multipliers)
  }
}
