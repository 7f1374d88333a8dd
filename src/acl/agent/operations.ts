/**
 * What became of each change: pending, committed, failed or superseded by a later change of the
 * same name. At most `max` are remembered, none longer than `ageMs` after it ended; a pending one
 * is never forgotten, and the limits of the agent bound how many can be pending.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from './clock.ts'

export type OperationKind = 'put' | 'delete' | 'expire'
export type OperationState = 'pending' | 'committed' | 'failed' | 'superseded'

export interface Operation {
  readonly id: string
  readonly kind: OperationKind
  readonly name: string
  readonly state: OperationState
  /** Why it failed, or why it is still pending. */
  readonly message: string
  readonly createdAtMs: number
  readonly endedAtMs?: number | undefined
}

interface Held {
  operation: Operation
  readonly ended: PromiseWithResolvers<Operation>
}

export interface OperationLimits {
  readonly max: number
  readonly ageMs: number
}

export class Operations {
  readonly #held = new Map<string, Held>()
  /** The pending operation of each name: a later one supersedes it. */
  readonly #pending = new Map<string, string>()
  readonly #clock: Clock
  readonly #limits: OperationLimits

  constructor(clock: Clock, limits: OperationLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get pendingCount(): number {
    return this.#pending.size
  }

  start(kind: OperationKind, name: string): Operation {
    const earlier = this.#pending.get(name)
    if (earlier !== undefined) this.#end(earlier, 'superseded', `by a later ${kind} of ${name}`)
    this.#forget()
    const operation: Operation = {
      id: randomUUID(),
      kind,
      name,
      state: 'pending',
      message: '',
      createdAtMs: this.#clock.wallMs(),
    }
    this.#held.set(operation.id, { operation, ended: Promise.withResolvers() })
    this.#pending.set(name, operation.id)
    return operation
  }

  /** An operation that needs no commit: the content stands already. */
  startEnded(kind: OperationKind, name: string, message: string): Operation {
    const operation = this.start(kind, name)
    return this.#end(operation.id, 'committed', message) ?? operation
  }

  get(id: string): Operation | undefined {
    return this.#held.get(id)?.operation
  }

  pendingOf(name: string): Operation | undefined {
    const id = this.#pending.get(name)
    return id === undefined ? undefined : this.get(id)
  }

  /** Newest first. */
  list(max: number): readonly Operation[] {
    return Array.from(this.#held.values(), held => held.operation)
      .slice(-max)
      .reverse()
  }

  /** Ends what is pending under that name. */
  settle(name: string, state: 'committed' | 'failed', message = ''): Operation | undefined {
    const id = this.#pending.get(name)
    return id === undefined ? undefined : this.#end(id, state, message)
  }

  /** Says why nothing has happened yet. */
  note(message: string): void {
    for (const id of this.#pending.values()) {
      const held = this.#held.get(id)
      if (held !== undefined) held.operation = { ...held.operation, message }
    }
  }

  /** The operation once it has ended, or as it is when the time is up. */
  async wait(id: string, timeoutMs: number): Promise<Operation | undefined> {
    const held = this.#held.get(id)
    if (held === undefined || held.operation.state !== 'pending') return held?.operation
    const late = Promise.withResolvers<void>()
    const cancel = this.#clock.after(timeoutMs, late.resolve)
    await Promise.race([held.ended.promise, late.promise])
    cancel()
    return held.operation
  }

  #end(id: string, state: OperationState, message: string): Operation | undefined {
    const held = this.#held.get(id)
    if (held === undefined) return undefined
    this.#pending.delete(held.operation.name)
    held.operation = { ...held.operation, state, message, endedAtMs: this.#clock.wallMs() }
    held.ended.resolve(held.operation)
    return held.operation
  }

  /** Oldest first, so the first that is young, while there is room, ends the search. */
  #forget(): void {
    const bornBeforeMs = this.#clock.wallMs() - this.#limits.ageMs
    for (const [id, { operation }] of this.#held) {
      if (this.#held.size < this.#limits.max && operation.createdAtMs > bornBeforeMs) break
      if (operation.state !== 'pending') this.#held.delete(id)
    }
  }
}
