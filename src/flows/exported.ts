/**
 * Which flows of a definition are series. What ranks enters at once and is held at its stored value
 * (0 if new) for the hold time, its traffic meanwhile counted as `other`; what no longer ranks
 * lingers, then is frozen for the hold time so that its last value is stored, and leaves. Every
 * series is monotonic, and flows + other = all matching traffic, exactly. Bounded by `max` live
 * series and an hourly budget of new ones.
 */
import { BoundedTable } from '../state/bounded.ts'
import { WordIndex } from '../state/word-index.ts'
import { FLOW_FROZEN, FLOW_HELD, FLOW_LIVE, FLOW_NONE, FlowTotals } from './flow-totals.ts'
import type { HeavyHitters } from './heavy-hitters.ts'
import type { MeasureColumns } from './measures.ts'
import type { Ranking } from './ranking.ts'
import type { SampleRows } from './sample-rows.ts'
import { rememberedMax, SeriesBudget } from './series-budget.ts'

export interface ExportedOptions {
  readonly name: string
  readonly n: number
  readonly max: number
  readonly budget: number
  readonly holdMs: number
  readonly lingerMs: number
  /** How long the total of a flow that left is remembered. */
  readonly rememberMs: number
  readonly seed: number
}

/** Room that is kept free for newcomers by freezing those that linger. */
const RESERVE_SHARE = 0.1

interface Remembered {
  readonly words: Int32Array
  readonly labels: string
  /** Bytes, frames, samples. */
  readonly totals: readonly number[]
  readonly sums: readonly number[]
}

export class ExportedFlows {
  /** By pin of the heavy-hitter table. */
  readonly states: Uint8Array
  readonly totals: FlowTotals
  readonly labels: string[] = []
  created = 0
  returned = 0
  /** Candidates that found no room or no budget; the same flow each second it waits. */
  refused = 0
  /** Flows that stopped being series. */
  left = 0
  size = 0
  readonly #options: ExportedOptions
  readonly #table: HeavyHitters
  readonly #columns: MeasureColumns
  readonly #describe: (key: Int32Array) => string | undefined
  readonly #budget: SeriesBudget
  readonly #remembered: BoundedTable<number>
  readonly #memory: (Remembered | undefined)[] = []
  readonly #memoryIndex: WordIndex
  readonly #freeMemory: number[] = []
  readonly #sinceMs: Float64Array
  readonly #rankedMs: Float64Array
  readonly #peaks: Float64Array

