/**
 * Logs: one line of JSON each, on standard error, lower case, never secrets or whole payloads.
 * What repeats is sampled: the first line of a kind is written at once, later ones at most
 * every ten seconds with the number left out. A metric tells the exact count.
 */
import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

export function createLog(level: string, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return pino(options, destination ?? pino.destination({ dest: 2, sync: true }))
}

/** At most this many kinds of repeated line are remembered; further kinds share one. */
const KINDS_MAX = 256
const INTERVAL_MS = 10_000

/** A log that samples by kind. `now` is a clock in milliseconds. */
export function sampledLog(log: Log, now: () => number) {
  const kinds = new Map<string, { lastMs: number; left: number }>()
  return (kind: string, details: Record<string, unknown>, message: string) => {
    const name = kinds.has(kind) || kinds.size < KINDS_MAX ? kind : 'other'
    const seen = kinds.get(name)
    if (seen !== undefined && now() - seen.lastMs < INTERVAL_MS) {
      seen.left += 1
      return
    }
    kinds.set(name, { lastMs: now(), left: 0 })
    log.warn({ ...details, ...(seen?.left ? { leftOut: seen.left } : {}) }, message)
  }
}
