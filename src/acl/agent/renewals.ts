/** New lives for what stands: of one rule, or of many at once. Nothing is committed for them. */
import { accept, type Result, refuse } from '../rule/refusal.ts'
import type { Clock } from './clock.ts'
import type { Entry } from './entry.ts'
import type { Keeper } from './keeper.ts'
import type { Lifetimes } from './lifetimes.ts'
import type { Reporter } from './reporter.ts'
import type { WantedSet } from './wanted-set.ts'

export interface RenewalsOptions {
  readonly wanted: WantedSet
  readonly keeper: Keeper
  readonly lifetimes: Lifetimes
  readonly clock: Clock
  readonly reporter: Reporter
  readonly ttlSecondsMax: () => number
}

export class Renewals {
  readonly #options: RenewalsOptions

  constructor(options: RenewalsOptions) {
    this.#options = options
  }

  /** Undefined if there is nothing of that name. */
  async renew(
    name: string,
    asked: number | undefined,
    who: string,
  ): Promise<Result<Entry | undefined>> {
    const { wanted, reporter } = this.#options
    const entry = wanted.get(name)
    if (entry === undefined) return accept(undefined)
    const renewed = await this.#renewEntry(entry, asked)
    if (!renewed.ok) return reporter.refused(renewed, 'renew', name, who)
    reporter.write('renew', name, who, { ttlSeconds: renewed.value.ttlSeconds })
    return renewed
  }

  /** One line in the audit trail for all of them. Returns the names that are not there. */
  async renewMany(
    names: readonly string[],
    asked: number | undefined,
    who: string,
  ): Promise<Result<readonly string[]>> {
    const { wanted, reporter } = this.#options
    const entries = names.map(name => wanted.get(name)).filter(entry => entry !== undefined)
    const missing = names.filter(name => wanted.get(name) === undefined)
    const results = await Promise.all(entries.map(entry => this.#renewEntry(entry, asked)))
    const refused = results.find(result => !result.ok)
    if (refused !== undefined) return reporter.refused(refused, 'renew', undefined, who)
    reporter.write('renew', undefined, who, {
      ...{ renewed: entries.length, missing: missing.length, ttlSeconds: asked },
    })
    return accept(missing)
  }

  /** The refusal if it is not durable. */
  async store(entry: Entry): Promise<Result<never> | undefined> {
    const { wanted, keeper, lifetimes } = this.#options
    wanted.put(entry)
    if (!(await keeper.save())) return refuse('storage', 'the new life could not be stored')
    lifetimes.watch()
    return undefined
  }

  async #renewEntry(entry: Entry, asked: number | undefined): Promise<Result<Entry>> {
    const { clock, ttlSecondsMax } = this.#options
    const ttlSeconds = asked ?? entry.ttlSeconds
    if (ttlSeconds > ttlSecondsMax()) {
      return refuse('ttl', `the longest life of a rule is ${ttlSecondsMax()} s`)
    }
    const renewed = { ...entry, ttlSeconds, deadlineMs: clock.monotonicMs() + ttlSeconds * 1_000 }
    return (await this.store(renewed)) ?? accept(renewed)
  }
}
