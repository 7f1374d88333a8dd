/**
 * The heaviest keys of a stream in fixed memory: open addressing over typed arrays, and a purge of
 * the lightest quarter when full (Misra-Gries with weights, as in the "frequent items" sketches).
 * Scores decay exponentially. For every key that is held, the true decayed score lies in
 * [score, score + missed]; for any other in [0, offset]. Cost is flat under any distribution:
 * test/benchmark/flow-table.ts.
 */

export interface HeavyHittersOptions {
  /** Words of 32 bits per key. */
  readonly words: number
  /** Entries beside the pinned ones; at least 16. A purge frees about a quarter. */
  readonly entriesMax: number
  /** The most entries that may be pinned at a time. */
  readonly pinnedMax: number
  /** Makes the places of keys from the wire unguessable. */
  readonly seed: number
}

/**
 * The quartile is taken of so many entries: its rank is off by a few percent, which is enough. The
 * median would halve the purges and raise the offset by a sixth: recall of the top 100 under 90 %
 * noise fell from 0.99 to 0.97.
 */
const QUARTILE_SAMPLE = 511
const MULTIPLIER = 0x9e3779b1

/** An entry's numbers lie together, four to half a cache line: the fourth is not used. */
const NUMBERS = 4
const SCORE = 0
const SQUARES = 1
const MISSED = 2
/** And so do its hash, its pin and its key. */
const HASH = 0
const PIN = 1
const KEY = 2
/** The score of an entry that is not in use: it never ranks, whatever the decay. */
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
  readonly #numbers: Float64Array
  readonly #cells: Int32Array
  readonly #stride: number
  readonly #entriesMax: number
  readonly #seed: number
  /** Per place: entry + 1, 0 is empty. At most half of them are taken. */
  readonly #places: Int32Array
  readonly #mask: number
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
    this.#stride = options.words + KEY
    this.#entriesMax = options.entriesMax
    this.#seed = options.seed | 0
    this.#numbers = new Float64Array(capacity * NUMBERS)
    this.#cells = new Int32Array(capacity * this.#stride)
    this.#unused = new Int32Array(capacity)
    const places = 2 ** Math.ceil(Math.log2(capacity * 2))
    this.#places = new Int32Array(places)
    this.#mask = places - 1
    this.#entryOf = new Int32Array(options.pinnedMax).fill(-1)
    this.#references = new Int32Array(options.pinnedMax)
    for (let pin = options.pinnedMax - 1; pin >= 0; pin--) this.#freePins.push(pin)
  }

  get pinned(): number {
    return this.pinsMax - this.#freePins.length
  }

  /** Sum of weights since the entry came in, decayed: exact but for `missed`. Below 0: not in use. */
  score(entry: number): number {
    return this.#numbers[entry * NUMBERS + SCORE] as number
  }

  /** Sum of squared weights, decayed with half the time constant: the variance of the score. */
  squares(entry: number): number {
    return this.#numbers[entry * NUMBERS + SQUARES] as number
  }

  /** What the key may have had before it came in, decayed: the offset of that moment. */
  missed(entry: number): number {
    return this.#numbers[entry * NUMBERS + MISSED] as number
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
    const score = this.#numbers[entry * NUMBERS + SCORE] as number
    const missed = this.#numbers[entry * NUMBERS + MISSED] as number
    return score + Math.min(missed / 2, score / 4)
  }

  /** Adds a weight to a key and returns its entry, made if need be: a full table is purged first. */
  add(key: Int32Array, weight: number, squared: number): number {
    const hash = this.#hash(key)
    let place = hash & this.#mask
    let entry = (this.#places[place] as number) - 1
    while (entry >= 0) {
      if (this.#cells[entry * this.#stride + HASH] === hash && this.#equal(entry, key)) {
        const numbers = this.#numbers
        const at = entry * NUMBERS
        numbers[at + SCORE] = (numbers[at + SCORE] as number) + weight
        numbers[at + SQUARES] = (numbers[at + SQUARES] as number) + squared
        return entry
      }
      place = (place + 1) & this.#mask
      entry = (this.#places[place] as number) - 1
    }
    if (this.count - this.#unusedCount - this.pinned >= this.#entriesMax) {
      this.#purge()
      place = hash & this.#mask
      while (this.#places[place] !== 0) place = (place + 1) & this.#mask
    }
    return this.#insert(key, hash, place, weight, squared)
  }

  /** The entry of a key, or -1. */
  find(key: Int32Array): number {
    const hash = this.#hash(key)
    let place = hash & this.#mask
    // Ends: at least half of the places are empty.
    for (;;) {
      const entry = (this.#places[place] as number) - 1
      if (entry < 0) return -1
      if (this.#cells[entry * this.#stride + HASH] === hash && this.#equal(entry, key)) return entry
      place = (place + 1) & this.#mask
    }
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
    const end = this.count * NUMBERS
    const squared = factor * factor
    for (let at = 0; at < end; at += NUMBERS) {
      numbers[at + SCORE] = (numbers[at + SCORE] as number) * factor
      numbers[at + SQUARES] = (numbers[at + SQUARES] as number) * squared
      numbers[at + MISSED] = (numbers[at + MISSED] as number) * factor
    }
    this.offset *= factor
  }

  #insert(key: Int32Array, hash: number, place: number, weight: number, squared: number): number {
    const entry =
      this.#unusedCount > 0 ? (this.#unused[--this.#unusedCount] as number) : this.count++
    const at = entry * this.#stride
    this.#cells[at + HASH] = hash
    this.#cells[at + PIN] = -1
    for (let word = 0; word < this.words; word++) this.#cells[at + KEY + word] = key[word] as number
    const number = entry * NUMBERS
    this.#numbers[number + SCORE] = weight
    this.#numbers[number + SQUARES] = squared
    this.#numbers[number + MISSED] = this.offset
    this.#places[place] = entry + 1
    return entry
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
    this.#places.fill(0)
    this.#unusedCount = 0
    for (let entry = 0; entry < this.count; entry++) {
      const at = entry * NUMBERS
      const score = this.#numbers[at + SCORE] as number
      const stays = score >= 0 && score + (this.#numbers[at + MISSED] as number) > offset
      if (!stays && (score < 0 || this.pinOf(entry) < 0)) {
        this.#numbers[at + SCORE] = UNUSED
        this.#unused[this.#unusedCount++] = entry
        continue
      }
      let place = (this.#cells[entry * this.#stride + HASH] as number) & this.#mask
      while (this.#places[place] !== 0) place = (place + 1) & this.#mask
      this.#places[place] = entry + 1
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

  #equal(entry: number, key: Int32Array): boolean {
    const at = entry * this.#stride + KEY
    for (let word = 0; word < this.words; word++) {
      if (this.#cells[at + word] !== key[word]) return false
    }
    return true
  }

  #hash(key: Int32Array): number {
    let hash = this.#seed
    for (let word = 0; word < this.words; word++) {
      hash = Math.imul(hash ^ (key[word] as number), MULTIPLIER)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0x85ebca6b)
    return hash ^ (hash >>> 13)
  }
}
