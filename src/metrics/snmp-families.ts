/** Families of the SNMP thread: what was asked, what came of it, how old it is. */
import type { FamilyHeader } from '../engine/families.ts'
import type { SmallFamily, SmallLine } from '../engine/render.ts'
import type { ScheduleStats } from '../names/schedule.ts'
import { labelText } from '../state/text.ts'

export interface SnmpState {
  /** Undefined while nobody is asked. */
  readonly stats: ScheduleStats | undefined
  readonly deaths: number
}

interface SnmpFamily extends FamilyHeader {
  readonly labels: readonly string[]
  readonly lines: (stats: ScheduleStats, state: SnmpState) => SmallLine[]
}

const one = (value: number): SmallLine[] => [{ labels: '', value }]

export const SNMP_FAMILIES: readonly SnmpFamily[] = [
  {
    name: 'sflow_bridge_snmp_agents',
    type: 'gauge',
    help: 'Agents that are asked for names by SNMP: named (they answered once), waiting (for a first answer), failing (the last try was in vain; may be named all the same).',
    labels: ['state'],
    lines: ({ named, waiting, failing }) =>
      Object.entries({ named, waiting, failing }).map(([state, value]) => {
        return { labels: labelText({ state }), value }
      }),
  },
  {
    name: 'sflow_bridge_snmp_agents_refused_total',
    type: 'counter',
    help: 'Agents that were not asked because names.snmp.agents are asked already.',
    labels: [],
    lines: ({ refused }) => one(refused),
  },
  {
    name: 'sflow_bridge_snmp_walks_total',
    type: 'counter',
    help: 'Times that an agent was asked for names by SNMP, in vain or not.',
    labels: [],
    lines: ({ walks }) => one(walks),
  },
  {
    name: 'sflow_bridge_snmp_walk_failures_total',
    type: 'counter',
    help: 'Times that an agent was asked for names by SNMP in vain, by reason.',
    labels: ['reason'],
    lines: ({ failures }) =>
      Object.entries(failures).map(([reason, value]) => ({ labels: labelText({ reason }), value })),
  },
  {
    name: 'sflow_bridge_snmp_walks_cut_total',
    type: 'counter',
    help: 'Answers with more interfaces than names.snmp.interfaces_per_agent; the rest was left.',
    labels: [],
    lines: ({ cut }) => one(cut),
  },
  {
    name: 'sflow_bridge_snmp_walks_active',
    type: 'gauge',
    help: 'Agents that are being asked for names by SNMP now.',
    labels: [],
    lines: ({ asking }) => one(asking),
  },
  {
    name: 'sflow_bridge_snmp_oldest_names_timestamp_seconds',
    type: 'gauge',
    help: 'When the oldest names that SNMP gave came.',
    labels: [],
    lines: ({ oldestMs }) => (oldestMs === undefined ? [] : one(oldestMs / 1_000)),
  },
  {
    name: 'sflow_bridge_snmp_thread_deaths_total',
    type: 'counter',
    help: 'Times that the SNMP thread died and began anew.',
    labels: [],
    lines: (_, { deaths }) => one(deaths),
  },
]

/** Nothing while nobody is asked. */
export function snmpFamilies(state: SnmpState): SmallFamily[] {
  const { stats } = state
  if (stats === undefined) return []
  return SNMP_FAMILIES.map(({ lines, name, type, help }) => {
    return { name, type, help, lines: lines(stats, state) }
  }).filter(({ lines }) => lines.length > 0)
}
