/** One panel's value against the simulator's truth: what to look up, and how it is worked out. */
import type { Layout } from '../../src/simulate/layout.ts'
import type { Labels, TruthView } from './truth-view.ts'

/** The value for one series; the greatest of a panel is compared, of estimates that of the greatest flow. */
export type TruthOf = (truth: TruthView, labels: Labels) => number

export interface Check {
  readonly uid: string
  readonly title: string
  /** A family of the query: which of the panel's queries is meant. */
  readonly metric: string
  readonly truth: TruthOf
  /** Packets that the window's estimate rests on, where it is one of packet samples. */
  readonly samples?: TruthOf
  /** It is smoothed: its mean over the scrapes of the steady time is compared. */
  readonly isSmoothed?: true
  /** Its rows are of whichever agent tells most at the time. */
  readonly isLargestView?: true
  /** Which series, where it is not the greatest. */
  readonly pick?: (labels: Labels) => boolean
}

export const port = ({ agent, ifindex }: Labels) => `${agent} 0:${ifindex}`
export const host = ({ agent }: Labels) => `${agent} 2:1`
export const app = ({ agent, source }: Labels) => `${agent} ${source}`

export const rate =
  (layout: Layout, place: (labels: Labels) => string, field: string, divisor = 1): TruthOf =>
  (truth, labels) =>
    truth.rate(layout, place(labels), field) / divisor

export const last =
  (layout: Layout, place: (labels: Labels) => string, field: string, divisor = 1): TruthOf =>
  (truth, labels) =>
    truth.last(layout, place(labels), field) / divisor

export const total =
  (layout: Layout, field: string, divisor = 1): TruthOf =>
  truth =>
    truth.sumRate(layout, field) / divisor

export const sum =
  (layout: Layout, field: string, divisor = 1): TruthOf =>
  truth =>
    truth.sumLast(layout, field) / divisor

/** Of panels that draw bytes a second as bits a second. */
export const inBits =
  (bytes: TruthOf): TruthOf =>
  (truth, labels) =>
    8 * bytes(truth, labels)

export type Row = readonly [title: string, metric: string, truth: TruthOf, pick?: Check['pick']]

export function of(uid: string, rows: readonly Row[]): Check[] {
  return rows.map(([title, metric, truth, pick]) => ({
    uid: `sflow-${uid}`,
    title,
    metric: `sflow_${metric}`,
    truth,
    ...(pick === undefined ? {} : { pick }),
  }))
}
