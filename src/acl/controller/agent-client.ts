/**
 * What the controller asks of an ACL agent, whichever kind it is. Both kinds answer in these terms:
 * `rules-client.ts` speaks to ours, `legacy-client.ts` to the servers that are on switches today.
 */
import type { Rule } from './rule-state.ts'

export interface InstalledRule {
  readonly name: string
  /** Is it, as far as the agent tells, the same rule as this one of ours? */
  matches(rule: Rule): boolean
  /** Seconds until the agent removes it by itself; absent: never. */
  readonly ttlSeconds?: number
  /** Absent: the agent does not count, or not yet. */
  readonly hits?: { readonly packets: number; readonly bytes: number }
  /** Taken, and not in force on the device yet. */
  readonly isPending?: boolean
  /** Taken, but not (or no longer) in force on the device. */
  readonly failed?: string
}

/** What an agent says it has of ours. */
export interface AgentList {
  readonly rules: readonly InstalledRule[]
  /** False: it is not listed, and may be in force on the device all the same. */
  isGone(name: string): boolean
}

/**
 * committed: in force, or gone. pending: taken, and the list will tell. failed: the agent took it and
 * could not put it in force. refused: it will not take it (a 4xx): asking again soon is pointless.
 * unreachable: nobody knows.
 */
export type ClientOutcome =
  | { readonly outcome: 'committed' | 'pending' }
  | { readonly outcome: 'failed' | 'refused' | 'unreachable'; readonly message: string }

export interface AgentClient {
  /** Do rules end by themselves unless put again in time? */
  readonly renews: boolean
  /** Rules whose names are ours; or why nobody answered. */
  list(): Promise<AgentList | { readonly unreachable: string }>
  put(rule: Rule): Promise<ClientOutcome>
  remove(name: string): Promise<ClientOutcome>
  close(): Promise<void>
}

/** For messages that go into logs, audit lines and answers: one line, printable, short. */
export function shortMessage(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200)
}
