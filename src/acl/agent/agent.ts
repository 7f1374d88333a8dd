/**
 * The ACL agent without its HTTP: takes entries in, keeps them for their time, has them committed,
 * and says what became of each change. A change is durable before it is answered; the device
 * follows within milliseconds. Nothing here throws on what a caller sends.
 */
import { formatRule } from '../rule/format.ts'
import { accept, type Result, refuse } from '../rule/refusal.ts'
import { type Admitted, admit, type PutRequest } from './admission.ts'
import type { AclAgentOptions, PutOutcome } from './agent-options.ts'
import { CommitLoop, type DeviceEvent } from './commit-loop.ts'
import { costOfEntries, unsafeEntries } from './entries.ts'
import { type Entry, makeEntry } from './entry.ts'
import { Keeper } from './keeper.ts'
import { Lifetimes } from './lifetimes.ts'
import { type Operation, type OperationKind, Operations } from './operations.ts'
import { faultOfPrecondition, type Precondition } from './precondition.ts'
import { RateWindow } from './rate-window.ts'
import { Renewals } from './renewals.ts'
import { Reporter } from './reporter.ts'
import { type Settled, type Slot, WantedSet } from './wanted-set.ts'

const UNSTORED = refuse(
  'storage',
  'it is taken off the device, but that could not be stored: a restart would put it there again for the rest of its life',
)

export class AclAgent {
  readonly #options: AclAgentOptions
  readonly #wanted = new WantedSet()
  readonly #operations: Operations
  readonly #loop: CommitLoop
  readonly #rate: RateWindow
  readonly #keeper: Keeper
  readonly #lifetimes: Lifetimes
  readonly #reporter: Reporter
  readonly #renewals: Renewals
  #stopping = false
  ready = false
  firstCommit: Promise<void> = Promise.resolve()

