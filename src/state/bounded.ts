/**
 * A set of label sets with a maximum, a quota per owner and an age. When it is full, an entry that
 * has been idle for longer than its limit gives way, least recently used first; if none is, the NEW
 * one is refused and counted, so that live series never flap. The only importer of lru-cache.
 */
import { LRUCache } from 'lru-cache'

export interface BoundedOptions<V> {
  /** The label `table` of its metrics. */
  readonly name: string
  readonly max: number
  /** The most that one owner (an agent) may hold. */
  readonly perOwnerMax: number
  /** Idle for longer than this, an entry may be displaced by a new one. */
  readonly idleMs: number
  /** Called for an entry that was displaced, expired or removed. */
  readonly onGone: (value: V) => void
}

interface Entry<V> {
  readonly value: V
  readonly owner: number
  lastMs: number
}

export class BoundedTable<V> {
  readonly name: string
  created = 0
  refused = 0
  evicted = 0
  #options: BoundedOptions<V>
  #entries: LRUCache<number, Entry<V>>
  readonly #perOwner = new Map<number, number>()
  /** Until then nothing can be idle: a flood of new keys is refused without a search. */
  #fullUntilMs = 0

  constructor(options: BoundedOptions<V>) {
    this.name = options.name
    this.#options = options
    this.#entries = new LRUCache({ max: options.max })
  }

  get size(): number {
    return this.#entries.size
  }

  get max(): number {
    return this.#options.max
  }

  /** Takes the new entry in, or refuses and counts it. `id` is the caller's, unique while it lives. */
  admit(id: number, owner: number, value: V, nowMs: number): boolean {
    const held = this.#perOwner.get(owner) ?? 0
    if (held >= this.#options.perOwnerMax || !this.#makeRoom(nowMs)) {
      this.refused += 1
      return false
    }
    this.created += 1
    this.#entries.set(id, { value, owner, lastMs: nowMs })
    this.#perOwner.set(owner, held + 1)
    return true
  }

  /** Marks an entry as in use. Call it at most once a second and entry, not per sample. */
  touch(id: number, nowMs: number): void {
    const entry = this.#entries.get(id)
    if (entry !== undefined) entry.lastMs = nowMs
  }

  remove(id: number): void {
    const entry = this.#entries.peek(id)
    if (entry === undefined) return
    this.#entries.delete(id)
    const held = (this.#perOwner.get(entry.owner) ?? 1) - 1
    if (held > 0) this.#perOwner.set(entry.owner, held)
    else this.#perOwner.delete(entry.owner)
    this.#fullUntilMs = 0
    this.#options.onGone(entry.value)
  }

  /** Ends what has been silent for its own time, never sooner than `floorMs`. Returns how many. */
  expire(nowMs: number, floorMs: number, ageMs: (value: V) => number): number {
    const gone: number[] = []
    // Least recently used first, so the first young one ends the search.
    for (const id of this.#entries.rkeys()) {
      const entry = this.#entries.peek(id)
      if (entry === undefined) continue
      const idleMs = nowMs - entry.lastMs
      if (idleMs < floorMs) break
      if (idleMs >= ageMs(entry.value)) gone.push(id)
    }
    for (const id of gone) this.remove(id)
    return gone.length
  }

  values(): V[] {
    return Array.from(this.#entries.values(), entry => entry.value)
  }

  /** New limits after a reload. What is held stays, even if it is more than the new maximum. */
  relimit(limits: Pick<BoundedOptions<V>, 'max' | 'perOwnerMax' | 'idleMs'>): void {
    this.#options = { ...this.#options, ...limits }
    this.#fullUntilMs = 0
    const entries = this.#entries
    this.#entries = new LRUCache({ max: Math.max(limits.max, entries.size, 1) })
    for (const id of entries.rkeys()) this.#entries.set(id, entries.peek(id) as Entry<V>)
  }

  #makeRoom(nowMs: number): boolean {
    if (this.#entries.size < this.#options.max) return true
    if (nowMs < this.#fullUntilMs) return false
    for (const id of this.#entries.rkeys()) {
      const entry = this.#entries.peek(id)
      if (entry === undefined) continue
      if (nowMs - entry.lastMs < this.#options.idleMs) {
        this.#fullUntilMs = entry.lastMs + this.#options.idleMs
        return false
      }
      this.remove(id)
      this.evicted += 1
      return true
    }
    return false
  }
}
