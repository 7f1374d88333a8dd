/**
 * The ACL agent without its HTTP: takes entries in, keeps them for their time, has them committed,
 * and says what became of each change. A change is durable before it is answered; the device
 * follows within milliseconds. Nothing here throws on what a caller sends.
 */
import type { Backend, Hits } from '../backends/backend.ts'
import { accept, type RefusalReason, type Result, refuse } from '../rule/refusal.ts'
import type { SafetyPolicy } from '../rule/safety.ts'
import { type Admitted, type AgentLimits, admit, type PutRequest } from './admission.ts'
import type { Audit } from './audit.ts'
import type { Clock } from './clock.ts'
import { CommitLoop, type CommitTiming } from './commit-loop.ts'
import { type Entry, makeEntry } from './entry.ts'
import type { AgentObserver } from './observer.ts'
import {
  type Operation,
  type OperationKind,
  type OperationLimits,
  Operations,
} from './operations.ts'
import { RateWindow } from './rate-window.ts'
import { fromStored, toStored } from './saved-state.ts'
import type { Store } from './store.ts'
import { type Settled, type Slot, WantedSet } from './wanted-set.ts'

export interface AclAgentOptions {
  readonly backend: Backend
  readonly store: Store
  readonly audit: Audit
  readonly clock: Clock
  readonly observer: AgentObserver
  readonly limits: () => AgentLimits
  readonly safety: () => SafetyPolicy
  readonly timing: CommitTiming
  readonly operations: OperationLimits
}

/** Conditions of HTTP on the present content (RFC 9110, 13.1). */
export interface Precondition {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: string | undefined
}

export interface PutOutcome {
  readonly operation: Operation
  readonly entry: Entry
  /** False if the same content stood already: its life is renewed, nothing is committed. */
  readonly changed: boolean
  readonly notes: readonly string[]
}

export class AclAgent {
  readonly #options: AclAgentOptions
  readonly #wanted = new WantedSet()
  readonly #operations: Operations
  readonly #loop: CommitLoop
  readonly #rate: RateWindow
  #cancelExpiry: (() => void) | undefined
  #revision = 0
  #stopping = false
  ready = false