  constructor(options: AclAgentOptions) {
    this.#options = options
    const { backend, clock, timing, observer } = options
    this.#operations = new Operations(clock, options.operations)
    this.#rate = new RateWindow(clock, 60_000)
    this.#reporter = new Reporter(options)
    this.#keeper = new Keeper(options.store, this.#wanted, clock, observer)
    this.#lifetimes = new Lifetimes(this.#wanted, clock, entries => this.#expire(entries))
    this.#renewals = new Renewals({
      ...{ wanted: this.#wanted, keeper: this.#keeper, lifetimes: this.#lifetimes, clock },
      ...{ reporter: this.#reporter, ttlSecondsMax: () => options.limits().ttlSecondsMax },
    })
    this.#loop = new CommitLoop({
      ...{ backend, clock, timing, observer },
      wanted: this.#wanted,
      settled: settled => this.#settle(settled),
      told: (event, message) => this.#tell(event, message),
    })
  }

  /** Tells of a request that was refused before it came here. */
  get reporter(): Pick<Reporter, 'requestRefused' | 'refused'> {
    return this.#reporter
  }

  get renewals(): Pick<Renewals, 'renew' | 'renewMany'> {
    return this.#renewals
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
    for (const { name, why } of left) this.#reporter.write('left', name, 'agent', { why })
    const entries = this.#wanted.entries().length
    this.#reporter.write('start', undefined, 'agent', { backend: backend.name, entries })
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
    this.#keeper.stop()
    this.#reporter.write('stop', undefined, 'agent')
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

  /** The same for somebody who asks what would be: told like any other refusal. */
  dryRun(request: PutRequest, who: string): Result<Admitted> {
    const checked = this.check(request)
    return checked.ok ? checked : this.#reporter.refused(checked, 'dry run', request.name, who)
  }

  /** Durable once fulfilled; `operations.wait` tells when it is on the device. */
  async put(
    request: PutRequest,
    who: string,
    when: Precondition = {},
  ): Promise<Result<PutOutcome>> {
    const fault = this.#faultOfState(request.name, when)
    const admitted = fault ?? this.check(request)
    if (!admitted.ok) {
      return this.#reporter.refused(admitted, 'put', request.name, who)
    }
    const before = this.#wanted.slotOf(request.name)
    const entry = this.#entryOf(admitted.value, before.wanted)
    if (before.wanted?.key === entry.key) return this.#keep(entry, admitted.value.notes, who)
    if (!this.#rate.take(this.#options.limits().changesPerMinuteMax)) {
      const refusal = refuse('rate_limit', 'too many changes in a minute')
      return this.#reporter.refused(refusal, 'put', entry.name, who)
    }
    this.#keeper.revision = entry.generation
    this.#wanted.put(entry)
    const operation = this.#operations.start('put', entry.name)
    const { source, key, ttlSeconds, owner, policy, reason, cause } = entry
    this.#reporter.write('put', entry.name, who, {
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
      if (fault !== undefined) return this.#reporter.refused(fault, 'delete', name, who)
    }
    const operation = this.#drop(name, 'delete', who)
    if (operation === undefined && this.#keeper.isStored) return this.#removedBefore(name)
    if (!(await this.#keeper.save())) return this.#reporter.refused(UNSTORED, 'delete', name, who)
    return operation === undefined ? this.#removedBefore(name) : accept(operation)
  }

  /** Every entry, or those of one owner. */
  async removeAll(who: string, owner?: string): Promise<Result<readonly Operation[]>> {
    const entries = this.#wanted
      .entries()
      .filter(entry => owner === undefined || entry.owner === owner)
    // The earlier removals first: without an owner the answer is for these too.
    const leaving = owner === undefined ? this.leavingNames() : []
    const earlier = leaving.map(name => this.#operations.pendingOf(name))
    const operations = entries.map(({ name }) => this.#drop(name, 'delete', who))
    if (!(await this.#keeper.save())) {
      return this.#reporter.refused(UNSTORED, 'delete all', undefined, who)
    }
    return accept([...earlier, ...operations].filter(operation => operation !== undefined))
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
  async #keep(entry: Entry, notes: readonly string[], who: string): Promise<Result<PutOutcome>> {
    const fault = await this.#renewals.store(entry)
    if (fault !== undefined) return this.#reporter.refused(fault, 'put', entry.name, who)
    this.#reporter.write('renew', entry.name, who, { ttlSeconds: entry.ttlSeconds })
    const operation =
      this.#operations.pendingOf(entry.name) ??
      (this.isSettled
        ? this.#operations.startEnded('put', entry.name, 'the same rules stood already')
        : this.#operations.start('put', entry.name))
    return accept({ operation, entry, changed: false, notes })
  }

  #drop(name: string, kind: OperationKind, who: string): Operation | undefined {
    const removed = this.#wanted.remove(name)
    if (removed === undefined) return undefined
    const operation = this.#operations.start(kind, name)
    const { owner, policy } = removed
    this.#reporter.write(kind, name, who, { operation: operation.id, owner, policy })
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
    const refusal = refuse('storage', 'the rule could not be stored')
    return this.#reporter.refused(refusal, 'put', entry.name, who)
  }

  #faultOfState(name: string, when: Precondition): Result<never> | undefined {
    if (this.#stopping) return refuse('stopping', 'the agent is stopping')
    return faultOfPrecondition(this.#wanted.get(name)?.etag, when)
  }

  #settle({ committed, failed }: Settled): void {
    for (const name of committed) this.#end(name, 'committed', '')
    for (const [name, message] of failed) this.#end(name, 'failed', message)
    void this.#keeper.save()
  }

  #end(name: string, state: 'committed' | 'failed', message: string): void {
    const operation = this.#operations.settle(name, state, message)
    if (operation !== undefined) this.#reporter.ended(operation, state)
  }

  #tell(event: DeviceEvent, message: string): void {
    if (event === 'degraded') this.#operations.note(message)
    this.#reporter.write(event, undefined, 'agent', { message })
  }

  #expire(entries: readonly Entry[]): void {
    for (const entry of entries) this.#drop(entry.name, 'expire', 'agent')
    void this.#keeper.save()
  }
}
