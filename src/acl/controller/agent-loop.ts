/**
 * One loop per ACL agent that makes what is on the agent equal to what is wanted there. It is
 * driven by state, not by a list of commands: whatever was lost on the way (a timeout, a restart of
 * the agent, a power cut between write and commit) the next comparison finds and repairs. The
 * queue is the set of names that differ, so it can never be longer than the rules there are.
 *
 * Every `reconcileMs`, and first of all after any failure, the agent's own list is read: missing rules
 * are put, foreign contents replaced, orphans with our names removed, TTLs renewed at a third.
 */
import type { AgentClient, AgentList, ClientOutcome } from './agent-client.ts'
import type { AgentObserver, DriftKind } from './agent-observer.ts'
import { BackOff, type BackOffLimits } from './back-off.ts'
import type { Clock } from './clock.ts'
import { endedMeanwhile, type Held, NEVER, renewIn, ttlMsOf } from './held.ts'
import type { Rule } from './rule-state.ts'

export interface AgentLoopOptions {
  readonly name: string
  readonly client: AgentClient
  readonly clock: Clock
  readonly random: () => number
  readonly backOff: BackOffLimits
  readonly reconcileMs: number
  /** A refused or failed rule is tried again after this time, not at once. */
  readonly refusedRetryMs: number
  /** Requests on their way at a time. */
  readonly requestsMax: number
  readonly observer: AgentObserver
}

/** How soon the list is read again while the agent commits. */
const PENDING_LIST_MS = 500

export class AgentLoop {
  readonly #options: AgentLoopOptions
  readonly #backOff: BackOff
  #wanted: ReadonlyMap<string, Rule> = new Map()
  #isSpared: (name: string) => boolean = () => false
  readonly #held = new Map<string, Held>()
  readonly #busy = new Set<string>()
  /** Nothing is sent before the first list: until then the agent's state is unknown. */
  #listedAtMs: number | undefined
  #listing = false
  #cancelTimer: (() => void) | undefined
  #closed = false
  /** The first list after a start adopts what is there without calling it drift. */
  #adopted = false
  readonly #idle = new Set<() => void>()

  constructor(options: AgentLoopOptions) {
    this.#options = options
    this.#backOff = new BackOff(options.backOff, options.random)
  }

  get name(): string {
    return this.#options.name
  }

  get isOpen(): boolean {
    return this.#backOff.isOpen
  }

  /** Names that differ or are on their way. */
  get queueLength(): number {
    const open = this.#due(this.#options.clock.now()).filter(name => !this.#busy.has(name))
    return open.length + this.#busy.size
  }

  /**
   * The set of rules that belong on this agent; replaces the one before. What else has one of our
   * names is removed, unless it is spared.
   */
  want(rules: readonly Rule[], isSpared: (name: string) => boolean = () => false): void {
    this.#wanted = new Map(rules.map(rule => [rule.name, rule]))
    this.#isSpared = isSpared
    this.kick()
  }

  /** Asks for the agent's list at the next chance, whatever the schedule says. */
  reconcileSoon(): void {
    this.#listedAtMs = undefined
    this.kick()
  }

