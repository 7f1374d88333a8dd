/** What the main thread and the SNMP thread say to each other. */
import type { ScheduleStats } from './schedule.ts'
import type { AgentNames, SnmpSettings, WalkFailure } from './settings.ts'

export type ToSnmp =
  | { readonly kind: 'configure'; readonly settings: SnmpSettings }
  /** Agents that have interfaces; `fresh` if some of these came just now. */
  | { readonly kind: 'seen'; readonly agents: readonly string[]; readonly fresh: boolean }

export type FromSnmp =
  | { readonly kind: 'names'; readonly agent: string; readonly names: AgentNames }
  /** Nothing came: who waits need not wait any longer. */
  | { readonly kind: 'failed'; readonly agent: string; readonly reason: WalkFailure }
  | { readonly kind: 'stats'; readonly stats: ScheduleStats }
