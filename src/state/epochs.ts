/**
 * How often each 32-bit counter has wrapped, kept beyond a restart and a kill of the bridge. A cell
 * that has wrapped is written down with its value; a new wrap is exposed only once it is durable, so
 * that no scrape sees a value that a crash could take back. Pure: whoever owns the disk takes batches.
 */
import type { Pool } from './pool.ts'

export interface Epoch {
  readonly value: number
  readonly uptimeMs: number
  readonly wallMs: number
}

interface Hold {
  readonly pool: Pool
  readonly cell: number
  /** What is exposed until the wrap is on disk. */
  readonly value: number
  batch: number
}

const WRAP = 2 ** 32
/** After a restart of the bridge, an agent's clock may differ by this much from ours. */
const CLOCK_SLACK_MS = 60_000

export class Epochs {
  /** What earlier runs and expired sources left, by key; at most `max`, oldest out first. */
  readonly #known = new Map<string, Epoch>()
  readonly #max: number
  readonly #holds: Hold[] = []
  /** Key → line of the batch that is being gathered: the last value wins. */
  #gathering = new Map<string, string>()
  #batch = 1
  /** Nothing to wait for: there is no disk. */
  memoryOnly = true
  dropped = 0

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#known.size
  }

  /** A cell past 2^32 has a new value. `heldValue`: it just wrapped; expose this until it is durable. */
  record(key: string, epoch: Epoch, pool: Pool, cell: number, heldValue?: number): void {
    this.#remember(key, epoch)
    if (this.memoryOnly) return
    this.#gathering.set(key, formatEpoch(key, epoch))
    if (heldValue !== undefined) {
      this.#holds.push({ pool, cell, value: heldValue, batch: this.#batch })
    }
  }

  /** A counter began anew: its epochs are void. */
  forget(key: string): void {
    if (this.#known.delete(key) && !this.memoryOnly) this.#gathering.set(key, `${key} -`)
  }

  /** The last value of a counter that earlier wrapped, if the agent has not restarted since. */
  adopt(key: string, uptimeMs: number, wallMs: number): number | undefined {
    const epoch = this.#known.get(key)
    if (epoch === undefined) return undefined
    const elapsed = wallMs - epoch.wallMs
    const forward = ((uptimeMs - epoch.uptimeMs) | 0) >= 0
    if (forward && uptimeMs >= elapsed - CLOCK_SLACK_MS) return epoch.value
    this.forget(key)
    return undefined
  }

  /** Lines to append now, with a number to confirm; undefined if there is nothing. */
  takeBatch(): { batch: number; text: string } | undefined {
    if (this.#gathering.size === 0) return undefined
    const text = `${Array.from(this.#gathering.values()).join('\n')}\n`
    this.#gathering = new Map()
    return { batch: this.#batch++, text }
  }

  /** The batch is on disk: what waited for it may be exposed. */
  durable(batch: number): void {
    let kept = 0
    for (const hold of this.#holds) if (hold.batch > batch) this.#holds[kept++] = hold
    this.#holds.length = kept
  }

  /** The disk failed: go on in memory. */
  giveUpDisk(): void {
    this.memoryOnly = true
    this.#holds.length = 0
    this.#gathering = new Map()
  }

  /** Puts the old values over the copies of a scrape. */
  applyHolds(copyOf: (pool: Pool) => Float64Array | undefined): void {
    // From the last to the first, so that of two holds on one cell the older wins.
    for (let index = this.#holds.length - 1; index >= 0; index--) {
      const hold = this.#holds[index] as Hold
      const copy = copyOf(hold.pool)
      if (copy !== undefined) copy[hold.cell] = hold.value
    }
  }

  /** Reads what a former run left; lines that are not ours are counted and passed over. */
  load(text: string, nowMs: number, ageMsMax: number): number {
    let faults = 0
    for (const line of text.split('\n')) {
      if (line === '') continue
      const parts = line.split(' ')
      if (parts.length === 2 && parts[1] === '-') {
        this.#known.delete(parts[0] as string)
        continue
      }
      const [value, uptimeMs, wallMs] = parts.slice(1).map(Number)
      if (parts.length !== 4 || !(Number(value) >= WRAP) || !Number.isFinite(Number(wallMs))) {
        faults += 1
        continue
      }
      if (nowMs - (wallMs as number) > ageMsMax) continue
      const epoch = {
        value: value as number,
        uptimeMs: uptimeMs as number,
        wallMs: wallMs as number,
      }
      this.#remember(parts[0] as string, epoch)
    }
    return faults
  }

  /** The whole of it, for a fresh file. */
  format(): string {
    let text = ''
    for (const [key, epoch] of this.#known) text += `${formatEpoch(key, epoch)}\n`
    return text
  }

  #remember(key: string, epoch: Epoch): void {
    this.#known.delete(key)
    if (this.#known.size >= this.#max) {
      const oldest = this.#known.keys().next().value
      if (oldest !== undefined) this.#known.delete(oldest)
      this.dropped += 1
    }
    this.#known.set(key, epoch)
  }
}

function formatEpoch(key: string, epoch: Epoch): string {
  return `${key} ${epoch.value} ${epoch.uptimeMs} ${epoch.wallMs}`
}
