/** Who is asked for its alerts: Alertmanager, Grafana, both or neither, as the configuration says. */
import { AlertSync, type AlertSyncOptions } from '../acl/controller/alert-sync.ts'
import type { AskedOrigin } from '../acl/controller/alerts-api.ts'
import type { ControllerSettings } from '../acl/controller/settings.ts'
import { transportTo } from './controller-clients.ts'

type Told = Pick<AlertSyncOptions, 'clock' | 'random'> & {
  readonly found: (origin: AskedOrigin, ...words: Parameters<AlertSyncOptions['found']>) => void
  readonly failed: (origin: AskedOrigin, message: string) => void
}

export class AlertSyncs {
  readonly #syncs: ReadonlyMap<string, AlertSync>

  constructor({ askedSenders, askedSendersEveryMs }: ControllerSettings, told: Told) {
    const origins = Object.keys(askedSenders) as AskedOrigin[]
    const syncs = origins.flatMap((origin): [AskedOrigin, AlertSync][] => {
      const endpoint = askedSenders[origin]
      if (endpoint === undefined) return []
      const sync = new AlertSync({
        origin,
        transport: transportTo(endpoint, 1),
        clock: told.clock,
        random: told.random,
        intervalMs: askedSendersEveryMs,
        found: (active, askedMs) => told.found(origin, active, askedMs),
        failed: message => told.failed(origin, message),
      })
      return [[origin, sync]]
    })
    this.#syncs = new Map(syncs)
  }

  /** Asks one sender, if it is known where it is. */
  async soon(origin: string): Promise<void> {
    await this.#syncs.get(origin)?.soon()
  }

  async allSoon(): Promise<void> {
    await Promise.all([...this.#syncs.values()].map(sync => sync.soon()))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#syncs.values()].map(sync => sync.close()))
  }
}
