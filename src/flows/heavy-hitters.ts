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

export class HeavyHitters {
  /** Entries held: the arrays below are meaningful up to here. An index holds until a purge. */
  count = 0
  purges = 0
  /** No key that is not held has a higher score than this. */
  offset = 0
  readonly words: number
  readonly keys: Int32Array
  /** Sum of weights since the entry came in, decayed. Exact but for `missed`. */
  readonly scores: Float64Array
  /** What the key may have had before it came in, decayed: the offset of that moment. */
  readonly missed: Float64Array
  /** Sum of squared weights, decayed with half the time constant: the variance of the score. */
  readonly squares: Float64Array
  /** The pin of an entry, or -1. */
  readonly pinOf: Int32Array
  /** The entry of a pin, or -1. Kept up to date by purges. */
  readonly entryOf: Int32Array
  readonly #entriesMax: number
  readonly #seed: number
  readonly #hashes: Int32Array
  /** Per place: entry + 1, 0 is empty. At most half of them are taken. */
  readonly #places: Int32Array
  readonly #mask: number
  readonly #references: Int32Array
  readonly #freePins: number[] = []
  readonly #counters = new Float64Array(QUARTILE_SAMPLE)

  constructor(options: HeavyHittersOptions) {
    const capacity = options.entriesMax + options.pinnedMax
    this.words = options.words
    this.#entriesMax = options.entriesMax
    this.#seed = options.seed | 0
    this.keys = new Int32Array(capacity * options.words)
    this.scores = new Float64Array(capacity)
    this.missed = new Float64Array(capacity)
    this.squares = new Float64Array(capacity)
    this.pinOf = new Int32Array(capacity).fill(-1)
    this.entryOf = new Int32Array(options.pinnedMax).fill(-1)
    this.#hashes = new Int32Array(capacity)
    const places = 2 ** Math.ceil(Math.log2(capacity * 2))
    this.#places = new Int32Array(places)
    this.#mask = places - 1
    this.#references = new Int32Array(options.pinnedMax)
    for (let pin = options.pinnedMax - 1; pin >= 0; pin--) this.#freePins.push(pin)
  }

  get pinned(): number {
    return this.entryOf.length - this.#freePins.length
  }

  /** The entry of a key, made if need be. A full table is purged first, which moves entries. */
  add(key: Int32Array, weight: number, squared: number): number {
    const hash = this.#hash(key)
    let place = hash & this.#mask
    let entry = this.#places[place] as number
    while (entry !== 0) {
      if (this.#hashes[entry - 1] === hash && this.#equal(entry - 1, key)) {
        this.scores[entry - 1] = (this.scores[entry - 1] as number) + weight
        this.squares[entry - 1] = (this.squares[entry - 1] as number) + squared
        return entry - 1
      }
      place = (place + 1) & this.#mask
      entry = this.#places[place] as number
    }
    if (this.count - this.pinned >= this.#entriesMax) {
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
      const entry = this.#places[place] as number
      if (entry === 0) return -1
      if (this.#hashes[entry - 1] === hash && this.#equal(entry - 1, key)) return entry - 1
      place = (place + 1) & this.#mask
    }
  }

  /**
   * What the true score most likely is, to rank by. Of what it may have had before it came in, half
   * is believed, but no more than a quarter of what was seen since: newcomers gain little by it.
   */
  likely(entry: number): number {
    const score = this.scores[entry] as number
    return score + Math.min((this.missed[entry] as number) / 2, score / 4)
  }

  /** The words of an entry's key: a view, good until the next change. */
  keyAt(entry: number): Int32Array {
    return this.keys.subarray(entry * this.words, (entry + 1) * this.words)
  }

  /** Keeps an entry through purges. Returns its pin, or -1 when all pins are taken. */
  pin(entry: number): number {
    let pin = this.pinOf[entry] as number
    if (pin < 0) {
      pin = this.#freePins.pop() ?? -1
      if (pin < 0) return -1
      this.pinOf[entry] = pin
      this.entryOf[pin] = entry
    }
    this.#references[pin] = (this.#references[pin] as number) + 1
    return pin
  }

  unpin(pin: number): void {
    const references = (this.#references[pin] as number) - 1
    this.#references[pin] = references
    if (references > 0) return
    this.pinOf[this.entryOf[pin] as number] = -1
    this.entryOf[pin] = -1
    this.#freePins.push(pin)
  }

  /** Multiplies every score by `factor`, and what goes with it. */
  decay(factor: number): void {
    const { count, scores, missed, squares } = this
    const squared = factor * factor
    for (let entry = 0; entry < count; entry++) {
      scores[entry] = (scores[entry] as number) * factor
      missed[entry] = (missed[entry] as number) * factor
      squares[entry] = (squares[entry] as number) * squared
    }
    this.offset *= factor
  }

  #insert(key: Int32Array, hash: number, place: number, weight: number, squared: number): number {
    const entry = this.count++
    const at = entry * this.words
    for (let word = 0; word < this.words; word++) this.keys[at + word] = key[word] as number
    this.#hashes[entry] = hash
    this.scores[entry] = weight
    this.missed[entry] = this.offset
    this.squares[entry] = squared
    this.pinOf[entry] = -1
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
    const { scores, missed, pinOf } = this
    const offset = this.offset + this.#quartile()
    this.offset = offset
    let kept = 0
    for (let entry = 0; entry < this.count; entry++) {
      const stays = (scores[entry] as number) + (missed[entry] as number) > offset
      if (!stays && (pinOf[entry] as number) < 0) continue
      if (kept !== entry) this.#move(entry, kept)
      kept += 1
    }
    this.count = kept
    this.#places.fill(0)
    for (let entry = 0; entry < kept; entry++) {
      let place = (this.#hashes[entry] as number) & this.#mask
      while (this.#places[place] !== 0) place = (place + 1) & this.#mask
      this.#places[place] = entry + 1
    }
  }

  #move(from: number, to: number): void {
    const words = this.words
    this.keys.copyWithin(to * words, from * words, (from + 1) * words)
    this.#hashes[to] = this.#hashes[from] as number
    this.scores[to] = this.scores[from] as number
    this.missed[to] = this.missed[from] as number
    this.squares[to] = this.squares[from] as number
    const pin = this.pinOf[from] as number
    this.pinOf[to] = pin
    if (pin >= 0) this.entryOf[pin] = to
  }

  /** The lower quartile of the counters of a sample of the entries that are not pinned; at least 0. */
  #quartile(): number {
    const { count, scores, missed, pinOf } = this
    const step = Math.max(1, Math.floor(count / QUARTILE_SAMPLE))
    let taken = 0
    let entry = 0
    while (entry < count && taken < QUARTILE_SAMPLE) {
      // Past pinned ones singly, so that the sample is never empty: some entry is always dropped.
      if ((pinOf[entry] as number) >= 0) entry += 1
      else {
        const counter = (scores[entry] as number) + (missed[entry] as number) - this.offset
        this.#counters[taken++] = counter
        entry += step
      }
    }
    const sample = this.#counters.subarray(0, taken).sort()
    return Math.max(0, sample[taken >> 2] ?? 0)
  }

  #equal(entry: number, key: Int32Array): boolean {
    const at = entry * this.words
    for (let word = 0; word < this.words; word++) {
      if (this.keys[at + word] !== key[word]) return false
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
