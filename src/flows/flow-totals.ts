/** Bytes, frames and samples of exported flows, by pin, side by side: a sample touches one line of the cache. */
import { ADDITIONS } from './additions.ts'
import type { SampleRows } from './sample-rows.ts'

export const FLOW_NONE = 0
/** Shown at its stored value, not counted yet. */
export const FLOW_HELD = 1
export const FLOW_LIVE = 2
/** Shown at its last value, no longer counted. */
export const FLOW_FROZEN = 3

const BYTES = 0
const FRAMES = 1
const SAMPLES = 2
/** When it was last counted. */
const COUNTED_MS = 3
const STRIDE = 4

const { rows: ROWS, pins: PINS, known: KNOWN, left: LEFT } = ADDITIONS

export class FlowTotals {
  readonly #numbers: Float64Array

  constructor(pins: number) {
    this.#numbers = new Float64Array(pins * STRIDE)
  }

  bytes(pin: number): number {
    return this.#numbers[pin * STRIDE + BYTES] as number
  }

  frames(pin: number): number {
    return this.#numbers[pin * STRIDE + FRAMES] as number
  }

  samples(pin: number): number {
    return this.#numbers[pin * STRIDE + SAMPLES] as number
  }

  countedMs(pin: number): number {
    return this.#numbers[pin * STRIDE + COUNTED_MS] as number
  }

  /** What a flow begins with that was exported before, or with nothing. */
  set(pin: number, [bytes, frames, samples]: readonly number[], nowMs: number): void {
    this.#numbers.set([bytes ?? 0, frames ?? 0, samples ?? 0, nowMs], pin * STRIDE)
  }

  /**
   * Counts lines `from` to `to` whose flow is live: their numbers come into `known`, the rows of the others into
   * `left`. Returns how many others there are.
   */
  count(states: Uint8Array, rows: SampleRows, from: number, to: number): number {
    let live = 0
    let others = 0
    // Without a choice within: entries.ts.
    for (let line = from; line < to; line++) {
      const pin = PINS[line] as number
      const none = pin >> 31
      const isLive = (none | ((states[pin & ~none] as number) ^ FLOW_LIVE)) === 0 ? 1 : 0
      KNOWN[live] = line
      LEFT[others] = ROWS[line] as number
      live += isLive
      others += 1 - isLive
    }
    this.#add(rows, live)
    return others
  }

  #add({ bytes, scales, nowMs }: SampleRows, count: number): void {
    const numbers = this.#numbers
    for (let index = 0; index < count; index++) {
      const line = KNOWN[index] as number
      const row = ROWS[line] as number
      const at = (PINS[line] as number) * STRIDE
      numbers[at + BYTES] = (numbers[at + BYTES] as number) + (bytes[row] as number)
      numbers[at + FRAMES] = (numbers[at + FRAMES] as number) + (scales[row] as number)
      numbers[at + SAMPLES] = (numbers[at + SAMPLES] as number) + 1
      numbers[at + COUNTED_MS] = nowMs
    }
  }
}
