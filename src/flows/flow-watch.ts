/** Who wants to know when a flow of a table grows: thresholds. */
import type { FlowTable } from './flow-table.ts'

export interface FlowWatch {
  /** The rate per second from which `above` is called. */
  level(unit: number): number
  /** `sample` is what `hold` wants to know. */
  above(table: FlowTable, entry: number, unit: number, nowMs: number, sample: number): void
}

/**
 * What has come this near to a level, as a share of it, is counted by itself however much other flows
 * have: the level of a slow port may be below the offset of a table that fast ones fill. Meanwhile no
 * more than this share of the level can be missed.
 */
export const NEAR = 1 / 32

/** The lowest level for flows of this unit; infinite: nobody watches them. */
export function lowestLevel(watches: readonly FlowWatch[], unit: number): number {
  let lowest = Number.POSITIVE_INFINITY
  for (let at = 0; at < watches.length; at++) {
    lowest = Math.min(lowest, (watches[at] as FlowWatch).level(unit))
  }
  return lowest
}
