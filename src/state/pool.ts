/**
 * The rows of one structure, one per data source (or per element of a repeated group), as columns in
 * one Float64Array. 32-bit counters are held widened: raw + 2^32 × wraps. A cell that is "not
 * available" is NaN, or -1 - value while a counter that had a value is.
 */
import type { Structure } from '../structures/define.ts'
import { type Layout, layoutOf } from '../structures/layout.ts'

const WRAP = 2 ** 32

const encoder = new TextEncoder()

/** What a row is to a scrape. */
export const ROW_FREE = 0
export const ROW_HIDDEN = 1
/** From here on it is exposed, and the number tells under which names: container (or plain), vm, jvm. */
export const ROW_PLAIN = 2
export const ROW_VM = 3
export const ROW_JVM = 4

export class Pool {
  readonly structure: Structure
  readonly layout: Layout
  readonly stride: number
  /** Rows ever in use: the part of the arrays that a scrape copies. */
  used = 0
  live = 0
  data: Float64Array
  status: Uint8Array
  labels: string[] = []
  /** The same in UTF-8, and the texts that they were made of. */
  readonly #labelBytes: Uint8Array[] = []
  readonly #labelTexts: string[] = []
  /** Raised by the row's owner when its numbers may not be compared with earlier ones. */
  wraps = 0
  resets = 0
  #free: number[] = []
  #limbo: number[] = []
  #rendering = 0

  constructor(structure: Structure, group: boolean) {
    this.structure = structure
    const fields = group ? (structure.group?.fields ?? []) : structure.fields
    const lengthMin = group ? groupBytes(structure) : structure.lengthMin
    this.layout = layoutOf(fields, lengthMin)
    this.stride = fields.length
    this.data = new Float64Array(0)
    this.status = new Uint8Array(0)
  }

  /** A fresh row, hidden, all NaN. */
  take(): number {
    const row = this.#free.pop() ?? this.used++
    if (row >= this.status.length) this.#grow()
    this.data.fill(Number.NaN, row * this.stride, (row + 1) * this.stride)
    this.status[row] = ROW_HIDDEN
    this.labels[row] = ''
    this.live += 1
    return row
  }

  /** Gives a row back. While a scrape runs it is not used again. */
  release(row: number): void {
    this.status[row] = ROW_FREE
    this.live -= 1
    if (this.#rendering > 0) this.#limbo.push(row)
    else this.#free.push(row)
  }

  /** The label text of a row in UTF-8: made when a scrape first shows it, and kept. */
  labelBytes(row: number): Uint8Array {
    const text = this.labels[row] as string
    if (this.#labelTexts[row] !== text) {
      this.#labelTexts[row] = text
      this.#labelBytes[row] = encoder.encode(text)
    }
    return this.#labelBytes[row] as Uint8Array
  }

  beginRender(): void {
    this.#rendering += 1
  }

  endRender(): void {
    this.#rendering -= 1
    if (this.#rendering > 0) return
    this.#free.push(...this.#limbo)
    this.#limbo = []
  }

  #grow(): void {
    const rows = Math.max(16, this.status.length * 2)
    const data = new Float64Array(rows * this.stride)
    data.set(this.data)
    const status = new Uint8Array(rows)
    status.set(this.status)
    this.data = data
    this.status = status
  }
}

/** The number behind a cell that may be "not available now": NaN if it never had one. */
export function lastKnown(cell: number): number {
  return cell < 0 ? -1 - cell : cell
}

export interface StepJudge {
  /** The agent restarted since this row was last written. */
  readonly restarted: boolean
  /** The largest believable step of a 32-bit counter since then. */
  stepMax(): number
  /** Told of every value past 2^32; `heldValue` if it just wrapped: to be exposed until that is durable. */
  widened(pool: Pool, row: number, column: number, value: number, heldValue?: number): void
  /** Told when a counter fell to its raw value. */
  reset(pool: Pool, row: number, column: number): void
}

/**
 * Writes what was read into a row. A fall of any 64-bit counter, a restart of the agent, or a step
 * beyond what the line can carry makes the whole record a reset: all counters fall to raw.
 */
export function writeRow(pool: Pool, row: number, values: Float64Array, judge: StepJudge): void {
  const { layout, data, stride } = pool
  const { counters32, counters64 } = layout
  const base = row * stride
  const reset = judge.restarted || fell(pool, base, values, judge)
  if (reset) pool.resets += 1
  for (let column = 0; column < stride; column++) {
    const value = values[column] as number
    const cell = base + column
    if (counters32[column] === 1) {
      const before = data[cell] as number
      // Nearly always it has never wrapped and goes on: no NaN and no -1 - value passes this.
      const goesOn = before >= 0 && before <= value && before < WRAP
      data[cell] = goesOn ? value : widen(pool, row, column, value, before, reset, judge)
    } else if (counters64[column] === 1 && Number.isNaN(value)) {
      const before = data[cell] as number
      data[cell] = Number.isNaN(before) ? before : -1 - lastKnown(before)
    } else data[cell] = value
  }
}

function widen(
  pool: Pool,
  row: number,
  column: number,
  raw: number,
  cell: number,
  reset: boolean,
  judge: StepJudge,
): number {
  const before = lastKnown(cell)
  if (Number.isNaN(raw)) return Number.isNaN(before) ? before : -1 - before
  if (Number.isNaN(before)) return raw
  if (reset) {
    if (before >= WRAP) judge.reset(pool, row, column)
    return raw
  }
  const wraps = Math.floor(before / WRAP)
  const total = raw + wraps * WRAP
  if (total >= before) {
    if (wraps > 0) judge.widened(pool, row, column, total)
    return total
  }
  pool.wraps += 1
  judge.widened(pool, row, column, total + WRAP, before)
  return total + WRAP
}

/** Does any counter of the record tell that counting began anew? */
function fell(pool: Pool, base: number, values: Float64Array, judge: StepJudge): boolean {
  const { layout, data, stride } = pool
  for (let column = 0; column < stride; column++) {
    const value = values[column] as number
    const before = lastKnown(data[base + column] as number)
    if (!(value < before)) continue
    if (layout.counters64[column] === 1) return true
    if (layout.counters32[column] === 0) continue
    const raw = before % WRAP
    if (value < raw && value - raw + WRAP > judge.stepMax()) return true
  }
  return false
}

function groupBytes(structure: Structure): number {
  const fields = structure.group?.fields ?? []
  return fields.reduce(
    (sum, field) => sum + (field.kind === 'u64' || field.kind === 'mac' ? 8 : 4),
    0,
  )
}
