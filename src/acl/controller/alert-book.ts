/**
 * The alerts that ask for rules now, and for a while those that have ended. Bounded in number and
 * age: an alert that nobody repeats is not believed for ever, because its end may have been lost.
 * Pure: time comes in, and `takeChanges` tells the shell what to write to the journal.
 */
import type { Alert } from './alert.ts'

export interface BookEntry {
  readonly alert: Alert
  /** When it was last told, in milliseconds of our clock. */
  readonly heardAtMs: number
  /** When it was first told by this origin: the controller's side of "detected". */
  readonly firstHeardAtMs: number
}

export interface AlertBookLimits {
  readonly alertsMax: number
  /** A firing alert that was not repeated for this long has ended. */
  readonly silenceMaxMs: number
  /** The same for events of the bridge, which repeats them each 20 s. */
  readonly bridgeSilenceMaxMs: number
  /** An ended alert is remembered this long: a late duplicate must not bring it back. */
  readonly duplicateWindowMs: number
}

export type BookOutcome = 'opened' | 'repeated' | 'ended' | 'duplicate' | 'unknown_end' | 'full'

export class AlertBook {
  readonly #entries = new Map<string, BookEntry>()
  readonly #changed = new Set<string>()
  #limits: AlertBookLimits

  constructor(limits: AlertBookLimits, entries: Iterable<BookEntry> = []) {
    this.#limits = limits
    for (const entry of entries) this.#entries.set(entry.alert.key, entry)
  }

  setLimits(limits: AlertBookLimits): void {
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): BookEntry | undefined {
    return this.#entries.get(key)
  }

  all(): Iterable<BookEntry> {
    return this.#entries.values()
  }

  firing(): BookEntry[] {
    return [...this.#entries.values()].filter(entry => entry.alert.status === 'firing')
  }

  /** Entries changed since the last call, by key; undefined: forgotten. */
  takeChanges(): [key: string, entry: BookEntry | undefined][] {
    const changes = [...this.#changed].map((key): [string, BookEntry | undefined] => {
      return [key, this.#entries.get(key)]
    })
    this.#changed.clear()
    return changes
  }

  /** Takes one alert. */
  take(alert: Alert, nowMs: number): BookOutcome {
    const known = this.#entries.get(alert.key)
    if (alert.status === 'resolved') return this.#end(alert, known, nowMs)
    if (known?.alert.status === 'resolved' && this.#isLate(known, alert, nowMs)) return 'duplicate'
    const firing = known?.alert.status === 'firing' ? known : undefined
    if (known === undefined && this.#entries.size >= this.#limits.alertsMax) {
      if (!this.#forgetEnded()) return 'full'
    }
    const firstHeardAtMs = firing?.firstHeardAtMs ?? nowMs
    this.#set(alert.key, { alert, heardAtMs: nowMs, firstHeardAtMs })
    return firing === undefined ? 'opened' : 'repeated'
  }

  /** Ends what has been silent too long, and forgets what ended long ago; returns what ended. */
  expire(nowMs: number): Alert[] {
    const ended: Alert[] = []
    for (const [key, entry] of this.#entries) {
      const age = nowMs - entry.heardAtMs
      if (entry.alert.status === 'resolved') {
        if (age < this.#limits.duplicateWindowMs) continue
        this.#set(key, undefined)
      } else if (age >= this.#silenceMaxMs(entry.alert)) {
        const alert: Alert = { ...entry.alert, status: 'resolved' }
        this.#set(key, { ...entry, alert, heardAtMs: nowMs })
        ended.push(alert)
      }
    }
    return ended
  }

  #silenceMaxMs({ origin }: Alert): number {
    const { silenceMaxMs, bridgeSilenceMaxMs } = this.#limits
    return origin === 'bridge' ? Math.min(silenceMaxMs, bridgeSilenceMaxMs) : silenceMaxMs
  }

  /** The wall clock jumped: what was ten seconds ago is still ten seconds ago. */
  shift(deltaMs: number): void {
    for (const [key, entry] of this.#entries) {
      const heardAtMs = entry.heardAtMs + deltaMs
      this.#set(key, { ...entry, heardAtMs, firstHeardAtMs: entry.firstHeardAtMs + deltaMs })
    }
  }

  #end(alert: Alert, known: BookEntry | undefined, nowMs: number): BookOutcome {
    if (known === undefined) {
      // It may have overtaken its own beginning, which must not count when it comes.
      if (this.#entries.size < this.#limits.alertsMax) {
        this.#set(alert.key, { alert, heardAtMs: nowMs, firstHeardAtMs: nowMs })
      }
      return 'unknown_end'
    }
    if (known.alert.status === 'resolved') return 'duplicate'
    // The end of an older firing, delivered late: a newer one has begun since.
    if (alert.startsAtMs < known.alert.startsAtMs) return 'duplicate'
    this.#set(alert.key, {
      alert: { ...known.alert, status: 'resolved' },
      heardAtMs: nowMs,
      firstHeardAtMs: known.firstHeardAtMs,
    })
    return 'ended'
  }

  /**
   * Retries and the peers of a cluster deliver "firing" after "resolved" (alertmanager issues 4108
   * and 3865). The same firing has the same start; a new one a later start. After the window an
   * equal start is believed: Prometheus keeps it across a gap.
   */
  #isLate(known: BookEntry, alert: Alert, nowMs: number): boolean {
    if (alert.startsAtMs > known.alert.startsAtMs) return false
    return nowMs - known.heardAtMs < this.#limits.duplicateWindowMs
  }

  #forgetEnded(): boolean {
    for (const [key, entry] of this.#entries) {
      if (entry.alert.status !== 'resolved') continue
      this.#set(key, undefined)
      return true
    }
    return false
  }

  #set(key: string, entry: BookEntry | undefined): void {
    if (entry === undefined) this.#entries.delete(key)
    else this.#entries.set(key, entry)
    this.#changed.add(key)
  }
}
