/**
 * What is to be done for each sort of packet, worked out once for all definitions together: the keys to
 * read, where they stand, who takes the sample without a question, and who has to ask.
 */
import { Candidates } from './candidates.ts'
import type { FlowView } from './compiled.ts'
import type { FlowTable } from './flow-table.ts'
import type { SampleRows, SlotRead } from './sample-rows.ts'

export interface Plan {
  /** Keys of the open tables. */
  readonly reads: readonly SlotRead[]
  /** Tables that take every sample of the sort that has their keys. */
  readonly open: readonly FlowTable[]
  readonly filtered: readonly FilteredTable[]
}

export interface FilteredTable {
  readonly table: FlowTable
  readonly passes: (view: FlowView) => boolean
  /** Keys that no open table has. */
  readonly reads: readonly SlotRead[]
}

export class Plans {
  readonly #candidates: Candidates<FlowTable>
  readonly #rows: SampleRows
  /** By the list of candidates, which is another one for each sort; both are forgotten together. */
  #plans = new WeakMap<readonly FlowTable[], Plan>()
  #tables: readonly FlowTable[] = []
  readonly #reads = new Map<FlowTable, readonly SlotRead[]>()
  #plan: Plan = { reads: [], open: [], filtered: [] }

  /** The tables find their keys in `rows`. */
  constructor(tables: readonly FlowTable[], rows: SampleRows) {
    this.#rows = rows
    for (const table of tables) table.bind(rows)
    this.#candidates = new Candidates(tables, table => table.flow)
  }

  of(view: FlowView): Plan {
    const tables = this.#candidates.of(view)
    if (tables === this.#tables) return this.#plan
    const plan = this.#plans.get(tables) ?? this.#make(tables, view.packet.layers())
    this.#tables = tables
    this.#plan = plan
    return plan
  }

  /** All keys of a table. */
  readsOf(table: FlowTable): readonly SlotRead[] {
    const known = this.#reads.get(table)
    if (known !== undefined) return known
    const reads = Array.from(table.slots, slot => this.#rows.readOf(slot, 0))
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
      return [{ table, passes, reads: missing.map(slot => rows.readOf(slot, layers)) }]
    })
    const reads = Array.from(slots, slot => rows.readOf(slot, layers))
    const plan = { reads, open, filtered }
    this.#plans.set(tables, plan)
    return plan
  }
}