  constructor(options: AclAgentOptions) {
    this.#options = options
    const { backend, clock, timing, observer } = options
    this.#operations = new Operations(clock, options.operations)
    this.#rate = new RateWindow(clock, 60_000)
    this.#loop = new CommitLoop({
      ...{ backend, clock, timing, observer },
      wanted: this.#wanted,
      settled: settled => this.#settle(settled),
      degraded: message => this.#degrade(message),
    })
  }

  get degradedMessage(): string {
    return this.#loop.degradedMessage
  }

  get lastSuccessWallMs(): number {
    return this.#loop.lastSuccessWallMs
  }

  get operations(): Pick<Operations, 'get' | 'list' | 'wait' | 'pendingOf' | 'pendingCount'> {
    return this.#operations
  }

  /** Loads what was wanted, and commits it once. Rejects if the store cannot be read. */
  async start(): Promise<void> {
    const { store, clock, backend, safety, limits } = this.#options
    const state = await store.load()
    if (state !== undefined) {
      this.#revision = state.revision
      const context = { backend, safety: safety(), limits: limits() }
      const { slots, left } = fromStored(state, context, clock)
      for (const [name, slot] of slots) this.#wanted.restore(name, slot)
      for (const { name, why } of left) this.#audit('left', name, 'agent', { why })
    }
    this.#audit('start', undefined, 'agent', { entries: this.#wanted.entries().length })
    await this.#loop.start()
    this.ready = true
    this.#watchExpiry()
  }

  /** Takes no more changes, lets a commit end, saves. The rules stay on the device. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#cancelExpiry?.()
    await this.#loop.stop()
    await this.#save().catch(() => {})
    this.#audit('stop', undefined, 'agent', {})
    this.#options.audit.close()
  }

  get(name: string): Entry | undefined {
    return this.#wanted.get(name)
  }

  entries(): readonly Entry[] {
    return this.#wanted.entries()
  }

  isCommitted(entry: Entry): boolean {
    return this.#wanted.isGood(entry)
  }

  costUsed(): number {
    const { backend } = this.#options
    const rules = this.#wanted.entries().flatMap(entry => entry.rules)
    return rules.reduce((sum, rule) => sum + backend.costOf(rule), 0)
  }

  /** Packets and bytes by name; empty if the device cannot say. */
  async hits(): Promise<ReadonlyMap<string, Hits>> {
    return this.#loop.readBack().then(
      back => back.hits,
      () => new Map(),
    )
  }

  /** Everything that a PUT checks, and nothing that it changes. */
  check(request: PutRequest): Result<Admitted> {
    const { backend, safety, limits } = this.#options
    return admit(request, {
      ...{ backend, safety: safety(), limits: limits() },
      entries: this.#wanted.entries(),
    })
  }

  /** Durable once fulfilled; `operations.wait` tells when it is on the device. */
  async put(
    request: PutRequest,
    who: string,
    when: Precondition = {},
  ): Promise<Result<PutOutcome>> {
    const fault = this.#faultOfState(request.name, when)
    const admitted = fault ?? this.check(request)
    if (!admitted.ok) return this.#refused(admitted, 'put', request.name, who)
    const entry = this.#entryOf(admitted.value)
    const { notes } = admitted.value
    const before = this.#wanted.slotOf(entry.name)
    if (before.wanted !== undefined && sameContent(before.wanted, entry)) {
      const renewed = await this.#renew(before.wanted, entry.ttlSeconds)
      if (!renewed.ok) return renewed
      const operation =
        this.#operations.pendingOf(entry.name) ??
        this.#operations.startEnded('put', entry.name, 'the same content stood already')
      return accept({ operation, entry: renewed.value, changed: false, notes })
    }
    if (!this.#rate.take(this.#options.limits().changesPerMinuteMax)) {
      return this.#refused(
        refuse('rate_limit', 'too many changes in a minute'),
        'put',
        entry.name,
        who,
      )
    }
    this.#revision = entry.generation
    this.#wanted.put(entry)
    const operation = this.#operations.start('put', entry.name)
    this.#audit('put', entry.name, who, {
      ...{
        operation: operation.id,
        source: entry.source,
        rules: entry.key,
        ttlSeconds: entry.ttlSeconds,
      },
      ...{ owner: entry.owner, policy: entry.policy, reason: entry.reason, cause: entry.cause },
    })
    if (!(await this.#saved())) return this.#undo(entry, before, who)
    this.#loop.request()
    this.#watchExpiry()
    return accept({ operation, entry, changed: true, notes })
  }

  /** Undefined if there is nothing of that name. */
  async remove(
    name: string,
    who: string,
    when: Precondition = {},
  ): Promise<Result<Operation | undefined>> {
    if (when.ifMatch !== undefined) {
      const fault = this.#faultOfState(name, when)
      if (fault !== undefined) return this.#refused(fault, 'delete', name, who)
    }
    const operation = this.#drop(name, 'delete', who)
    if (operation === undefined) return accept(undefined)
    await this.#saved()
    return accept(operation)
  }

  /** Every entry, or those of one owner. */
  async removeAll(who: string, owner?: string): Promise<readonly Operation[]> {
    const entries = this.#wanted
      .entries()
      .filter(entry => owner === undefined || entry.owner === owner)
    const operations = entries.map(entry => this.#drop(entry.name, 'delete', who))
    await this.#saved()
    return operations.filter(operation => operation !== undefined)
  }

  /** A new life for what stands; undefined if there is nothing of that name. */
  async renew(name: string, ttlSeconds: number | undefined): Promise<Result<Entry | undefined>> {
    const entry = this.#wanted.get(name)
    if (entry === undefined) return accept(undefined)
    return this.#renew(entry, ttlSeconds ?? entry.ttlSeconds)
  }

  checkDrift(): Promise<void> {
    return this.#loop.checkDrift()
  }

  /** Waits until what is asked so far has been committed or has failed; for tests and `stop`. */
  async settled(): Promise<void> {
    for (const { id } of this.#operations.list(Number.MAX_SAFE_INTEGER)) {
      await this.#operations.wait(id, 60_000)
    }
  }

  #entryOf(admitted: Admitted): Entry {
    const { clock } = this.#options
    const { name, source, rules, owner, policy, reason, cause, ttlSeconds } = admitted
    return makeEntry({
      ...{ name, source, rules, owner, policy, reason, cause, ttlSeconds },
      generation: this.#revision + 1,
      createdAtMs: clock.wallMs(),
      deadlineMs: clock.monotonicMs() + ttlSeconds * 1_000,
    })
  }

  async #renew(entry: Entry, ttlSeconds: number): Promise<Result<Entry>> {
    const { clock, limits } = this.#options
    if (ttlSeconds > limits().ttlSecondsMax) {
      return refuse('ttl', `the longest life of a rule is ${limits().ttlSecondsMax} s`)
    }
    const renewed = { ...entry, ttlSeconds, deadlineMs: clock.monotonicMs() + ttlSeconds * 1_000 }
    this.#wanted.put(renewed)
    if (!(await this.#saved())) return refuse('storage', 'the new life could not be stored')
    this.#watchExpiry()
    return accept(renewed)
  }

  #drop(name: string, kind: OperationKind, who: string): Operation | undefined {
    const removed = this.#wanted.remove(name)
    if (removed === undefined) return undefined
    const operation = this.#operations.start(kind, name)
    this.#audit(kind, name, who, {
      operation: operation.id,
      owner: removed.owner,
      policy: removed.policy,
    })
    this.#loop.request()
    return operation
  }

  #undo(entry: Entry, before: Slot, who: string): Result<never> {
    if (this.#wanted.get(entry.name) === entry) this.#wanted.restore(entry.name, before)
    this.#operations.settle(entry.name, 'failed', 'it could not be stored')
    this.#loop.request()
    return this.#refused(refuse('storage', 'the rule could not be stored'), 'put', entry.name, who)
  }

  #faultOfState(name: string, when: Precondition): Result<never> | undefined {
    if (this.#stopping) return refuse('stopping', 'the agent is stopping')
    const etag = this.#wanted.get(name)?.etag
    const { ifMatch, ifNoneMatch } = when
    const matches = (list: string) =>
      etag !== undefined && (list === '*' || tags(list).includes(etag))
    if (ifMatch !== undefined && !matches(ifMatch)) {
      return refuse('precondition', `If-Match: the present content is ${etag ?? 'none'}`)
    }
    if (ifNoneMatch !== undefined && matches(ifNoneMatch)) {
      return refuse('precondition', `If-None-Match: the present content is ${etag}`)
    }
    return undefined
  }

  #refused(result: Result<never>, event: string, name: string, who: string): Result<never> {
    if (result.ok) return result
    const { reason, message } = result.refusal
    this.#options.observer.refused(reason satisfies RefusalReason)
    this.#audit('refused', name.slice(0, 64), who, { asked: event, reason, message })
    return result
  }

  #settle({ committed, failed }: Settled): void {
    for (const name of committed) this.#end(name, 'committed', '')
    for (const [name, message] of failed) this.#end(name, 'failed', message)
    void this.#saved()
  }

  #end(name: string, state: 'committed' | 'failed', message: string): void {
    const operation = this.#operations.settle(name, state, message)
    if (operation === undefined) return
    this.#options.observer.ended(operation.kind, state)
    const tookMs = (operation.endedAtMs ?? 0) - operation.createdAtMs
    this.#audit(state, name, 'agent', {
      operation: operation.id,
      kind: operation.kind,
      message,
      tookMs,
    })
  }

  #degrade(message: string): void {
    this.#operations.note(message)
    this.#audit('degraded', undefined, 'agent', { message })
  }

  #watchExpiry(): void {
    this.#cancelExpiry?.()
    const deadlineMs = this.#wanted.nextDeadlineMs()
    if (deadlineMs === undefined || this.#stopping) return
    const { clock } = this.#options
    this.#cancelExpiry = clock.after(deadlineMs - clock.monotonicMs(), () => {
      const expired = this.#wanted.expired(clock.monotonicMs())
      for (const entry of expired) this.#drop(entry.name, 'expire', 'agent')
      if (expired.length > 0) void this.#saved()
      this.#watchExpiry()
    })
  }

  #save(): Promise<void> {
    const { store, clock } = this.#options
    return store.save(() => toStored(this.#wanted, this.#revision, clock))
  }

  /** True once durable. A failure is counted and logged by the observer. */
  async #saved(): Promise<boolean> {
    try {
      await this.#save()
      return true
    } catch (error) {
      this.#options.observer.writeFailed('store', error as Error)
      return false
    }
  }

  #audit(event: string, name: string | undefined, who: string, details: object): void {
    this.#options.audit.write({ event, name, who, ...details })
  }
}

function sameContent(one: Entry, other: Entry): boolean {
  return one.etag === other.etag && one.key === other.key
}

function tags(list: string): readonly string[] {
  return list.split(',').map(tag => tag.trim().replace(/^W\//, ''))
}
