/**
 * Asks Alertmanager, or Grafana, for its alerts instead of waiting for its word: at start, when a webhook said that
 * alerts were left out, and every so often, because a "resolved" may be lost (a group that vanished, a
 * restart, a 4xx on the way). The address is the configured one, never the one in a webhook.
 */
import type { Alert } from './alert.ts'
import { type AskedOrigin, narrowActiveAlerts } from './alerts-api.ts'
import { BackOff } from './back-off.ts'
import type { Clock } from './clock.ts'
import type { Transport } from './transport.ts'

export interface AlertSyncOptions {
  /** Whose address it is. */
  readonly origin: AskedOrigin
  readonly transport: Pick<Transport, 'request' | 'close'>
  readonly clock: Clock
  readonly random: () => number
  readonly intervalMs: number
  /** All active control alerts; what was heard before `askedMs` and is not in it has ended. */
  readonly found: (active: readonly Alert[], askedMs: number) => void
  readonly failed: (message: string) => void
}

const QUERY = '/api/v2/alerts?active=true&silenced=false&inhibited=false'

const PATHS: Readonly<Record<AskedOrigin, string>> = {
  alertmanager: QUERY,
  grafana: `/api/alertmanager/grafana${QUERY}`,
}

export class AlertSync {
  readonly #options: AlertSyncOptions
  readonly #backOff: BackOff
  #cancel: (() => void) | undefined
  #running: Promise<void> | undefined
  #again = false
  #closed = false

  constructor(options: AlertSyncOptions) {
    this.#options = options
    const limits = { firstMs: 500, maxMs: options.intervalMs, openAfter: 5 }
    this.#backOff = new BackOff(limits, options.random)
  }

  /** Now, or right after the one on its way: that one may have been answered too early. */
  soon(): Promise<void> {
    if (this.#running !== undefined) this.#again = true
    else this.#running = this.#run()
    return this.#running
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel?.()
    await this.#options.transport.close()
  }

  async #run(): Promise<void> {
    const { origin, transport, clock, intervalMs, found, failed } = this.#options
    this.#cancel?.()
    do {
      this.#again = false
      const askedMs = clock.now()
      const reply = await transport.request('GET', PATHS[origin])
      if (this.#closed) return
      const active = readReply(reply, origin)
      if (typeof active === 'string') {
        this.#backOff.failed(clock.now())
        failed(active)
      } else {
        this.#backOff.succeeded()
        found(active, askedMs)
      }
    } while (this.#again && !this.#closed)
    this.#running = undefined
    const delayMs = this.#backOff.delayMs(clock.now()) || intervalMs
    this.#cancel = clock.after(delayMs, () => void this.soon())
  }
}

function readReply(
  reply: Awaited<ReturnType<Transport['request']>>,
  origin: AskedOrigin,
): readonly Alert[] | string {
  if ('unreachable' in reply) return reply.unreachable
  if (reply.status !== 200) return `answered ${reply.status}`
  const narrowed = narrowActiveAlerts(reply.json, origin)
  return narrowed.ok ? narrowed.value.alerts : narrowed.reason
}
