/**
 * What shall be on the device, and what was last known good under each name. Knows what a commit
 * has to do and takes in what came of it. Bounded by the limits that admission checks.
 */
import type { NamedRules } from '../backends/backend.ts'
import type { CommitOutcome, CommitPlan } from './commit.ts'
import type { Entry } from './entry.ts'

export interface Slot {
  readonly wanted?: Entry | undefined
  readonly good?: Entry | undefined
  /** Its rules shall go, and no commit has shown yet that they are gone. */
  readonly isLeaving?: boolean
}

/** What a commit has settled, by name. */
export interface Settled {
  readonly committed: readonly string[]
  readonly failed: ReadonlyMap<string, string>
}

export class WantedSet {
  readonly #slots = new Map<string, Slot>()

  get(name: string): Entry | undefined {
    return this.#slots.get(name)?.wanted
  }

  /** Is that very content known to be on the device? */
  isGood(entry: Entry): boolean {
    return this.#slots.get(entry.name)?.good?.key === entry.key
  }

  /** By name, so that two agents with the same rules list the same. */
  entries(): readonly Entry[] {
    const wanted = Array.from(this.#slots.values(), slot => slot.wanted)
    return wanted.filter(entry => entry !== undefined).sort(byName)
  }

  slots(): readonly Slot[] {
    return [...this.#slots.values()]
  }

  slotOf(name: string): Slot {
    return this.#slots.get(name) ?? {}
  }

  put(entry: Entry): void {
    this.#slots.set(entry.name, { good: this.#slots.get(entry.name)?.good, wanted: entry })
  }

  restore(name: string, slot: Slot): void {
    if (slot.wanted === undefined && slot.isLeaving !== true) this.#slots.delete(name)
    else this.#slots.set(name, slot)
  }

  /**
   * The name stays, as leaving: a commit that is under way may put on the device at this moment what
   * is not wanted any more.
   */
  remove(name: string): Entry | undefined {
    const slot = this.#slots.get(name)
    if (slot?.wanted !== undefined) this.restore(name, { good: slot.good, isLeaving: true })
    return slot?.wanted
  }

  /** Names that are not wanted, and may be on the device still. */
  leavingNames(): readonly string[] {
    return [...this.#slots].filter(([, slot]) => slot.isLeaving === true).map(([name]) => name)
  }

  /** Is there a name whose content on the device is not what is wanted? */
  hasPending(): boolean {
    return this.slots().some(
      ({ wanted, good, isLeaving }) => isLeaving === true || wanted?.key !== good?.key,
    )
  }

  expired(nowMs: number): readonly Entry[] {
    return this.entries().filter(entry => entry.deadlineMs <= nowMs)
  }

  nextDeadlineMs(): number | undefined {
    const deadlines = this.entries().map(entry => entry.deadlineMs)
    return deadlines.length === 0 ? undefined : Math.min(...deadlines)
  }

  /** At most `changesMax` changes at once; what is left over keeps its good content until then. */
  plan(changesMax: number): CommitPlan {
    const base: NamedRules[] = []
    const changes: NamedRules[] = []
    for (const { wanted, good } of this.#slots.values()) {
      if (wanted === undefined) continue
      if (wanted.key !== good?.key && changes.length < changesMax) changes.push(named(wanted))
      if (good !== undefined) base.push(named(good))
    }
    return { base, changes }
  }

  /**
   * After a clean commit: what is on the device is good, what it refused falls back, and what is not on it
   * is gone. What was asked for while the commit ran stays pending: the next commit is for that.
   */
  settle(plan: CommitPlan, outcome: CommitOutcome): Settled {
    const installed = new Map(outcome.installed.map(item => [item.name, item.key]))
    const committed: string[] = []
    const failed = new Map<string, string>()
    for (const [name, slot] of [...this.#slots]) {
      const key = installed.get(name)
      const good = [slot.wanted, slot.good].find(entry => entry?.key === key && key !== undefined)
      if (slot.wanted === undefined) {
        if (key === undefined) committed.push(name)
        this.restore(name, { good, isLeaving: key !== undefined })
        continue
      }
      const message = outcome.failed.get(name)
      const tried = plan.changes.find(change => change.name === name)?.key
      if (message !== undefined && slot.wanted.key === tried) {
        failed.set(name, message)
        this.restore(name, { wanted: good, good })
        continue
      }
      if (slot.wanted.key === good?.key) committed.push(name)
      this.restore(name, { wanted: slot.wanted, good })
    }
    return { committed, failed }
  }
}

function named(entry: Entry): NamedRules {
  return { name: entry.name, key: entry.key, comment: entry.comment, rules: entry.rules }
}

function byName(one: Entry, other: Entry): number {
  return one.name < other.name ? -1 : 1
}
