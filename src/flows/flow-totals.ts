/** Bytes, frames and samples of exported flows, by pin, side by side: a sample touches one line of the cache. */
import type { Additions } from './additions.ts'
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
  count(
    states: Uint8Array,
    rows: SampleRows,
    { rows: rowOf, pins, known }: Additions,
    from: number,
    to: number,
    left: Int32Array,
  ): number {
    let live = 0
    let others = 0
    // Without a choice within: entries.ts.
    for (let line = from; line < to; line++) {
      const pin = pins[line] as number
      const none = pin >> 31
      const isLive = (none | ((states[pin & ~none] as number) ^ FLOW_LIVE)) === 0 ? 1 : 0
      known[live] = line
      left[others] = rowOf[line] as number
      live += isLive
      others += 1 - isLive
    }
    this.#add(rows, known, live, rowOf, pins)
    return others
  }

  #add(
    { bytes, scales, nowMs }: SampleRows,
    lines: Int32Array,
    count: number,
    rowOf: Int32Array,
    pins: Int32Array,
  ): void {
    const numbers = this.#numbers
    for (let index = 0; index < count; index++) {
      const line = lines[index] as number
      const row = rowOf[line] as number
      const at = (pins[line] as number) * STRIDE
      numbers[at + BYTES] = (numbers[at + BYTES] as number) + (bytes[row] as number)
      numbers[at + FRAMES] = (numbers[at + FRAMES] as number) + (scales[row] as number)
      numbers[at + SAMPLES] = (numbers[at + SAMPLES] as number) + 1
      numbers[at + COUNTED_MS] = nowMs
    }
  }
}
