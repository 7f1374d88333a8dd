/**
 * Names of addresses by reverse look-ups, for keys that are asked for with every sample: an answer
 * comes from memory, at once, or not at all. What is not known is put in line to be asked by whoever
 * can; how many are remembered, in line, asked at a time and in a second is bounded.
 */
import { WordIndex } from './word-index.ts'

export interface AddressNameLimits {
  /** Addresses that are remembered, named or not. */
  readonly namesMax: number
  /** How long an answer holds, and how long an address is remembered after it was last wanted. */
  readonly ageMs: number
  readonly inFlightMax: number
  readonly perSecondMax: number
}

/** Asks for the name of an address as text. Undefined: there is none. Rejects if nobody answers. */
export type NameLookup = (words: Int32Array) => Promise<string | undefined>

/** Four words of address: IPv4 behind ::ffff:0:0/96. */
const WIDTH = 4
/** An address that nobody answers for is asked for again after this. */
const RETRY_MS = 60_000

const NEVER = Number.NEGATIVE_INFINITY

export class AddressNames {
  readonly limits: AddressNameLimits
  /** Questions by how they ended; addresses that found no room, counted at each look. */
  named = 0
  nameless = 0
  failed = 0
  refused = 0
  created = 0
  evicted = 0
  readonly #lookUp: NameLookup
  readonly #index: WordIndex
  readonly #words: Int32Array
  readonly #names: (string | undefined)[] = []
  /** When the answer is too old; when it was last wanted. */
  readonly #staleMs: Float64Array
  readonly #wantedMs: Float64Array
  readonly #waits: Uint8Array
  readonly #free: number[] = []
  readonly #line: number[] = []
  #used = 0
  #inFlight = 0
  #askedThisSecond = 0
  #nowMs = 0

  constructor(limits: AddressNameLimits, lookUp: NameLookup, seed: number) {
    this.limits = limits
    this.#lookUp = lookUp
    this.#index = new WordIndex(WIDTH, seed)
    this.#words = new Int32Array(limits.namesMax * WIDTH)
    this.#staleMs = new Float64Array(limits.namesMax)
    this.#wantedMs = new Float64Array(limits.namesMax)
    this.#waits = new Uint8Array(limits.namesMax)
  }

  get size(): number {
    return this.#index.size
  }

  /** The name of an address, if it is known by now; one that is too old holds until there is a newer. */
  nameOf(words: Int32Array): string | undefined {
    const slot = this.#index.find(words)
    if (slot < 0) {
      this.#admit(words)
      return undefined
    }
    this.#wantedMs[slot] = this.#nowMs
    if (this.#waits[slot] === 0 && this.#nowMs >= (this.#staleMs[slot] as number)) this.#want(slot)
    return this.#names[slot]
  }

  /** Each second: asks what is in line. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs
    this.#askedThisSecond = 0
    this.#ask()
  }

  /** Forgets what was not wanted for long. Once a minute is enough. */
  sweep(): void {
    const oldest = this.#nowMs - this.limits.ageMs
    for (let slot = 0; slot < this.#used; slot++) {
      const wanted = this.#wantedMs[slot] as number
      if (wanted === NEVER || wanted >= oldest || this.#waits[slot] === 1) continue
      this.#index.delete(this.#wordsOf(slot))
      this.#names[slot] = undefined
      this.#wantedMs[slot] = NEVER
      this.#free.push(slot)
      this.evicted += 1
    }
  }

  /** In the form of the other bounded tables. */
  stats(table: string) {
    const { size: series, created, refused, evicted } = this
    return { table, series, seriesMax: this.limits.namesMax, created, refused, evicted }
  }

  #admit(words: Int32Array): void {
    const slot = this.#free.pop() ?? this.#used
    if (slot >= this.limits.namesMax) {
      this.refused += 1
      return
    }
    this.#used = Math.max(this.#used, slot + 1)
    this.#words.set(words, slot * WIDTH)
    this.#index.set(words, slot)
    this.#wantedMs[slot] = this.#nowMs
    this.created += 1
    this.#want(slot)
  }

  /** Each slot stands in line at most once, so the line is no longer than the table. */
  #want(slot: number): void {
    this.#waits[slot] = 1
    this.#line.push(slot)
  }

  #ask(): void {
    const { inFlightMax, perSecondMax } = this.limits
    while (this.#inFlight < inFlightMax && this.#askedThisSecond < perSecondMax) {
      const slot = this.#line.shift()
      if (slot === undefined) return
      this.#inFlight += 1
      this.#askedThisSecond += 1
      this.#lookUp(this.#wordsOf(slot).slice()).then(
        name => this.#answered(slot, name),
        () => this.#unanswered(slot),
      )
    }
  }

  #answered(slot: number, name: string | undefined): void {
    if (name === undefined) this.nameless += 1
    else this.named += 1
    this.#names[slot] = name
    this.#over(slot, this.limits.ageMs)
  }

  /** A name that was known before holds on. */
  #unanswered(slot: number): void {
    this.failed += 1
    this.#over(slot, Math.min(RETRY_MS, this.limits.ageMs))
  }

  #over(slot: number, holdsMs: number): void {
    this.#waits[slot] = 0
    this.#staleMs[slot] = this.#nowMs + holdsMs
    this.#inFlight -= 1
    this.#ask()
  }

  #wordsOf(slot: number): Int32Array {
    return this.#words.subarray(slot * WIDTH, (slot + 1) * WIDTH)
  }
}
