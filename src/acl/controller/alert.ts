/**
 * One alert that asks (or no longer asks) for a rule, whoever sent it. Made from outside data by
 * webhook.ts and alerts-api.ts only; everything in here has been checked and has a bounded length.
 */
import { createHash } from 'node:crypto'

/** Who told us. A path is one origin: the same attack is often told by two. */
export const ALERT_ORIGINS = ['alertmanager', 'grafana', 'bridge'] as const
export type AlertOrigin = (typeof ALERT_ORIGINS)[number]

/** Numbers that annotations or labels may carry, under these names and their synonyms. */
export interface AlertNumbers {
  /** Point estimate, in the unit of the threshold. */
  readonly value?: number
  /** Lower and upper end of the 95 % interval. */
  readonly lower?: number
  readonly upper?: number
  readonly threshold?: number
  /** Below this the alert no longer counts, even while it fires. */
  readonly release?: number
  readonly samples?: number
  /** Distinct sources of the traffic. */
  readonly sources?: number
}

export interface Alert {
  /** Origin and fingerprint: one entry of the alert book. */
  readonly key: string
  readonly origin: AlertOrigin
  readonly fingerprint: string
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly numbers: AlertNumbers
  /** When the sender says that it began, in Unix milliseconds of the sender's clock. */
  readonly startsAtMs: number
}

export const ALERT_LIMITS = {
  /** More than fit into a body of 8 MB as Alertmanager writes them, so no group is refused for its size. */
  alertsMax: 20_000,
  labelsMax: 64,
  nameLengthMax: 128,
  valueLengthMax: 512,
} as const

export const ALERT_REFUSALS = [
  'not_an_alert',
  'bad_status',
  'bad_labels',
  'label_too_long',
  'too_many_labels',
  'bad_time',
] as const
export type AlertRefusal = (typeof ALERT_REFUSALS)[number]

export type Narrowed<T, R> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: R }

export function refuse<R>(reason: R): { readonly ok: false; readonly reason: R } {
  return { ok: false, reason }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A map of strings with bounded count and lengths, copied; the copy has no prototype. */
export function narrowLabels(
  value: unknown,
): Narrowed<Readonly<Record<string, string>>, AlertRefusal> {
  if (!isRecord(value)) return refuse('bad_labels')
  const entries = Object.entries(value)
  if (entries.length > ALERT_LIMITS.labelsMax) return refuse('too_many_labels')
  const labels: Record<string, string> = Object.create(null)
  for (const [name, text] of entries) {
    if (typeof text !== 'string') return refuse('bad_labels')
    if (name.length > ALERT_LIMITS.nameLengthMax || text.length > ALERT_LIMITS.valueLengthMax) {
      return refuse('label_too_long')
    }
    labels[name] = text
  }
  return { ok: true, value: labels }
}

/** RFC 3339 as Go writes it. Alertmanager's zero time, year 1, is "not yet" and gives undefined. */
export function narrowTime(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length > 40) return undefined
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(value)) return undefined
  const time = Date.parse(value.replace(/(\.\d{3})\d+/, '$1'))
  return Number.isFinite(time) && time > 0 ? time : undefined
}

/** Alertmanager's fingerprint if it is one, else ours over the sorted labels. */
export function fingerprintOf(given: unknown, labels: Readonly<Record<string, string>>): string {
  if (typeof given === 'string' && /^[0-9a-zA-Z]{1,64}$/.test(given)) return given
  const sorted = Object.keys(labels)
    .sort()
    .map(name => `${JSON.stringify(name)}:${JSON.stringify(labels[name])}`)
  return createHash('sha256').update(sorted.join(',')).digest('hex').slice(0, 16)
}

const NUMBER_NAMES = {
  value: ['value'],
  lower: ['lower', 'lower_bound'],
  upper: ['upper', 'upper_bound'],
  threshold: ['threshold'],
  release: ['release'],
  samples: ['samples'],
  sources: ['sources'],
} as const satisfies Record<keyof AlertNumbers, readonly string[]>

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/

/**
 * Reads the numbers from the first map that has them: annotations, then labels, then Grafana's
 * `values`. What is no plain number ("12.5 MB") is as if it were absent. `error_ratio`, or `error`
 * in percent as the bridge tells it, gives the bounds that are not told themselves.
 */
export function narrowNumbers(maps: readonly unknown[]): AlertNumbers {
  const numbers: { -readonly [K in keyof AlertNumbers]: number } = {}
  for (const name of Object.keys(NUMBER_NAMES) as (keyof AlertNumbers)[]) {
    const found = firstNumber(maps, NUMBER_NAMES[name])
    if (found !== undefined) numbers[name] = found
  }
  const percent = firstNumber(maps, ['error_percent'])
  const ratio =
    firstNumber(maps, ['error_ratio']) ?? (percent === undefined ? undefined : percent / 100)
  if (numbers.value !== undefined && ratio !== undefined && ratio >= 0) {
    numbers.lower ??= Math.max(0, numbers.value * (1 - ratio))
    numbers.upper ??= numbers.value * (1 + ratio)
  }
  return numbers
}

function firstNumber(maps: readonly unknown[], names: readonly string[]): number | undefined {
  for (const map of maps) {
    if (!isRecord(map)) continue
    for (const name of names) {
      const value = Object.hasOwn(map, name) ? map[name] : undefined
      if (typeof value === 'number' && Number.isFinite(value)) return value
      if (typeof value === 'string' && value.length <= 40 && NUMBER.test(value.trim())) {
        return Number(value)
      }
    }
  }
  return undefined
}
