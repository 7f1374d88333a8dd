/**
 * The n highest entries of each unit (interface, agent, or all as one) of a heavy-hitter table: a
 * counting sort by unit, then a selection in each. One
 * pass a second; nothing is allocated once it has grown to its tables.
 */
import type { HeavyHitters } from './heavy-hitters.ts'

export class Ranking {
  /** Entries that rank, in no order, up to `count`. */
  ranked = new Int32Array(0)
  count = 0
  #unitsMax: number
  #localOf: Int32Array
  #units = new Int32Array(0)
  #ends = new Int32Array(0)
  #order = new Int32Array(0)
  #scores = new Float64Array(0)

  /** For tables whose units are 0 to `unitsMax`. */
  constructor(unitsMax: number) {
    this.#unitsMax = unitsMax
    this.#localOf = new Int32Array(unitsMax + 1).fill(-1)
  }

  /** Units may have higher numbers from here on. */
  reach(unitsMax: number): void {
    if (unitsMax <= this.#unitsMax) return
    this.#unitsMax = unitsMax
    this.#localOf = new Int32Array(unitsMax + 1).fill(-1)
  }

  /**
   * Fills `ranked` with at most `n` entries a unit, and of those at most the `rankedMax` highest.
   * An entry below `scoreMin` does not rank. The first word of a key is its unit.
   */
  rank(table: HeavyHitters, n: number, rankedMax: number, scoreMin: number): void {
    if (table.capacity > this.ranked.length) this.#grow(table.capacity)
    const units = this.#sortByUnit(table, scoreMin)
    this.count = 0
    let from = 0
    for (let local = 0; local < units; local++) {
      const to = this.#ends[local] as number
      this.#select(table, from, to, n)
      from = to
    }
    if (this.count > rankedMax) this.#cut(table, rankedMax)
  }

  /** There are never more units than entries. */
  #grow(capacity: number): void {
    this.ranked = new Int32Array(capacity)
    this.#units = new Int32Array(capacity)
    this.#ends = new Int32Array(capacity)
    this.#order = new Int32Array(capacity)
    this.#scores = new Float64Array(capacity)
  }

  #sortByUnit(table: HeavyHitters, scoreMin: number): number {
    const { count } = table
    let units = 0
    this.#ends.fill(0)
    for (let entry = 0; entry < count; entry++) {
      if (table.score(entry) < scoreMin) continue
      const unit = this.#unitOf(table.firstWord(entry))
      let local = this.#localOf[unit] as number
      if (local < 0) {
        local = units++
        this.#localOf[unit] = local
        this.#units[local] = unit
      }
      this.#ends[local] = (this.#ends[local] as number) + 1
    }
    // Counts become starts; filling turns each start into the segment's end.
    let start = 0
    for (let local = 0; local < units; local++) {
      const length = this.#ends[local] as number
      this.#ends[local] = start
      start += length
    }
    for (let entry = 0; entry < count; entry++) {
      if (table.score(entry) < scoreMin) continue
      const local = this.#localOf[this.#unitOf(table.firstWord(entry))] as number
      const at = this.#ends[local] as number
      this.#order[at] = entry
      this.#ends[local] = at + 1
    }
    for (let local = 0; local < units; local++) this.#localOf[this.#units[local] as number] = -1
    return units
  }

  #unitOf(word: number): number {
    return word >= 0 && word <= this.#unitsMax ? word : 0
  }

  /** Insertion into a list of at most n, highest first, at the end of `ranked`. */
  #select(table: HeavyHitters, from: number, to: number, n: number): void {
    const { ranked } = this
    const first = this.count
    let length = 0
    for (let at = from; at < to; at++) {
      const entry = this.#order[at] as number
      const score = table.likely(entry)
      if (length === n && score <= table.likely(ranked[first + n - 1] as number)) continue
      let place = first + (length < n ? length++ : n - 1)
      while (place > first && table.likely(ranked[place - 1] as number) < score) {
        ranked[place] = ranked[place - 1] as number
        place -= 1
      }
      ranked[place] = entry
    }
    this.count = first + length
  }

  #cut(table: HeavyHitters, rankedMax: number): void {
    for (let at = 0; at < this.count; at++) {
      this.#scores[at] = table.likely(this.ranked[at] as number)
    }
    const sorted = this.#scores.subarray(0, this.count).sort()
    const least = sorted[this.count - rankedMax] as number
    let kept = 0
    for (let at = 0; at < this.count && kept < rankedMax; at++) {
      const entry = this.ranked[at] as number
      if (table.likely(entry) >= least) this.ranked[kept++] = entry
    }
    this.count = kept
  }
}
