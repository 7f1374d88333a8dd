/**
 * The ACL agent without its HTTP: takes entries in, keeps them for their time, has them committed,
 * and says what became of each change. A change is durable before it is answered; the device
 * follows within milliseconds. Nothing here throws on what a caller sends.
 */
import { formatRule } from '../rule/format.ts'
import { accept, type Result, refuse } from '../rule/refusal.ts'
import { type Admitted, admit, type PutRequest } from './admission.ts'
import type { AclAgentOptions, PutOutcome } from './agent-options.ts'
import { CommitLoop } from './commit-loop.ts'
import { costOfEntries, unsafeEntries } from './entries.ts'
import { type Entry, makeEntry } from './entry.ts'
import { Keeper } from './keeper.ts'
import { Lifetimes } from './lifetimes.ts'
import { type Operation, type OperationKind, Operations } from './operations.ts'
import { faultOfPrecondition, type Precondition } from './precondition.ts'
import { RateWindow } from './rate-window.ts'
import { type Settled, type Slot, WantedSet } from './wanted-set.ts'

export class AclAgent {
  readonly #options: AclAgentOptions
  readonly #wanted = new WantedSet()
  readonly #operations: Operations
  readonly #loop: CommitLoop
  readonly #rate: RateWindow
  readonly #keeper: Keeper
  readonly #lifetimes: Lifetimes
  #stopping = false
  ready = false
  firstCommit: Promise<void> = Promise.resolve()

