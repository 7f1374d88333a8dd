/**
 * What the HTTP interface asks about flows. `flow-book.ts` answers; the engines that it speaks to
 * may run in workers, so whatever reaches them is a promise.
 */
import type { EventQuery, NumberedEvent } from './events.ts'
import type { ActiveFlow, ActiveFlowQuery } from './queries.ts'
import type { EntryKind } from './settings-layers.ts'

export const API_KINDS = ['flows', 'thresholds', 'groups', 'maps'] as const
export type ApiKind = (typeof API_KINDS)[number]

export const API_REFUSALS = ['not_found', 'invalid', 'too_many', 'in_use', 'not_durable'] as const
export type ApiRefusal = (typeof API_REFUSALS)[number]

export type ApiReply<T = unknown> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false
      readonly reason: ApiRefusal
      readonly message: string
      /** For definitions: the attribute, its text and the character where the fault begins. */
      readonly details?: Readonly<Record<string, unknown>>
    }

export interface FlowApi {
  list(kind: EntryKind): Readonly<Record<string, unknown>>
  get(kind: EntryKind, name: string): ApiReply
  /** The value is whether it is new. `durable`: it outlives a restart. */
  put(kind: EntryKind, name: string, body: unknown, durable: boolean): Promise<ApiReply<boolean>>
  remove(kind: EntryKind, name: string): Promise<ApiReply<boolean>>
  /** Keys that a definition may use, with what they mean. */
  flowKeys(): readonly unknown[]
  activeFlows(name: string, query: ActiveFlowQuery): Promise<ApiReply<readonly ActiveFlow[]>>
  flowValue(query: FlowValueQuery): Promise<ApiReply<number>>
  /** Events after a number. If there are none, waits for one until `signal` is aborted. */
  events(query: EventQuery, signal: AbortSignal): Promise<readonly NumberedEvent[]>
}

export interface FlowValueQuery {
  readonly name: string
  readonly agent: string
  /** The ifIndex as text; empty: any port. */
  readonly dataSource: string
  readonly key: string
}
