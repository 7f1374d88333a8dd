/** What the bridge tells of its own work. None of it carries an agent: it is added up over workers. */
import type { FlowKeyStats, FlowTableStats } from '../flows/families.ts'
import { REFUSALS } from '../sflow/refusal.ts'
import { labelText } from '../state/text.ts'
import type { Engine } from './engine.ts'
import type { FamilyHeader } from './families.ts'
import type { SmallFamily, SmallLine } from './render.ts'

interface TotalFamily extends FamilyHeader {
  readonly lines: (engine: Engine) => SmallLine[]
}

const withLines = <Lines>(name: string, help: string, lines: Lines) => {
  const type: FamilyHeader['type'] = name.endsWith('_total') ? 'counter' : 'gauge'
  return { name, type, help, lines }
}
const total = (name: string, help: string, lines: (engine: Engine) => SmallLine[]): TotalFamily =>
  withLines(name, help, lines)
const one = (value: number): SmallLine[] => [{ labels: '', value }]

const byReason = (counts: Float64Array): SmallLine[] =>
  REFUSALS.flatMap(({ reason }, code) =>
    reason === 'none' ? [] : [{ labels: labelText({ reason }), value: counts[code] as number }],
  )

const byTable = (engine: Engine, what: keyof FlowTableStats): SmallLine[] => {
  const held = [...engine.registry.tables, engine.rtMetrics.table]
  const tables = held.map(({ name, size, max, created, refused, evicted }) => {
    return { table: name, series: size, seriesMax: max, created, refused, evicted }
  })
  return tableLines([...tables, ...(engine.flows?.stats() ?? [])], what)
}

const tableLines = (stats: readonly FlowTableStats[], what: keyof FlowTableStats): SmallLine[] =>
  stats.map(one => ({ labels: labelText({ table: one.table }), value: Number(one[what]) }))

/** What is told of every bounded table. */
const TABLE_FAMILIES: readonly (readonly [
  name: string,
  what: keyof FlowTableStats,
  help: string,
])[] = [
  ['sflow_bridge_series', 'series', 'Label sets held, by table.'],
  ['sflow_bridge_series_limit', 'seriesMax', 'Label sets that a table may hold.'],
  [
    'sflow_bridge_series_refused_total',
    'refused',
    'Label sets refused because their table or quota was full.',
  ],
  ['sflow_bridge_series_evicted_total', 'evicted', 'Idle label sets that gave way to new ones.'],
  ['sflow_bridge_series_created_total', 'created', 'Label sets taken in.'],
]

const keyLines = (stats: readonly FlowKeyStats[], what: keyof FlowKeyStats): SmallLine[] =>
  stats.map(one => ({ labels: labelText({ flow: one.flow }), value: Number(one[what]) }))

/** What is told of the table in which each flow definition counts, series or not. */
const KEY_FAMILIES: readonly (readonly [name: string, what: keyof FlowKeyStats, help: string])[] = [
  ['sflow_bridge_flow_keys', 'keys', 'Flows that a definition counts now, series or not.'],
  [
    'sflow_bridge_flow_keys_limit',
    'keysMax',
    'Flows that a definition can count at a time, series and active events among them.',
  ],
  ['sflow_bridge_flow_keys_created_total', 'created', 'Flows that a definition began to count.'],
  [
    'sflow_bridge_flow_keys_refused_total',
    'refused',
    'Samples of flows that were too light to be counted by themselves in a full table.',
  ],
  [
    'sflow_bridge_flow_keys_evicted_total',
    'evicted',
    'Flows that a definition ceased to count, as the lighter half of a full table.',
  ],
]

export const BRIDGE_FAMILIES: readonly TotalFamily[] = [
  total('sflow_bridge_datagrams_received_total', 'Datagrams received.', engine =>
    one(engine.datagramsReceived),
  ),
  total('sflow_bridge_received_bytes_total', 'Bytes of datagrams received.', engine =>
    one(engine.bytesReceived),
  ),
  total('sflow_bridge_datagrams_refused_total', 'Datagrams refused, by reason.', engine =>
    byReason(engine.datagramsRefused),
  ),
  total(
    'sflow_bridge_records_refused_total',
    'Samples and records refused inside datagrams that were processed, by reason.',
    engine => byReason(engine.recordsRefused),
  ),
  total(
    'sflow_bridge_records_skipped_total',
    'Records of structures that are not read, by tag.',
    engine =>
      engine.skipped.entries().map(([tag, value]) => ({ labels: labelText({ tag }), value })),
  ),
  total(
    'sflow_bridge_samples_skipped_total',
    'Samples of kinds that are not read, by tag.',
    engine =>
      engine.skippedSamples
        .entries()
        .map(([tag, value]) => ({ labels: labelText({ tag }), value })),
  ),
  total('sflow_bridge_records_read_total', 'Records of counters read.', engine =>
    one(engine.counters.records),
  ),
  total('sflow_bridge_flow_samples_total', 'Packet samples read.', engine =>
    one(engine.flowSamples),
  ),
  total('sflow_bridge_discard_samples_total', 'Discarded-packet samples read.', engine =>
    one(engine.discardSamples),
  ),
  total('sflow_bridge_wraps_total', 'Wraps of 32-bit counters that were bridged.', engine =>
    one(sum(engine, 'wraps')),
  ),
  total('sflow_bridge_resets_total', 'Records whose counters began anew.', engine =>
    one(sum(engine, 'resets')),
  ),
  total(
    'sflow_bridge_sources_shadowed_total',
    'Sources whose labels another live source already had.',
    engine => one(engine.naming.shadowed),
  ),
  total(
    'sflow_bridge_interfaces_unnamed_total',
    'Interfaces that were exposed without a name.',
    engine => one(engine.naming.unnamed),
  ),
  total('sflow_bridge_epochs', 'Wrapped counters that are remembered.', engine =>
    one(engine.epochs.size),
  ),
  total(
    'sflow_bridge_datagrams_forwarded_total',
    'Datagrams that came to another worker than the one that their agent belongs to, and were handed over.',
    engine => one(engine.datagramsForwarded),
  ),
  total(
    'sflow_bridge_flow_samples_shed_total',
    'Samples of flows over all agents that were counted as other, since the main thread was behind its workers.',
    engine => one(engine.flows?.shed ?? 0),
  ),
  ...TABLE_FAMILIES.map(([name, what, help]) => total(name, help, engine => byTable(engine, what))),
  ...KEY_FAMILIES.map(([name, what, help]) =>
    total(name, help, engine => keyLines(engine.flows?.keyStats() ?? [], what)),
  ),
]

export function bridgeTotals(engine: Engine): SmallFamily[] {
  return BRIDGE_FAMILIES.map(({ lines, ...header }) => ({ ...header, lines: lines(engine) }))
}

/** The same of tables that belong to no engine. */
export function tableTotals(stats: readonly FlowTableStats[]): SmallFamily[] {
  return TABLE_FAMILIES.map(([name, what, help]) => withLines(name, help, tableLines(stats, what)))
}

/** The same of definitions that no engine of a worker counts. */
export function keyTotals(stats: readonly FlowKeyStats[]): SmallFamily[] {
  return KEY_FAMILIES.map(([name, what, help]) => withLines(name, help, keyLines(stats, what)))
}

function sum(engine: Engine, what: 'wraps' | 'resets'): number {
  let count = 0
  for (const pool of engine.counters.pools) count += pool[what]
  for (const pool of engine.counters.groupPools) count += pool?.[what] ?? 0
  return count
}