  constructor(
    options: ExportedOptions,
    table: HeavyHitters,
    columns: MeasureColumns,
    /** Label text of a flow; undefined while one of its names is still waited for. */
    describe: (key: Int32Array) => string | undefined,
  ) {
    const rows = table.pinsMax
    this.#options = options
    this.#table = table
    this.#columns = columns
    this.#describe = describe
    this.#budget = new SeriesBudget(options.budget)
    this.#memoryIndex = new WordIndex(table.words, options.seed)
    this.#remembered = new BoundedTable({
      name: options.name,
      max: rememberedMax(options.max, options.budget),
      perOwnerMax: Number.POSITIVE_INFINITY,
      idleMs: 0,
      onGone: memory => this.#forget(memory),
    })
    this.states = new Uint8Array(rows)
    this.totals = new FlowTotals(rows)
    this.#sinceMs = new Float64Array(rows)
    this.#rankedMs = new Float64Array(rows)
    this.#peaks = new Float64Array(rows)
  }

  get forgotten(): number {
    return this.#remembered.evicted
  }

  /**
   * Counts lines `from` to `to` whose flow is live; what row `row` holds of further measures is line `row` of
   * `numbers`. The rows of the others come into `left`; returns how many.
   */
  count(rows: SampleRows, from: number, to: number, numbers: Float64Array): number {
    const others = this.totals.count(this.states, rows, from, to)
    this.#columns.addSums(rows, to - from - others, numbers)
    return others
  }

  /** Decides who enters, stays and leaves; `perSecond` turns a score into a rate. */
  tick(nowMs: number, ranking: Ranking, perSecond: number): void {
    this.#budget.refill(nowMs)
    const candidates = this.#meetRanked(nowMs, ranking)
    const largest = this.#age(nowMs, perSecond)
    const wanted = this.#choose(candidates, largest / perSecond)
    this.#makeRoom(nowMs, wanted.length)
    for (const entry of wanted) this.#enter(entry, nowMs)
    this.#remembered.expire(nowMs, this.#options.rememberMs, () => this.#options.rememberMs)
  }

  /** Marks the exported ones; returns those that rank and are not. */
  #meetRanked(nowMs: number, ranking: Ranking): number[] {
    const candidates: number[] = []
    for (let at = 0; at < ranking.count; at++) {
      const entry = ranking.ranked[at] as number
      const pin = this.#table.pinOf(entry)
      if (pin < 0 || this.states[pin] === FLOW_NONE) {
        candidates.push(entry)
        continue
      }
      this.#rankedMs[pin] = nowMs
      // It was shown all the time, so it goes on where it stopped.
      if (this.states[pin] === FLOW_FROZEN) this.states[pin] = FLOW_LIVE
    }
    return candidates
  }

  /** Moves each flow on by its age. Returns the highest peak of those that linger, as a rate. */
  #age(nowMs: number, perSecond: number): number {
    const { holdMs, lingerMs } = this.#options
    let largest = 0
    for (let pin = 0; pin < this.states.length; pin++) {
      const state = this.states[pin]
      if (state === FLOW_NONE) continue
      const entry = this.#table.entryOf(pin)
      const rate = this.#table.score(entry) * perSecond
      if (rate > (this.#peaks[pin] as number)) this.#peaks[pin] = rate
      if (state === FLOW_HELD) {
        if (nowMs - (this.#sinceMs[pin] as number) >= holdMs) this.states[pin] = FLOW_LIVE
        continue
      }
      const unrankedMs = nowMs - (this.#rankedMs[pin] as number)
      if (unrankedMs > 0) largest = Math.max(largest, this.#peaks[pin] as number)
      if (state === FLOW_LIVE && unrankedMs >= lingerMs) this.states[pin] = FLOW_FROZEN
      if (this.states[pin] === FLOW_FROZEN && this.#isRipe(pin, nowMs)) this.#leave(pin, nowMs)
    }
    return largest
  }

  /**
   * Highest first: those whose total is remembered (their series exists), then new ones as far as
   * the budget goes. `bar` is the highest peak among those that linger, as a score. Beyond the
   * whole budget only a flow twice as high enters: a ramp of spoofed flows gains nothing.
   */
  #choose(candidates: readonly number[], bar: number): number[] {
    const table = this.#table
    let ordinary = this.#budget.ordinary
    let exceptional = this.#budget.exceptional
    const possible = candidates.filter(
      entry => ordinary > 0 || table.score(entry) > bar || this.#recall(entry) !== undefined,
    )
    this.refused += candidates.length - possible.length
    possible.sort((a, b) => table.score(b) - table.score(a))
    const wanted: number[] = []
    for (const entry of possible) {
      if (wanted.length >= this.#options.max) break
      const score = table.score(entry)
      if (this.#recall(entry) !== undefined) wanted.push(entry)
      else if (ordinary > 0) {
        ordinary -= 1
        wanted.push(entry)
      } else if (score > bar && exceptional > 0) {
        exceptional -= 1
        wanted.push(entry)
      } else if (bar > 0 && score > 2 * bar) wanted.push(entry)
      else this.refused += 1
    }
    return wanted
  }

  /** Freezes those that have lingered longest until there is, or soon will be, room for `wanted`. */
  #makeRoom(nowMs: number, wanted: number): void {
    const { max } = this.#options
    const reserve = Math.floor(max * RESERVE_SHARE)
    let missing = wanted + reserve - (max - this.size)
    if (missing <= 0) return
    const lingering: number[] = []
    for (let pin = 0; pin < this.states.length; pin++) {
      if (this.states[pin] === FLOW_FROZEN) missing -= 1
      const lingers = this.states[pin] === FLOW_LIVE && (this.#rankedMs[pin] as number) < nowMs
      if (lingers) lingering.push(pin)
    }
    lingering.sort((a, b) => (this.#rankedMs[a] as number) - (this.#rankedMs[b] as number))
    for (const pin of lingering.slice(0, Math.max(0, missing))) {
      this.states[pin] = FLOW_FROZEN
      if (this.#isRipe(pin, nowMs)) this.#leave(pin, nowMs)
    }
  }

  /** Has its present value been shown for the hold time, so that scrapes have stored it? */
  #isRipe(pin: number, nowMs: number): boolean {
    return nowMs - this.totals.countedMs(pin) >= this.#options.holdMs
  }

  #enter(entry: number, nowMs: number): void {
    const labels = this.#describe(this.#table.keyAt(entry))
    // Its traffic stays in `other` until then; labels are made once and never change.
    if (labels === undefined) return
    // A threshold may hold it: then its distinct counts go on.
    const isFresh = this.#table.pinOf(entry) < 0
    const pin = this.size < this.#options.max ? this.#table.pin(entry) : -1
    if (pin < 0) {
      this.refused += 1
      return
    }
    const key = this.#table.keyAt(entry)
    const memory = this.#recall(entry)
    // Under other label texts (a port was renamed) it would be another series: that one begins at 0.
    const total = memory?.labels === labels ? memory : undefined
    if (isFresh) this.#columns.clear(pin)
    this.states[pin] = FLOW_HELD
    this.labels[pin] = labels
    this.totals.set(pin, total?.totals ?? [], nowMs)
    this.#columns.sums.forEach((sum, index) => {
      sum.totals[pin] = total?.sums[index] ?? 0
    })
    this.#sinceMs[pin] = nowMs
    this.#rankedMs[pin] = nowMs
    this.#peaks[pin] = 0
    this.size += 1
    if (total === undefined) {
      this.created += 1
      this.#budget.take()
    } else this.returned += 1
    if (memory !== undefined) this.#remembered.remove(this.#memoryIndex.find(key))
  }

  #leave(pin: number, nowMs: number): void {
    const key = this.#table.keyAt(this.#table.entryOf(pin))
    const memory = this.#freeMemory.pop() ?? this.#memory.length
    // A full memory forgets the one longest gone inside `admit`.
    this.#remembered.admit(memory, 0, memory, nowMs)
    this.#memory[memory] = {
      words: key.slice(),
      labels: this.labels[pin] as string,
      totals: [this.totals.bytes(pin), this.totals.frames(pin), this.totals.samples(pin)],
      sums: this.#columns.sums.map(sum => sum.totals[pin] as number),
    }
    this.#memoryIndex.set(key, memory)
    this.states[pin] = FLOW_NONE
    this.labels[pin] = ''
    this.size -= 1
    this.left += 1
    this.#table.unpin(pin)
  }

  #recall(entry: number): Remembered | undefined {
    const memory = this.#memoryIndex.find(this.#table.keyAt(entry))
    return memory < 0 ? undefined : this.#memory[memory]
  }

  #forget(memory: number): void {
    const known = this.#memory[memory]
    if (known === undefined) return
    this.#memoryIndex.delete(known.words)
    this.#memory[memory] = undefined
    this.#freeMemory.push(memory)
  }
}
