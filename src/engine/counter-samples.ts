/**
 * A counter sample on its way into rows: each record is read by its declaration, judged against the
 * row's last numbers, and written whole or not at all. Descriptive records name the source.
 */
import { REFUSAL } from '../sflow/refusal.ts'
import type { Sample } from '../sflow/samples.ts'
import type { Epochs } from '../state/epochs.ts'
import { Pool, type StepJudge, writeRow } from '../state/pool.ts'
import type { Source, SourceRow } from '../state/source.ts'
import { labelText } from '../state/text.ts'
import type { Group, Structure } from '../structures/define.ts'
import { COUNTER_STRUCTURES, counterStructureOf } from '../structures/index.ts'
import { elementCount } from '../structures/layout.ts'
import {
  countColumnwise,
  READ_SHORT,
  READ_WHOLE,
  Reading,
  readColumnwise,
  readRecord,
} from '../structures/read.ts'
import { HostIndex } from './host-index.ts'
import { InterfaceRates } from './interface-rates.ts'
import type { Naming } from './naming.ts'
import { type TextReader, textReaders } from './source-texts.ts'

/** No counter but a packet counter moves by more than this between two readings. */
const STEP_MAX_UNKNOWN = 2 ** 31
/** The shortest frame on a line, with preamble and gap: IEEE 802.3. */
const FRAME_BYTES_MIN = 84
/** Agents' clocks and readings are not exact. */
const STEP_SLACK = 1.5
const ELAPSED_MS_MIN = 1_000
const GENERIC_INTERFACE = 1
/** Structures and elements of repeated groups that one source may hold; a real one holds some 30. */
const ROWS_PER_SOURCE_MAX = 256

export interface CounterContext {
  readonly naming: Naming
  readonly hashSeed: number
  readonly epochs: Epochs
  readonly labelBytesMax: number
  refused(code: number): void
  skipped(tag: number): void
}

const columnsMax = Math.max(
  ...COUNTER_STRUCTURES.map(one => Math.max(one.fields.length, one.group?.fields.length ?? 0)),
)

export class CounterSamples implements StepJudge {
  /** By structure: its rows, and those of its group's elements. */
  readonly pools: readonly Pool[]
  readonly groupPools: readonly (Pool | undefined)[]
  readonly interfaceRates: InterfaceRates
  restarted = false
  records = 0
  /** Whose adapters are whose. */
  readonly hosts: HostIndex
  readonly #context: CounterContext
  readonly #reading = new Reading(columnsMax)
  /** By structure. */
  readonly #texts: readonly (TextReader | undefined)[]
  /** Of the sample at hand. */
  #source!: Source
  #structure!: Structure
  #elapsedMs = 0
  #nowMs = 0

  constructor(context: CounterContext) {
    this.#context = context
    this.hosts = new HostIndex(context.hashSeed)
    this.pools = COUNTER_STRUCTURES.map(structure => new Pool(structure, false))
    // Elements that feed no metric, such as a host's adapters, take no rows.
    this.groupPools = COUNTER_STRUCTURES.map(one =>
      one.group?.fields.some(field => field.metrics.length > 0) ? new Pool(one, true) : undefined,
    )
    const interfaces = this.pools.find(
      ({ structure }) => structure.tag === GENERIC_INTERFACE,
    ) as Pool
    this.interfaceRates = new InterfaceRates(interfaces)
    const texts = textReaders(context.labelBytesMax, this.hosts)
    this.#texts = COUNTER_STRUCTURES.map(({ tag }) => texts.get(tag))
  }

  /** Takes all records of a sample that is known to be new. */
  take(source: Source, sample: Sample, nowMs: number): void {
    this.#source = source
    this.#nowMs = nowMs
    const { agent } = source
    this.restarted = source.epoch !== agent.epoch
    const elapsedMs = Math.max((agent.uptimeMs - source.counterUptimeMs) >>> 0, ELAPSED_MS_MIN)
    this.#elapsedMs = elapsedMs
    if (source.counterUptimeMs > 0 && !this.restarted) observeInterval(source, elapsedMs)
    let described = false
    for (let index = 0; index < sample.recordCount; index++) {
      const tag = sample.recordTags[index] as number
      const start = sample.recordStarts[index] as number
      const end = sample.recordEnds[index] as number
      const structure = counterStructureOf(tag, end - start)
      if (structure === undefined) {
        this.#context.skipped(tag)
        continue
      }
      this.records += 1
      described = this.#takeRecord(structure, sample.view, start, end) || described
    }
    source.epoch = agent.epoch
    source.counterUptimeMs = agent.uptimeMs
    if (described) this.#context.naming.refresh(source)
    this.#context.naming.settle(source, nowMs)
  }

  /** Gives back all rows of a source, remembering the counters that have wrapped. */
  release(source: Source): void {
    for (const { pool, row } of source.rows) pool.release(row)
    source.rows.length = 0
    source.interfaceRow = -1
    this.hosts.release(source)
  }

