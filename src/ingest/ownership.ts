/**
 * Which worker owns which agent address, in memory that all workers share: the first to receive an
 * address owns it, so an agent with one socket is never forwarded. Looking up takes no lock; claims
 * do. Buckets of 16, four times as many places as agents may be: an address finds its bucket full
 * of live ones about once in a million, and is then refused. An address that is no agent of its
 * owner, not yet, not any more or never, keeps its place until another wants it.
 */
import { NOBODY, type Owners } from '../engine/router.ts'

const WAYS = 16
/** The state, the type of the address, and its four words. */
const WORDS = 6
const LOCK = 0
/** A cache line of its own for the lock. */
const HEADER_WORDS = 16
const PLACES_PER_AGENT = 4
/** In a state: 7 bits of owner + 1 (0: free), then whether its owner has such an agent, then bits of the hash. */
const OWNER_MASK = 0x7f
const LIVE = 0x80
const TAG_SHIFT = 8

export class Ownership implements Owners {
  readonly #table: Int32Array
  readonly #mask: number
  readonly #seed: number

  /** `seed` makes the places of addresses from the wire unguessable; the same in all workers. */
  constructor(shared: SharedArrayBuffer, seed: number) {
    this.#table = new Int32Array(shared)
    this.#mask = (this.#table.length - HEADER_WORDS) / (WORDS * WAYS) - 1
    this.#seed = seed | 0
  }

  /** Room for so many agents. */
  static memory(agentsMax: number): SharedArrayBuffer {
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(1, (agentsMax * PLACES_PER_AGENT) / WAYS)))
    return new SharedArrayBuffer((HEADER_WORDS + buckets * WAYS * WORDS) * 4)
  }

  /** The owner of an address, or NOBODY. The first five words: its type and itself. */
  ownerOf(address: Int32Array): number {
    const at = this.#find(address)
    return at < 0 ? NOBODY : ownerIn(Atomics.load(this.#table, at))
  }

  /** Makes `worker` the owner unless there is one. Returns the owner, or NOBODY if there is no room. */
  claim(address: Int32Array, worker: number): number {
    return this.#locked(() => {
      const known = this.#find(address)
      if (known >= 0) return ownerIn(this.#table[known] as number)
      const hash = this.#hash(address)
      const at = this.#placeIn(hash)
      if (at < 0) return NOBODY
      // Nobody believes the words before the state is whole.
      Atomics.store(this.#table, at, 0)
      for (let word = 0; word < WORDS - 1; word++) {
        this.#table[at + 1 + word] = address[word] as number
      }
      Atomics.store(this.#table, at, ((hash >>> TAG_SHIFT) << TAG_SHIFT) | (worker + 1))
      return worker
    })
  }

  /** Its owner took the agent in: its place is not given away. */
  keep(address: Int32Array): void {
    const at = this.#find(address)
    if (at >= 0) Atomics.or(this.#table, at, LIVE)
  }

  /** The agent is gone. Should it come back before its place is wanted, it finds its former owner. */
  leave(address: Int32Array): void {
    const at = this.#find(address)
    if (at >= 0) Atomics.and(this.#table, at, ~LIVE)
  }

  /** The bucket's place of this address, or -1. */
  #find(address: Int32Array): number {
    const table = this.#table
    const hash = this.#hash(address)
    let at = HEADER_WORDS + (hash & this.#mask) * WAYS * WORDS
    for (let way = 0; way < WAYS; way++, at += WORDS) {
      const state = Atomics.load(table, at)
      if (state >>> TAG_SHIFT !== hash >>> TAG_SHIFT || (state & OWNER_MASK) === 0) continue
      const same =
        table[at + 1] === address[0] &&
        table[at + 2] === address[1] &&
        table[at + 3] === address[2] &&
        table[at + 4] === address[3] &&
        table[at + 5] === address[4]
      // Given to another address meanwhile: then the state is another, too.
      if (same && ownerIn(Atomics.load(table, at)) === ownerIn(state)) return at
    }
    return -1
  }

  /** A free place of the bucket, or one without a live agent, or -1. */
  #placeIn(hash: number): number {
    const first = HEADER_WORDS + (hash & this.#mask) * WAYS * WORDS
    let idle = -1
    for (let way = 0; way < WAYS; way++) {
      const at = first + way * WORDS
      const state = this.#table[at] as number
      if (state === 0) return at
      if ((state & LIVE) === 0 && idle < 0) idle = at
    }
    return idle
  }

  #hash(address: Int32Array): number {
    let hash = this.#seed
    for (let word = 0; word < WORDS - 1; word++) {
      hash = Math.imul(hash ^ (address[word] as number), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0x85ebca6b)
    return (hash ^ (hash >>> 13)) >>> 0
  }

  /** Held for well below a microsecond. A thread that dies ends the process, so it is never left locked. */
  #locked<T>(task: () => T): T {
    while (Atomics.compareExchange(this.#table, LOCK, 0, 1) !== 0) {
      Atomics.wait(this.#table, LOCK, 1, 1)
    }
    try {
      return task()
    } finally {
      Atomics.store(this.#table, LOCK, 0)
      Atomics.notify(this.#table, LOCK, 1)
    }
  }
}

function ownerIn(state: number): number {
  return (state & OWNER_MASK) - 1
}
