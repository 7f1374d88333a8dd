/**
 * All that the controller remembers, and everybody it tells: alert book, rule book, kill switch, the
 * store below them and the audit trail beside them. One place through which every change goes, so
 * that nothing is changed without being written and nothing is written twice.
 */
import { AlertBook, type BookEntry } from './alert-book.ts'
import type { AuditLine, AuditTrail } from './audit.ts'
import type { KillSwitch } from './decide.ts'
import { ruleLine } from './life.ts'
import { RuleBook } from './rule-book.ts'
import type { Rule } from './rule-state.ts'
import type { ControllerSettings } from './settings.ts'
import type { Change, Store, StoreValue } from './store.ts'

export interface LedgerOptions {
  readonly store: Store
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, StoreValue>>
  readonly audit: AuditTrail
  readonly now: () => number
  /** What was on disk is not whole: whether somebody had stopped the controller is not known. */
  readonly isDamaged?: boolean
}

export class Ledger {
  readonly alerts: AlertBook
  readonly rules: RuleBook
  readonly #options: LedgerOptions
  #killSwitch: KillSwitch
  #switchChanged = false
  #isDurable = true

  constructor(options: LedgerOptions, limits: ControllerSettings['alerts']) {
    const { tables, now } = options
    this.#options = options
    // The store holds only what was written here, whole by its checksums.
    const entries = (tables.get('alert') ?? new Map()) as ReadonlyMap<string, BookEntry>
    const rules = (tables.get('rule') ?? new Map()) as ReadonlyMap<string, Rule>
    this.#killSwitch = (tables.get('switch')?.get('kill') as KillSwitch | undefined) ?? 'off'
    if (options.isDamaged === true && this.#killSwitch === 'off') this.killSwitch = 'freeze'
    this.alerts = new AlertBook(limits, entries.values())
    this.rules = new RuleBook(rules.values())
    this.#forgetFuture(now())
  }

  get killSwitch(): KillSwitch {
    return this.#killSwitch
  }

  set killSwitch(position: KillSwitch) {
    this.#killSwitch = position
    this.#switchChanged = true
  }

  /** Did the last write reach the disk? */
  get isDurable(): boolean {
    return this.#isDurable
  }

  get journalBytes(): number {
    return this.#options.store.journalBytes
  }

  /** Keeps a rule, and tells what happened to it (undefined: nothing that people ask for). */
  note(rule: Rule, event?: string, more: Readonly<Record<string, unknown>> = {}): void {
    this.rules.set(rule)
    if (event !== undefined) this.audit({ ...ruleLine(rule), ...more, event })
  }

  audit(line: AuditLine): void {
    this.#options.audit.write(line, this.#options.now())
  }

  /** True once everything that changed is on disk; false: it is kept and tried again. */
  async persist(): Promise<boolean> {
    const changes: Change[] = []
    for (const [key, entry] of this.alerts.takeChanges()) changes.push(['alert', key, entry])
    for (const [id, rule] of this.rules.takeChanges()) changes.push(['rule', id, rule])
    if (this.#switchChanged) changes.push(['switch', 'kill', this.#killSwitch])
    this.#switchChanged = false
    try {
      await this.#options.store.write(changes)
      this.#isDurable = true
    } catch {
      // Counted by the store's observer; the store keeps it for its next write.
      this.#isDurable = false
    }
    return this.#isDurable
  }

  shift(deltaMs: number): void {
    this.alerts.shift(deltaMs)
    this.rules.shift(deltaMs)
  }

  /** The clock may have been set back while we were away: nothing remembered is later than now. */
  #forgetFuture(nowMs: number): void {
    let latestMs = 0
    for (const { heardAtMs } of this.alerts.all()) latestMs = Math.max(latestMs, heardAtMs)
    for (const { times } of this.rules.all.values()) {
      latestMs = Math.max(latestMs, times.decidedMs, times.endedMs ?? 0)
    }
    if (latestMs > nowMs) this.shift(nowMs - latestMs)
  }
}