  /** What the line can carry since the last sample; asked for only when a counter fell. */
  stepMax(): number {
    return stepMaxOf(this.#structure, this.#source, this.#elapsedMs)
  }

  widened(pool: Pool, row: number, column: number, value: number, heldValue?: number): void {
    const epoch = { value, uptimeMs: this.#source.agent.uptimeMs, wallMs: this.#nowMs }
    const key = cellKey(this.#source, pool, row, column)
    this.#context.epochs.record(key, epoch, pool, row * pool.stride + column, heldValue)
  }

  reset(pool: Pool, row: number, column: number): void {
    this.#context.epochs.forget(cellKey(this.#source, pool, row, column))
  }

  /** True if a descriptive text or number of the source changed. */
  #takeRecord(structure: Structure, view: DataView, start: number, end: number): boolean {
    const pool = this.pools[structure.id] as Pool
    const result = readRecord(pool.layout, view, start, end, this.#reading)
    if (result !== READ_WHOLE) {
      this.#context.refused(result === READ_SHORT ? REFUSAL.record_short : REFUSAL.list_too_long)
      return false
    }
    this.#structure = structure
    const source = this.#source
    const isInterface = structure.tag === GENERIC_INTERFACE
    const row = isInterface ? this.#interfaceRow(source, pool) : this.#rowOf(source, pool)
    if (row < 0) return false
    const readTexts = this.#texts[structure.id]
    const described = readTexts?.(source, this.#reading, view, pool, row, end) ?? false
    if (isInterface) this.interfaceRates.keep(row, this.#elapsedMs)
    writeRow(pool, row, this.#reading.values, this)
    if (structure.group) this.#takeElements(structure, view, this.#reading.end, end)
    return described
  }

  /** Nearly all records are of this kind, and a search in the list of rows waits for memory thrice. */
  #interfaceRow(source: Source, pool: Pool): number {
    if (source.interfaceRow < 0) source.interfaceRow = this.#rowOf(source, pool)
    return source.interfaceRow
  }

  /** The row for the structure of this pool, or -1: the source holds too many. */
  #rowOf(source: Source, pool: Pool): number {
    const held = source.find(pool, -1)
    if (held !== undefined) return held.row
    source.seen.add(pool.structure.tag)
    return this.#newRow(pool, -1, '')?.row ?? -1
  }

  #takeElements(structure: Structure, view: DataView, start: number, end: number): void {
    const group = structure.group
    const pool = this.groupPools[structure.id]
    if (group === undefined || pool === undefined) return
    if (group.columnwise) {
      this.#takeColumnwise(group, pool, view, start, end)
      return
    }
    const announced = elementCount(structure, this.#reading.values)
    const keyColumn = group.fields.findIndex(field => field.name === group.keyField)
    let at = start
    for (let element = 0; element < announced; element++) {
      if (
        element === group.elementsMax ||
        readRecord(pool.layout, view, at, end, this.#reading) !== READ_WHOLE
      ) {
        this.#context.refused(REFUSAL.list_too_long)
        return
      }
      at = this.#reading.end
      const key = keyColumn < 0 ? element : (this.#reading.values[keyColumn] as number)
      if (!Number.isNaN(key)) this.#writeElement(group, pool, key)
    }
  }

  #takeColumnwise(group: Group, pool: Pool, view: DataView, start: number, end: number): void {
    const columns = group.fields.length
    const announced = countColumnwise(columns, view, start, end)
    if (announced < 0 || announced > group.elementsMax) this.#context.refused(REFUSAL.list_too_long)
    for (let element = 0; element < Math.min(announced, group.elementsMax); element++) {
      readColumnwise(columns, view, start, element, this.#reading.values)
      this.#writeElement(group, pool, element)
    }
  }

  #writeElement(group: Group, pool: Pool, key: number): void {
    const held = this.#source.find(pool, key)
    const row = held ?? this.#newRow(pool, key, labelText({ [group.label]: String(key) }))
    if (row !== undefined) writeRow(pool, row.row, this.#reading.values, this)
  }

  #newRow(pool: Pool, element: number, elementLabel: string): SourceRow | undefined {
    const source = this.#source
    if (source.rows.length === ROWS_PER_SOURCE_MAX) {
      this.#context.refused(REFUSAL.list_too_long)
      return undefined
    }
    const row = { pool, row: pool.take(), element, elementLabel }
    source.rows.push(row)
    this.#adopt(row)
    this.#context.naming.exposeRow(source, row)
    return row
  }

  /** Counters that had wrapped before this row's life go on from where they stood. */
  #adopt({ pool, row }: SourceRow): void {
    const { epochs } = this.#context
    if (epochs.size === 0) return
    for (let column = 0; column < pool.stride; column++) {
      if (pool.layout.counters32[column] === 0) continue
      const key = cellKey(this.#source, pool, row, column)
      const value = epochs.adopt(key, this.#source.agent.uptimeMs, this.#nowMs)
      if (value !== undefined) pool.data[row * pool.stride + column] = -1 - value
    }
  }
}

/**
 * The interval between two counter samples of one source, smoothed; an hour at the most. Whole
 * milliseconds: a fraction would be an object of its own, and each sample would wait for it.
 */
function observeInterval(source: Source, elapsedMs: number): void {
  const observed = Math.min(elapsedMs, 3_600_000)
  source.intervalMs = source.intervalMs === 0 ? observed : (source.intervalMs + observed + 1) >> 1
  source.agent.pollingIntervalMs = source.intervalMs
}

function stepMaxOf(structure: Structure, source: Source, elapsedMs: number): number {
  if (structure.subject !== 'interface' || source.speed === 0) return STEP_MAX_UNKNOWN
  const packets = (source.speed / 8 / FRAME_BYTES_MIN) * (elapsedMs / 1_000)
  return Math.min(packets * STEP_SLACK + 1_000, 2 ** 32)
}

/** A name for a cell that outlives this process. No blanks: it stands in a line of text. */
function cellKey(source: Source, pool: Pool, row: number, column: number): string {
  const { agent } = source
  const element = source.rows.find(one => one.pool === pool && one.row === row)?.element ?? -1
  const place = `${agent.address}/${agent.subAgent}/${source.sourceLabel}`
  return `${place}/${pool.structure.label}/${element}/${column}`
}
