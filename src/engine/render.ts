/**
 * A scrape of the counter families: first a copy of all numbers (one consistent cut), then lines in
 * chunks, yielded one by one so that datagrams are read in between. Rows freed meanwhile are not
 * used again until it ends.
 */
import type { Epochs } from '../state/epochs.ts'
import type { Pool } from '../state/pool.ts'
import { type Allocate, type Chunk, ChunkWriter } from './chunks.ts'
import {
  type CellPlan,
  COUNTER_FAMILIES,
  type CounterFamily,
  type FamilyHeader,
  readingOf,
} from './families.ts'

const encoder = new TextEncoder()

export interface PoolCut {
  readonly data: Float64Array
  readonly status: Uint8Array
  readonly pool: Pool
  readonly stride: number
}

/** A family of few series whose lines are computed, not read off columns. */
export interface SmallFamily extends FamilyHeader {
  readonly lines: readonly SmallLine[]
}

export interface SmallLine {
  readonly labels: string
  readonly value: number
}

/** Copies what a scrape will show. Must be given back with `endCut`. */
export function beginCut(pools: Iterable<Pool>, epochs: Epochs): Map<Pool, PoolCut> {
  const cuts = new Map<Pool, PoolCut>()
  for (const pool of pools) {
    if (pool.live === 0) continue
    pool.beginRender()
    cuts.set(pool, {
      data: pool.data.slice(0, pool.used * pool.stride),
      status: pool.status.slice(0, pool.used),
      pool,
      stride: pool.stride,
    })
  }
  epochs.applyHolds(pool => cuts.get(pool)?.data)
  return cuts
}

export function endCut(cuts: ReadonlyMap<Pool, PoolCut>): void {
  for (const pool of cuts.keys()) pool.endRender()
}

/** Families that the filter admits, as chunks; small families follow the counters. */
export function* renderFamilies(
  poolOf: (family: CounterFamily) => Pool,
  cuts: ReadonlyMap<Pool, PoolCut>,
  small: Iterable<SmallFamily>,
  allocate?: Allocate,
): Generator<Chunk> {
  const writer = new ChunkWriter(allocate)
  for (const family of COUNTER_FAMILIES) {
    const cut = cuts.get(poolOf(family))
    if (cut === undefined) continue
    writer.begin(family)
    yield* renderFamily(family, cut, writer)
  }
  for (const family of small) {
    writer.begin(family)
    for (const line of family.lines) {
      if (writer.line(family.name, line.labels, line.value)) yield* drain(writer)
    }
  }
  for (let chunk = writer.finish(); chunk; chunk = writer.take()) yield chunk
}

function* renderFamily(family: CounterFamily, cut: PoolCut, writer: ChunkWriter): Generator<Chunk> {
  const { status, cells } = family
  const before = encoder.encode(`${family.name}{`)
  const afters = cells.map(plan => (plan.states ?? [plan.suffix]).map(afterLabels))
  const rows = cut.status.length
  for (let row = 0; row < rows; row++) {
    if (cut.status[row] !== status) continue
    const base = row * cut.stride
    const labels = cut.pool.labelBytes(row)
    for (let cell = 0; cell < cells.length; cell++) {
      const plan = cells[cell] as CellPlan
      const after = afters[cell] as readonly Uint8Array[]
      const value = readingOf(cut.data[base + plan.column] as number, plan)
      if (Number.isNaN(value)) continue
      let full = false
      if (plan.states === undefined) {
        full = writer.parts(before, labels, after[0] as Uint8Array, value)
      } else {
        for (let state = 0; state < after.length; state++) {
          full =
            writer.parts(before, labels, after[state] as Uint8Array, state === value ? 1 : 0) ||
            full
        }
      }
      if (full) yield* drain(writer)
    }
  }
}

/** What is between the labels of a row and the value. */
function afterLabels(suffix: string): Uint8Array {
  return encoder.encode(`${suffix}} `)
}

function* drain(writer: ChunkWriter): Generator<Chunk> {
  for (let chunk = writer.take(); chunk; chunk = writer.take()) yield chunk
}
