/**
 * What is to be done for each sort of packet, worked out once for all definitions together: the keys to
 * read, where they stand, who takes the sample without a question, and who has to ask.
 */
import { Candidates } from './candidates.ts'
import type { FlowTable } from './flow-table.ts'
import type { FlowView } from './flow-view.ts'
import { Gate } from './gate.ts'
import type { KeyReads } from './key-reads.ts'
import { type Lane, Lanes, laneOf } from './lanes.ts'
import { type SampleRows, takerWords } from './sample-rows.ts'

export interface Plan {
  /** All who may take a sample of the sort. */
  readonly tables: readonly FlowTable[]
  /** Keys of the open tables. */
  readonly reads: KeyReads
  /** Tables that take every sample of the sort that has their keys. */
  readonly open: readonly FlowTable[]
  /** Those of them that want nothing else of a sample, as bits, and those that do. */
  readonly plain: Int32Array
  readonly others: readonly FlowTable[]
  readonly filtered: readonly FilteredTable[]
  /** Asked before all of `filtered`, if it is there. */
  readonly gate: Gate | undefined
  /** The short way through all of this, if there is one. */
  readonly lane: Lane | undefined
}

export interface FilteredTable {
  readonly table: FlowTable
  readonly passes: (view: FlowView) => boolean
  /** Keys that no open table has. */
  readonly reads: KeyReads
}

export class Plans {
  readonly #candidates: Candidates<FlowTable>
  readonly #rows: SampleRows
  readonly #count: number
  /** By the number of the candidates' answer: good if it is of the same list. */
  readonly #plans: Plan[] = []
  readonly #reads = new Map<FlowTable, KeyReads>()
  readonly #lanes: Lanes
  #plan: Plan

  /** The tables find their keys in `rows`, each under its position here. */
  constructor(tables: readonly FlowTable[], rows: SampleRows) {
    this.#rows = rows
    this.#count = tables.length
    tables.forEach((table, number) => {
      table.bind(rows, number)
    })
    this.#candidates = new Candidates(tables, table => table.flow)
    this.#lanes = new Lanes(this.#candidates.tags)
    this.#plan = this.#make([], 0)
  }

  /** The short way, to be asked for before `of`; undefined: there is none for this sample. */
  laneOf(view: FlowView): Lane | undefined {
    return this.#lanes.of(view)
  }

  of(view: FlowView): Plan {
    const tables = this.#candidates.of(view)
    if (tables !== this.#plan.tables) {
      const number = this.#candidates.latest
      const known = this.#plans[number]
      const plan = known?.tables === tables ? known : this.#make(tables, view.packet.layers())
      this.#plans[number] = plan
      this.#plan = plan
    }
    this.#lanes.learn(view, this.#plan.lane)
    return this.#plan
  }

  /** All keys of a table. */
  readsOf(table: FlowTable): KeyReads {
    const known = this.#reads.get(table)
    if (known !== undefined) return known
    const reads = this.#rows.readsOf(table.slots, 0)
    this.#reads.set(table, reads)
    return reads
  }

  #make(tables: readonly FlowTable[], layers: number): Plan {
    const rows = this.#rows
    const open = tables.filter(({ flow }) => flow.keys !== undefined && !flow.passes)
    const slots = new Set(open.flatMap(table => Array.from(table.slots)))
    const filtered = tables.flatMap(table => {
      if (open.includes(table)) return []
      const { flow, slots: own } = table
      const passes = flow.passes ?? ((view: FlowView) => flow.matches(view))
      const missing = Array.from(own).filter(slot => !slots.has(slot))
      return [{ table, passes, reads: rows.readsOf(missing, layers) }]
    })
    const plain = new Int32Array(takerWords(this.#count))
    for (const { isPlain, number } of open) {
      const word = number >>> 5
      if (isPlain) plain[word] = (plain[word] as number) | (1 << (number & 31))
    }
    const others = open.filter(({ isPlain }) => !isPlain)
    const gate = Gate.of(
      filtered.map(({ table }) => table.flow.among),
      layers,
    )
    const reads = rows.readsOf(slots, layers)
    const lane = others.length > 0 ? undefined : laneOf(layers, plain, reads, gate)
    return { tables, reads, open, plain, others, filtered, gate, lane }
  }
}
