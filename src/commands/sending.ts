/** What `replay` and `simulate` share: their target, their clock, their progress and last line. */
import { setTimeout as delay } from 'node:timers/promises'
import type { SenderCounts } from '../ingest/sender.ts'
import { parseListenAddress } from '../listen-address.ts'
import type { Clock } from '../pcap/pace.ts'
import { UsageError } from '../usage-error.ts'

export interface Target {
  readonly host: string
  readonly port: number
}

/** HOST:PORT with a host; throws UsageError that names the flag. */
export function parseTarget(flag: string, text: string): Target {
  const { host, port } = parseListenAddress(text)
  if (host === undefined) throw new UsageError(`--${flag}=${text}: a host is needed to send to`)
  return { host, port }
}

/** A factor above 0, or `max`. */
export function parseSpeed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
  if (speed > 0) return speed
  throw new UsageError(`--speed=${text}: a factor above 0, or max, is needed`)
}

export const REAL_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: async (durationMs, signal) => {
    await delay(durationMs, undefined, { signal }).catch(() => undefined)
  },
}

/** Aborted by SIGINT or SIGTERM, until it is released. */
export function stopSignal(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController()
  const stop = () => controller.abort()
  const names = ['SIGINT', 'SIGTERM'] as const
  for (const name of names) process.on(name, stop)
  return {
    signal: controller.signal,
    release: () => {
      for (const name of names) process.off(name, stop)
    },
  }
}

const PROGRESS_INTERVAL_MS = 200
const CLEAR_LINE = '\r\u001b[K'

interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** One line that is written over and over, on a terminal only. */
export class ProgressLine {
  readonly #output: Output
  readonly #now: () => number
  #shownMs = Number.NEGATIVE_INFINITY

  constructor(output: Output, now: () => number = REAL_CLOCK.now) {
    this.#output = output
    this.#now = now
  }

  /** The text is made only when it is time to show it. */
  show(makeText: () => string): void {
    if (!this.#output.isTTY) return
    const now = this.#now()
    if (now - this.#shownMs < PROGRESS_INTERVAL_MS) return
    this.#shownMs = now
    this.#output.write(CLEAR_LINE + makeText())
  }

  clear(): void {
    if (this.#shownMs !== Number.NEGATIVE_INFINITY) this.#output.write(CLEAR_LINE)
  }
}

/** `replayed 28 datagrams (14,860 bytes) in 4.2 s; 3 not taken (ECONNREFUSED: nobody listens there)`. */
export function sendingSummary(verb: string, counts: SenderCounts, seconds: number): string {
  const sent = `${verb} ${amount(counts.sent, 'datagram')} (${amount(counts.sentBytes, 'byte')}) in ${seconds.toFixed(1)} s`
  const failures = [...counts.failed].map(([code, count]) => {
    const why = code === 'ECONNREFUSED' ? `${code}: nobody listens there` : code
    return `; ${count} not taken (${why})`
  })
  return sent + failures.join('')
}

export function amount(count: number, unit: string): string {
  return `${count.toLocaleString('en-US')} ${unit}${count === 1 ? '' : 's'}`
}
