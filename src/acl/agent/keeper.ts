/** The wanted set and its file: loading at the start, saving after each change. */
import type { AdmissionContext } from './admission.ts'
import type { Clock } from './clock.ts'
import type { AgentObserver } from './observer.ts'
import { fromStored, type Restored, toStored } from './saved-state.ts'
import type { Store } from './store.ts'
import type { WantedSet } from './wanted-set.ts'

export class Keeper {
  readonly #store: Store
  readonly #wanted: WantedSet
  readonly #clock: Clock
  readonly #observer: AgentObserver
  /** Counts the changes of content, over restarts too. */
  revision = 0

  constructor(store: Store, wanted: WantedSet, clock: Clock, observer: AgentObserver) {
    this.#store = store
    this.#wanted = wanted
    this.#clock = clock
    this.#observer = observer
  }

  /** Fills the wanted set. Returns what was stored and is not taken in again. */
  async load(context: Omit<AdmissionContext, 'entries'>): Promise<Restored['left']> {
    const state = await this.#store.load()
    if (state === undefined) return []
    this.revision = state.revision
    const { slots, left } = fromStored(state, context, this.#clock)
    for (const [name, slot] of slots) this.#wanted.restore(name, slot)
    return left
  }

  /** True once durable. A failure is told to the observer. */
  async save(): Promise<boolean> {
    try {
      await this.#store.save(() => toStored(this.#wanted, this.revision, this.#clock))
      return true
    } catch (error) {
      this.#observer.writeFailed('store', error as Error)
      return false
    }
  }
}
