/**
 * One receiver of alerts. What is kept is the present state of each alert, not a queue of messages:
 * while the receiver is away nothing piles up, and when it is back it learns what holds now. Firing
 * alerts are sent again before they would expire; resolved ones until they were taken once.
 */
import type { ThresholdEvent } from '../flows/events.ts'
import { alertOf, type BridgeAlert } from './alert.ts'
import type { AlertFormat } from './formats.ts'

export interface NotifyClock {
  /** Unix milliseconds. */
  now(): number
  /** Runs `task` once after `delayMs`; the function returned cancels it. */
  after(delayMs: number, task: () => void): () => void
}

/** An HTTP client that throws nothing; `src/acl/controller/transport.ts` is one. */
export interface NotifyTransport {
  request(
    method: 'POST',
    path: string,
    body: unknown,
  ): Promise<{ readonly status: number } | { readonly unreachable: string }>
  close(): Promise<void>
}

export interface ReceiverOptions {
  /** For metrics and logs: `alertmanager` or `controller`, and where. */
  readonly name: string
  readonly url: string
  readonly format: AlertFormat
  readonly transport: NotifyTransport
  readonly clock: NotifyClock
  readonly externalUrl: string
  /** Alerts remembered at a time. */
  readonly alertsMax: number
  /** A firing alert is sent again so often. */
  readonly resendMs: number
  readonly onFailure: (reason: string) => void
}

export const NOTIFY_LIMITS = { alertsMax: 10_000, resendMs: 20_000 } as const

/** Alertmanager takes an alert for over after resolve_timeout, 5 minutes; ours ends sooner. */
const VALID_RESENDS = 4
/** Some 0.5 MB: the receivers' limit is 1 MiB or more. */
const BATCH_MAX = 500
const BACK_OFF_FIRST_MS = 100
const BACK_OFF_MAX_MS = 10_000

interface Entry {
  alert: BridgeAlert
  /** Not taken by the receiver in this state. */
  isPending: boolean
}

export class Receiver {
  readonly name: string
  readonly url: string
  sent = 0
  failures = 0
  /** Alerts that the receiver would not take (4xx): they are not sent again in that state. */
  rejected = 0
  /** Alerts for which there was no room. */
  refused = 0
  readonly #options: ReceiverOptions
  /** By fingerprint; never more than `alertsMax`. */
  readonly #entries = new Map<string, Entry>()
  #cancelTimer: (() => void) | undefined
  #cancelResend: (() => void) | undefined
  #sending: Promise<void> | undefined
  #failuresInARow = 0
  #closed = false

  constructor(options: ReceiverOptions) {
    this.#options = options
    this.name = options.name
    this.url = options.url
    this.#scheduleResend()
  }

  get pending(): number {
    let pending = 0
    for (const entry of this.#entries.values()) if (entry.isPending) pending += 1
    return pending
  }

  take(event: ThresholdEvent): void {
    const alert = alertOf(event)
    if (!event.notify || !this.#options.format.wants(alert)) return
    const known = this.#entries.get(alert.fingerprint)
    if (known !== undefined) {
      known.alert = alert
      known.isPending = true
    } else if (this.#entries.size >= this.#options.alertsMax) {
      this.refused += 1
      return
    } else this.#entries.set(alert.fingerprint, { alert, isPending: true })
    this.#wake()
  }

  /** When nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending
  }

  /** Ends it, after what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancelTimer?.()
    this.#cancelResend?.()
    await this.#sending
    await this.#options.transport.close()
  }

  #wake(): void {
    if (this.#sending !== undefined || this.#cancelTimer !== undefined || this.#closed) return
    this.#sending = this.#send().finally(() => {
      this.#sending = undefined
      if (this.#closed || this.pending === 0) return
      // More came in meanwhile, or it failed and waits for its turn.
      if (this.#failuresInARow === 0) this.#wake()
      else this.#scheduleRetry()
    })
  }

  async #send(): Promise<void> {
    const { format, transport, clock, externalUrl, resendMs } = this.#options
    const batch: { readonly entry: Entry; readonly alert: BridgeAlert }[] = []
    for (const entry of this.#entries.values()) {
      if (entry.isPending) batch.push({ entry, alert: entry.alert })
      if (batch.length >= BATCH_MAX) break
    }
    if (batch.length === 0) return
    const context = { nowMs: clock.now(), validMs: VALID_RESENDS * resendMs, externalUrl }
    const alerts = batch.map(({ alert }) => alert)
    const reply = await transport.request('POST', format.path, format.body(alerts, context))
    const status = 'status' in reply ? reply.status : 0
    if (status >= 200 && status < 300) this.sent += batch.length
    else if (isFinal(status)) {
      this.rejected += batch.length
      this.#options.onFailure(`answered ${status}`)
    } else {
      this.failures += 1
      this.#failuresInARow += 1
      this.#options.onFailure('status' in reply ? `answered ${status}` : reply.unreachable)
      return
    }
    this.#failuresInARow = 0
    for (const { entry, alert } of batch) {
      // It changed while it was under way: that state is still to be sent.
      if (entry.alert !== alert) continue
      entry.isPending = false
      if (alert.status === 'resolved') this.#entries.delete(alert.fingerprint)
    }
  }

  #scheduleRetry(): void {
    const delayMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** (this.#failuresInARow - 1))
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      this.#cancelTimer = undefined
      this.#wake()
    })
  }

  #scheduleResend(): void {
    this.#cancelResend = this.#options.clock.after(this.#options.resendMs, () => {
      for (const entry of this.#entries.values()) entry.isPending = true
      if (this.#entries.size > 0) this.#wake()
      this.#scheduleResend()
    })
  }
}

/** Asking again would get the same answer. 408 and 429 ask for patience. */
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429
}