  /** Sends what can be sent now, and sets the timer for the rest. */
  kick(): void {
    if (this.#closed) return
    const { clock, reconcileMs } = this.#options
    const nowMs = clock.now()
    const waitMs = this.#backOff.delayMs(nowMs)
    if (waitMs > 0) {
      this.#wakeIn(waitMs)
      return
    }
    if (this.#listedAtMs === undefined || nowMs - this.#listedAtMs >= reconcileMs) {
      if (this.#busy.size === 0 && !this.#listing) void this.#list()
      return
    }
    for (const name of this.#due(nowMs)) {
      if (this.#busy.size >= this.#options.requestsMax) break
      if (!this.#busy.has(name)) void this.#send(name)
    }
    this.#wakeIn(this.#nextMs(nowMs))
    if (this.#busy.size === 0) this.#tellIdle()
  }

  shift(deltaMs: number): void {
    this.#backOff.shift(deltaMs)
    if (this.#listedAtMs !== undefined) this.#listedAtMs += deltaMs
    for (const [name, held] of this.#held) {
      const { renewAtMs, retryAtMs } = held
      this.#held.set(name, {
        ...held,
        renewAtMs: renewAtMs + deltaMs,
        retryAtMs: retryAtMs + deltaMs,
      })
    }
    this.kick()
  }

  /** Resolves when nothing is due and nothing is on its way. */
  idle(): Promise<void> {
    return new Promise(resolve => {
      this.#idle.add(resolve)
      this.kick()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelTimer?.()
    this.#tellIdle()
    await this.#options.client.close()
  }

  #tellIdle(): void {
    for (const resolve of this.#idle) resolve()
    this.#idle.clear()
  }

  /** Names for which a request should be on its way. Removals first: they give room. */
  #due(nowMs: number): string[] {
    const removals = [...this.#held]
      .filter(([name, held]) => !this.#wanted.has(name) && held.retryAtMs <= nowMs)
      .map(([name]) => name)
    const puts = [...this.#wanted.keys()].filter(name => {
      const held = this.#held.get(name)
      if (held === undefined) return true
      return held.state === 'in_place' ? held.renewAtMs <= nowMs : held.retryAtMs <= nowMs
    })
    return [...removals, ...puts]
  }

  #nextMs(nowMs: number): number {
    let next = (this.#listedAtMs ?? nowMs) + this.#options.reconcileMs
    for (const [name, held] of this.#held) {
      if (this.#busy.has(name)) continue // its end kicks again
      const isSettled = held.state === 'in_place' && this.#wanted.has(name)
      next = Math.min(next, isSettled ? held.renewAtMs : held.retryAtMs)
    }
    return Math.max(1, next - nowMs)
  }

  #wakeIn(delayMs: number): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.#options.clock.after(Math.ceil(delayMs), () => this.kick())
  }

  async #send(name: string): Promise<void> {
    const { client, clock, observer } = this.#options
    const rule = this.#wanted.get(name)
    this.#busy.add(name)
    const startedMs = clock.now()
    const result = await (rule === undefined ? client.remove(name) : client.put(rule))
    this.#busy.delete(name)
    if (this.#closed) return
    const nowMs = clock.now()
    observer.request(rule === undefined ? 'delete' : 'put', result.outcome, nowMs - startedMs)
    if (result.outcome === 'unreachable') this.#lost(name, result.message)
    else this.#found()
    if (result.outcome === 'pending') this.#listAgainSoon(nowMs)
    if (rule === undefined) {
      this.#afterRemove(name, result, nowMs)
      observer.removed(name, result)
    } else {
      this.#afterPut(rule, result, nowMs)
      observer.put(rule, result)
    }
    this.kick()
  }

  #afterPut(rule: Rule, result: ClientOutcome, nowMs: number): void {
    const { client } = this.#options
    const retryAtMs = nowMs + this.#options.refusedRetryMs
    if (result.outcome === 'committed' || result.outcome === 'pending') {
      const renewAtMs = client.renews ? nowMs + ttlMsOf(rule) / 3 : NEVER
      this.#held.set(rule.name, { state: 'in_place', renewAtMs, retryAtMs: nowMs })
    } else if (result.outcome !== 'unreachable') {
      this.#held.set(rule.name, { state: 'failed', renewAtMs: 0, retryAtMs })
    }
  }

  #afterRemove(name: string, result: ClientOutcome, nowMs: number): void {
    if (result.outcome === 'committed') this.#held.delete(name)
    else if (result.outcome !== 'unreachable') {
      const retryAtMs = nowMs + this.#options.refusedRetryMs
      this.#held.set(name, { state: 'failed', renewAtMs: 0, retryAtMs })
    }
  }

  /** The request may have arrived or not: the agent's list tells, before anything else is sent. */
  #lost(name: string, message: string): void {
    this.#held.set(name, { state: 'unsure', renewAtMs: 0, retryAtMs: 0 })
    this.#backOff.failed(this.#options.clock.now())
    this.#listedAtMs = undefined
    this.#options.observer.reachable(false, message)
  }

  /** A commit is on its way, and only the agent's list tells how it ends. */
  #listAgainSoon(nowMs: number): void {
    const { reconcileMs } = this.#options
    this.#listedAtMs = nowMs - Math.max(0, reconcileMs - PENDING_LIST_MS)
  }

  #found(): void {
    this.#backOff.succeeded()
    this.#options.observer.reachable(true, '')
  }

  async #list(): Promise<void> {
    const { client, clock, observer } = this.#options
    this.#listing = true
    const startedMs = clock.now()
    const result = await client.list()
    this.#listing = false
    if (this.#closed) return
    const nowMs = clock.now()
    if ('unreachable' in result) {
      observer.request('list', 'unreachable', nowMs - startedMs)
      this.#backOff.failed(nowMs)
      observer.reachable(false, result.unreachable)
    } else {
      observer.request('list', 'committed', nowMs - startedMs)
      this.#found()
      this.#listedAtMs = nowMs
      this.#compare(result, nowMs)
      observer.listed(result)
    }
    this.kick()
  }

  /** Takes the agent's word over our belief, and tells each difference once. */
  #compare(list: AgentList, nowMs: number): void {
    const { observer, refusedRetryMs } = this.#options
    const names = new Set(list.rules.map(rule => rule.name))
    const drift = (kind: DriftKind, name: string) => {
      if (this.#adopted) observer.drift(kind, name)
    }
    for (const [name, held] of this.#held) {
      if (names.has(name)) continue
      if (!this.#wanted.has(name) && !list.isGone(name)) {
        this.#listAgainSoon(nowMs)
        continue
      }
      if (held.state === 'in_place' && this.#wanted.has(name)) drift('missing', name)
      if (held.state !== 'failed' || !this.#wanted.has(name)) this.#held.delete(name)
    }
    if (!this.#adopted) {
      const over = endedMeanwhile(this.#wanted.values(), list)
      this.#wanted = new Map([...this.#wanted].filter(([, rule]) => !over.includes(rule)))
      for (const rule of over) observer.expired(rule)
    }
    for (const one of list.rules) {
      const rule = this.#wanted.get(one.name)
      const before = this.#held.get(one.name)
      if (rule === undefined) {
        if (before === undefined && this.#isSpared(one.name)) continue
        if (before === undefined) drift('orphan', one.name)
        this.#held.set(one.name, before ?? { state: 'unsure', renewAtMs: 0, retryAtMs: 0 })
      } else if (one.failed !== undefined) {
        if (before?.state === 'in_place') drift('failed', one.name)
        const retryAtMs = before?.state === 'failed' ? before.retryAtMs : nowMs + refusedRetryMs
        this.#held.set(one.name, { state: 'failed', renewAtMs: 0, retryAtMs })
        observer.put(rule, { outcome: 'failed', message: one.failed })
      } else if (!one.matches(rule)) {
        if (before?.state === 'in_place') drift('different', one.name)
        this.#held.set(one.name, { state: 'unsure', renewAtMs: 0, retryAtMs: 0 })
      } else {
        const renewAtMs = nowMs + renewIn(one, rule)
        this.#held.set(one.name, { state: 'in_place', renewAtMs, retryAtMs: nowMs })
        if (one.isPending) this.#listAgainSoon(nowMs)
        else observer.put(rule, { outcome: 'committed' })
      }
    }
    this.#adopted = true
  }
}