  constructor(options: AclAgentOptions) {
    this.#options = options
    const { backend, clock, timing, observer } = options
    this.#operations = new Operations(clock, options.operations)
    this.#rate = new RateWindow(clock, 60_000)
    this.#keeper = new Keeper(options.store, this.#wanted, clock, observer)
    this.#lifetimes = new Lifetimes(this.#wanted, clock, entries => this.#expire(entries))
    this.#loop = new CommitLoop({
      ...{ backend, clock, timing, observer },
      wanted: this.#wanted,
      settled: settled => this.#settle(settled),
      degraded: message => this.#degrade(message),
    })
  }

  /** How it goes with the device, and what it counts. */
  get device(): Pick<CommitLoop, 'degradedMessage' | 'lastSuccessWallMs' | 'hits' | 'checkDrift'> {
    return this.#loop
  }

  get operations(): Pick<Operations, 'get' | 'list' | 'wait' | 'pendingOf' | 'pendingCount'> {
    return this.#operations
  }

  /**
   * Loads what was wanted. The first commit is under way when this is fulfilled: see
   * `firstCommit`. Rejects if the store or the device's folder cannot be read.
   */
  async start(): Promise<void> {
    const { backend, safety, limits } = this.#options
    await backend.recover()
    const left = await this.#keeper.load({ backend, safety: safety(), limits: limits() })
    for (const { name, why } of left) this.#audit('left', name, 'agent', { why })
    this.#audit('start', undefined, 'agent', { entries: this.#wanted.entries().length })
    this.firstCommit = this.#loop.start().then(() => {
      this.ready = true
    })
    this.#lifetimes.watch()
  }

  /** Takes no more changes, lets a commit end, saves. The rules stay on the device. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#lifetimes.stop()
    await this.#loop.stop()
    await this.#keeper.save()
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
    return this.isSettled && this.#wanted.isGood(entry)
  }

  /** Names that were removed or have expired, and may be on the device still. */
  leavingNames(): readonly string[] {
    return this.#wanted.leavingNames()
  }

  /** Before the first commit of this agent has ended well, nobody knows what is on the device. */
  get isSettled(): boolean {
    return this.#loop.lastSuccessWallMs > 0
  }

  costUsed(): number {
    return costOfEntries(this.#wanted.entries(), this.#options.backend)
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
    const before = this.#wanted.slotOf(request.name)
    const entry = this.#entryOf(admitted.value, before.wanted)
    if (before.wanted?.key === entry.key) return this.#keep(entry, admitted.value.notes)
    if (!this.#rate.take(this.#options.limits().changesPerMinuteMax)) {
      const refusal = refuse('rate_limit', 'too many changes in a minute')
      return this.#refused(refusal, 'put', entry.name, who)
    }
    this.#keeper.revision = entry.generation
    this.#wanted.put(entry)
    const operation = this.#operations.start('put', entry.name)
    const { source, key, ttlSeconds, owner, policy, reason, cause } = entry
    this.#audit('put', entry.name, who, {
      ...{ operation: operation.id, source, key, rendered: entry.rules.map(formatRule) },
      ...{ ttlSeconds, owner, policy, reason, cause },
    })
    if (!(await this.#keeper.save())) return this.#undo(entry, before, who)
    this.#loop.request()
    this.#lifetimes.watch()
    return accept({ operation, entry, changed: true, notes: admitted.value.notes })
  }

  /** Undefined if there is nothing of that name, on the device neither. */
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
    if (operation === undefined) return this.#removedBefore(name)
    await this.#keeper.save()
    return accept(operation)
  }

  /** Every entry, or those of one owner. */
  async removeAll(who: string, owner?: string): Promise<readonly Operation[]> {
    const entries = this.#wanted
      .entries()
      .filter(entry => owner === undefined || entry.owner === owner)
    // The earlier removals first: without an owner the answer is for these too.
    const leaving = owner === undefined ? this.leavingNames() : []
    const earlier = leaving.map(name => this.#operations.pendingOf(name))
    const operations = entries.map(({ name }) => this.#drop(name, 'delete', who))
    await this.#keeper.save()
    return [...earlier, ...operations].filter(operation => operation !== undefined)
  }

  /** A new life for what stands; undefined if there is nothing of that name. */
  async renew(name: string, asked: number | undefined): Promise<Result<Entry | undefined>> {
    const { clock, limits } = this.#options
    const entry = this.#wanted.get(name)
    if (entry === undefined) return accept(undefined)
    const ttlSeconds = asked ?? entry.ttlSeconds
    if (ttlSeconds > limits().ttlSecondsMax) {
      return refuse('ttl', `the longest life of a rule is ${limits().ttlSecondsMax} s`)
    }
    const renewed = { ...entry, ttlSeconds, deadlineMs: clock.monotonicMs() + ttlSeconds * 1_000 }
    return (await this.#storeLife(renewed)) ?? accept(renewed)
  }

  /** What is protected has changed: rules that may not be any more end now. */
  review(): void {
    this.#expire(unsafeEntries(this.#wanted.entries(), this.#options.safety()))
  }

  /** Its age and generation are those of what stands, if the content is the same. */
  #entryOf(admitted: Admitted, before: Entry | undefined): Entry {
    const { clock } = this.#options
    const { cost: _, notes: __, ...content } = admitted
    const entry = makeEntry({
      ...content,
      generation: this.#keeper.revision + 1,
      createdAtMs: clock.wallMs(),
      deadlineMs: clock.monotonicMs() + content.ttlSeconds * 1_000,
    })
    if (before === undefined || before.etag !== entry.etag) return entry
    return { ...entry, generation: before.generation, createdAtMs: before.createdAtMs }
  }

  /** The same rules again: a new life, maybe other words around them, and nothing to commit. */
  async #keep(entry: Entry, notes: readonly string[]): Promise<Result<PutOutcome>> {
    const fault = await this.#storeLife(entry)
    if (fault !== undefined) return fault
    const operation =
      this.#operations.pendingOf(entry.name) ??
      (this.isSettled
        ? this.#operations.startEnded('put', entry.name, 'the same rules stood already')
        : this.#operations.start('put', entry.name))
    return accept({ operation, entry, changed: false, notes })
  }

  async #storeLife(entry: Entry): Promise<Result<never> | undefined> {
    this.#wanted.put(entry)
    if (!(await this.#keeper.save())) return refuse('storage', 'the new life could not be stored')
    this.#lifetimes.watch()
    return undefined
  }

  #drop(name: string, kind: OperationKind, who: string): Operation | undefined {
    const removed = this.#wanted.remove(name)
    if (removed === undefined) return undefined
    const operation = this.#operations.start(kind, name)
    const { owner, policy } = removed
    this.#audit(kind, name, who, { operation: operation.id, owner, policy })
    this.#loop.request()
    return operation
  }

  /** It is not wanted (any more): that is no reason to say that it is gone. */
  #removedBefore(name: string): Result<Operation | undefined> {
    const pending = this.#operations.pendingOf(name)
    if (pending !== undefined || this.isSettled) return accept(pending)
    return refuse('unsettled', 'no commit has ended well since the start: it may be on the device')
  }

  #undo(entry: Entry, before: Slot, who: string): Result<never> {
    if (this.#wanted.get(entry.name) === entry) this.#wanted.restore(entry.name, before)
    this.#operations.settle(entry.name, 'failed', 'it could not be stored')
    this.#loop.request()
    return this.#refused(refuse('storage', 'the rule could not be stored'), 'put', entry.name, who)
  }

  #faultOfState(name: string, when: Precondition): Result<never> | undefined {
    if (this.#stopping) return refuse('stopping', 'the agent is stopping')
    return faultOfPrecondition(this.#wanted.get(name)?.etag, when)
  }

  #refused(result: Result<never>, event: string, name: string, who: string): Result<never> {
    if (result.ok) return result
    const { reason, message } = result.refusal
    this.#options.observer.refused(reason)
    this.#audit('refused', name.slice(0, 64), who, { asked: event, reason, message })
    return result
  }

  #settle({ committed, failed }: Settled): void {
    for (const name of committed) this.#end(name, 'committed', '')
    for (const [name, message] of failed) this.#end(name, 'failed', message)
    void this.#keeper.save()
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

  #expire(entries: readonly Entry[]): void {
    for (const entry of entries) this.#drop(entry.name, 'expire', 'agent')
    void this.#keeper.save()
  }

  #audit(event: string, name: string | undefined, who: string, details: object): void {
    this.#options.audit.write({ event, name, who, ...details })
  }
}
