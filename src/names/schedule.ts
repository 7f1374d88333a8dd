/**
 * When which agent is asked for its names: new ones first, at most so many at a time, again after the
 * refresh interval; one that fails waits twice as long each time. Bounded, and without a clock of its own.
 */
import { BoundedTable } from '../state/bounded.ts'
import {
  type SnmpSettings,
  type SnmpTarget,
  targetFinder,
  WALK_FAILURES,
  type WalkFailure,
  type WalkResult,
} from './settings.ts'

const FIRST_RETRY_MS = 15_000
/** New interfaces of an agent that was asked so lately wait. */
const AGAIN_AFTER_MS = 60_000
/** An agent that has not been named by the engine for so long is gone. The engine names all each minute. */
const FORGET_MS = 300_000

interface Entry {
  readonly id: number
  readonly address: string
  target: SnmpTarget
  dueMs: number
  failures: number
  asking: boolean
  /** When its names came; undefined: never yet. */
  namedMs: number | undefined
  askedMs: number
}

export interface ScheduleStats {
  readonly walks: number
  readonly failures: Readonly<Record<WalkFailure, number>>
  readonly cut: number
  readonly refused: number
  readonly asking: number
  /** Agents by what is known of them. */
  readonly named: number
  readonly waiting: number
  readonly failing: number
  /** When the oldest names came; undefined if there are none. */
  readonly oldestMs: number | undefined
}

export class SnmpSchedule {
  #settings: SnmpSettings
  #targetOf: (address: string) => SnmpTarget | undefined
  readonly #table: BoundedTable<Entry>
  readonly #byAddress = new Map<string, Entry>()
  #ids = 0
  #asking = 0
  #walks = 0
  #cut = 0
  readonly #failures = Object.fromEntries(WALK_FAILURES.map(reason => [reason, 0])) as Record<
    WalkFailure,
    number
  >

  constructor(settings: SnmpSettings) {
    this.#settings = settings
    this.#targetOf = targetFinder(settings.targets)
    this.#table = new BoundedTable<Entry>({
      name: 'snmp_agents',
      ...this.#bounds(),
      onGone: entry => this.#byAddress.delete(entry.address),
    })
  }

  /** New settings: agents whose target is another are asked anew, those that have none are forgotten. */
  configure(settings: SnmpSettings, nowMs: number): void {
    this.#settings = settings
    this.#targetOf = targetFinder(settings.targets)
    this.#table.relimit(this.#bounds())
    for (const entry of this.#table.values()) {
      const target = this.#targetOf(entry.address)
      if (target === undefined) this.#table.remove(entry.id)
      else if (JSON.stringify(target) !== JSON.stringify(entry.target)) {
        Object.assign(entry, { target, dueMs: nowMs, failures: 0 })
      }
    }
  }

  /** Agents with interfaces; `fresh` if some of these came just now. */
  seen(addresses: readonly string[], fresh: boolean, nowMs: number): void {
    for (const address of addresses) {
      const entry = this.#byAddress.get(address)
      if (entry === undefined) this.#admit(address, nowMs)
      else {
        this.#table.touch(entry.id, nowMs)
        if (fresh && entry.failures === 0) {
          entry.dueMs = Math.min(entry.dueMs, Math.max(nowMs, entry.askedMs + AGAIN_AFTER_MS))
        }
      }
    }
    this.#table.expire(nowMs, FORGET_MS, () => FORGET_MS)
  }

  /** Those to be asked now; each must be told of by `finished`. New ones come first, then the longest due. */
  due(nowMs: number): readonly { readonly address: string; readonly target: SnmpTarget }[] {
    const free = this.#settings.concurrency - this.#asking
    if (free <= 0) return []
    const ready = this.#table.values().filter(entry => !entry.asking && entry.dueMs <= nowMs)
    ready.sort((a, b) => a.failures - b.failures || a.dueMs - b.dueMs || a.id - b.id)
    return ready.slice(0, free).map(entry => {
      entry.asking = true
      entry.askedMs = nowMs
      this.#asking += 1
      return { address: entry.address, target: entry.target }
    })
  }

  /** Is the result of use? Not if the agent is gone, or is asked otherwise by now. */
  finished(address: string, target: SnmpTarget, result: WalkResult, nowMs: number): boolean {
    this.#asking -= 1
    this.#walks += 1
    if ('failure' in result) this.#failures[result.failure] += 1
    const entry = this.#byAddress.get(address)
    if (entry === undefined) return false
    entry.asking = false
    // Settings changed meanwhile: it is due already.
    if (entry.target !== target) return false
    const { refreshMs } = this.#settings
    if ('failure' in result) {
      entry.dueMs = nowMs + Math.min(FIRST_RETRY_MS * 2 ** entry.failures, refreshMs)
      entry.failures = Math.min(entry.failures + 1, 16)
      return true
    }
    if (result.names.cut) this.#cut += 1
    Object.assign(entry, { failures: 0, dueMs: nowMs + refreshMs, namedMs: nowMs })
    return true
  }

  stats(): ScheduleStats {
    const entries = this.#table.values()
    const times = entries.flatMap(({ namedMs }) => (namedMs === undefined ? [] : [namedMs]))
    return {
      walks: this.#walks,
      failures: { ...this.#failures },
      cut: this.#cut,
      refused: this.#table.refused,
      asking: this.#asking,
      named: times.length,
      waiting: entries.filter(({ namedMs, failures }) => namedMs === undefined && !failures).length,
      failing: entries.filter(({ failures }) => failures > 0).length,
      oldestMs: times.length > 0 ? times.reduce((a, b) => Math.min(a, b)) : undefined,
    }
  }

  #admit(address: string, nowMs: number): void {
    const target = this.#targetOf(address)
    if (target === undefined) return
    const entry: Entry = {
      id: ++this.#ids,
      address,
      target,
      dueMs: nowMs,
      failures: 0,
      asking: false,
      namedMs: undefined,
      askedMs: 0,
    }
    if (this.#table.admit(entry.id, 0, entry, nowMs)) this.#byAddress.set(address, entry)
  }

  #bounds() {
    const { agentsMax } = this.#settings
    return { max: agentsMax, perOwnerMax: agentsMax, idleMs: FORGET_MS }
  }
}
