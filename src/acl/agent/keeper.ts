/** The wanted set and its file: loading at the start, saving after each change. */
import type { AdmissionContext } from './admission.ts'
import type { Clock } from './clock.ts'
import type { AgentObserver } from './observer.ts'
import { fromStored, type Restored, toStored } from './saved-state.ts'
import type { Store } from './store.ts'
import type { WantedSet } from './wanted-set.ts'

/** How soon a write that did not succeed is tried again: a disk is full for longer than that. */
const RETRY_MS = 5_000

export class Keeper {
  readonly #store: Store
  readonly #wanted: WantedSet
  readonly #clock: Clock
  readonly #observer: AgentObserver
  #cancelRetry: (() => void) | undefined
  #stopped = false
  /** Counts the changes of content, over restarts too. */
  revision = 0
  /** False after a write that did not succeed, until one does. */
  isStored = true

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

  /** True once durable. A failure is told to the observer, and tried again. */
  async save(): Promise<boolean> {
    try {
      await this.#store.save(() => toStored(this.#wanted, this.revision, this.#clock))
      this.isStored = true
      return true
    } catch (error) {
      this.isStored = false
      this.#observer.writeFailed('store', error as Error)
      this.#retry()
      return false
    }
  }

  /** Tries no more. */
  stop(): void {
    this.#stopped = true
    this.#cancelRetry?.()
  }

  #retry(): void {
    if (this.#stopped || this.#cancelRetry !== undefined) return
    this.#cancelRetry = this.#clock.after(RETRY_MS, () => {
      this.#cancelRetry = undefined
      if (!this.isStored) void this.save()
    })
  }
}
