/**
 * Metric families out of the declarations: for each name its header and, for each field that feeds
 * it, how a cell becomes a reading. Made once; holds no values. A family reads columns of one pool.
 */

import { ROW_JVM, ROW_PLAIN, ROW_VM } from '../state/pool.ts'
import { labelText } from '../state/text.ts'
import type { Metric, Structure } from '../structures/define.ts'
import { COUNTER_STRUCTURES } from '../structures/index.ts'

export interface FamilyHeader {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
}

/** One series of a family per row: where its cell is, and what to make of it. */
export interface CellPlan {
  readonly column: number
  readonly counter: boolean
  readonly divisor: number
  readonly factor: number
  readonly bit: number
  readonly equals: number
  readonly unknown: readonly number[]
  readonly valueMax: number
  /** A float of 32 bit: shown with the seven digits that it has. */
  readonly float: boolean
  /** With a comma before it: `,cast="unicast"`, or empty. */
  readonly suffix: string
  /** Not undefined: one series per state, `suffix` by state number. */
  readonly states: readonly string[] | undefined
}

export interface CounterFamily extends FamilyHeader {
  readonly structure: Structure
  readonly group: boolean
  /** Rows of this status carry it. */
  readonly status: number
  readonly cells: readonly CellPlan[]
}

/** Gauges of 64 bit at or beyond this went below 0 on their way here. */
const UNDERFLOW = 2 ** 63

/** In the order of the page. Structures that feed one name stand together under one help. */
export const COUNTER_FAMILIES: readonly CounterFamily[] = together(
  COUNTER_STRUCTURES.flatMap(structure => [
    ...familiesOf(structure, false),
    ...(structure.group ? familiesOf(structure, true) : []),
  ]),
)

function together(families: readonly CounterFamily[]): CounterFamily[] {
  const byName = new Map<string, CounterFamily[]>()
  for (const family of families) {
    const [first] = byName.get(family.name) ?? []
    if (first && first.type !== family.type) throw new Error(`${family.name}: two types`)
    const shown = first ? { ...family, help: first.help } : family
    byName.set(family.name, [...(byName.get(family.name) ?? []), shown])
  }
  return Array.from(byName.values()).flat()
}

function familiesOf(structure: Structure, group: boolean): CounterFamily[] {
  const fields = group ? (structure.group?.fields ?? []) : structure.fields
  const byName = new Map<string, { header: FamilyHeader; cells: CellPlan[] }>()
  fields.forEach((field, column) => {
    for (const metric of field.metrics) {
      const help = `${metric.help} (sFlow ${structure.label} ${field.name})`
      const family = byName.get(metric.name) ?? { header: { ...pick(metric), help }, cells: [] }
      if (family.header.type !== metric.type) throw new Error(`${metric.name}: two types`)
      if (family.cells.length > 0) {
        family.header = { ...family.header, help: `${metric.help} (sFlow ${structure.label})` }
      }
      family.cells.push(cellPlan(metric, column, field.kind === 'f32'))
      byName.set(metric.name, family)
    }
  })
  const plain = Array.from(byName.values(), ({ header, cells }) => {
    return { ...header, structure, group, status: ROW_PLAIN, cells }
  })
  if (structure.subject !== 'virtual') return plain
  return [...plain, ...variant(plain, 'vm', ROW_VM), ...variant(plain, 'jvm', ROW_JVM)]
}

/** Virtual machines and JVMs send the structures of containers: the same families under their own names. */
function variant(
  families: readonly CounterFamily[],
  word: string,
  status: number,
): CounterFamily[] {
  return families.map(family => {
    const name = family.name.replace(/^sflow_container_/, `sflow_${word}_`)
    if (name === family.name)
      throw new Error(`${name}: names of virtual structures begin with sflow_container_`)
    return { ...family, name, status }
  })
}

function pick(metric: Metric): FamilyHeader {
  return { name: metric.name, type: metric.type, help: metric.help }
}

function cellPlan(metric: Metric, column: number, float: boolean): CellPlan {
  const suffix = (labels: Readonly<Record<string, string>>) =>
    Object.keys(labels).length === 0 ? '' : `,${labelText(labels)}`
  const counter = metric.type === 'counter'
  return {
    column,
    counter,
    float,
    divisor: metric.divisor ?? 1,
    factor: metric.factor ?? 1,
    bit: metric.bit ?? -1,
    equals: metric.equals ?? Number.NaN,
    unknown: metric.unknown ?? [],
    valueMax: metric.max ?? (counter ? Number.POSITIVE_INFINITY : UNDERFLOW),
    suffix: suffix(metric.labels ?? {}),
    states: metric.states?.map(state => suffix({ ...metric.labels, state })),
  }
}

/** What a cell tells, in base units; NaN: nothing. */
export function readingOf(cell: number, plan: CellPlan): number {
  // A counter that is not available now stands as -1 - its last value.
  if (Number.isNaN(cell) || (plan.counter && cell < 0) || cell >= plan.valueMax) return Number.NaN
  if (plan.unknown.length > 0 && plan.unknown.includes(cell)) return Number.NaN
  if (plan.bit >= 0) return Math.floor(cell / 2 ** plan.bit) % 2
  if (!Number.isNaN(plan.equals)) return cell === plan.equals ? 1 : 0
  if (plan.float) return Number(((cell / plan.divisor) * plan.factor).toPrecision(7))
  return (cell / plan.divisor) * plan.factor
}
