/**
 * When to commit: soon after the first change (so that a burst is one commit), never two at once,
 * with a pause in between, again with growing delays while the device is degraded, and whenever the
 * device is found to differ from what was put on it. The caller learns the outcome by `settled`.
 */
import type { Backend, Hits, ReadBack } from '../backends/backend.ts'
import type { Clock } from './clock.ts'
import { type CommitOutcome, commit } from './commit.ts'
import type { AgentObserver } from './observer.ts'
import type { Settled, WantedSet } from './wanted-set.ts'

export interface CommitTiming {
  /** From the first change to its commit. */
  readonly coalesceMs: number
  /** From the end of a commit to the next: as long as it took, at most this. */
  readonly pauseMs: number
  /** First and longest delay while the device is degraded. */
  readonly retryMinMs: number
  readonly retryMaxMs: number
  /** Between two looks for drift; 0: never. */
  readonly driftMs: number
  /** How old the counters of an answer may be. */
  readonly hitsAgeMs: number
  /** Changes in one commit: bounds how long the search for a bad rule takes. */
  readonly changesMax: number
}

export interface CommitLoopOptions {
  readonly backend: Backend
  readonly wanted: WantedSet
  readonly clock: Clock
  readonly timing: CommitTiming
  readonly observer: AgentObserver
  readonly settled: (settled: Settled) => void
  readonly told: (event: DeviceEvent, message: string) => void
}

/** `drift`: the device did not have what was put there. */
export type DeviceEvent = 'degraded' | 'recovered' | 'drift'

/** A list of what is wanted must not wait for a device that hangs. */
const HITS_WAIT_MS = 2_000

export class CommitLoop {
  readonly #options: CommitLoopOptions
  #cancelCommit: (() => void) | undefined
  #cancelDrift: (() => void) | undefined
  #running: Promise<void> | undefined
  #again = false
  #stopped = false
  #failures = 0
  #lastEndMs = Number.NEGATIVE_INFINITY
  #lastTookMs = 0
  #fingerprint: string | undefined
  #readBack: { readonly atMs: number; readonly result: Promise<ReadBack> } | undefined
  /** Empty while the device has what it shall have. */
  degradedMessage = ''
  lastSuccessWallMs = 0

  constructor(options: CommitLoopOptions) {
    this.#options = options
  }

  /** The first commit, whatever is wanted; then looks for drift at times. */
  async start(): Promise<void> {
    await this.#run()
    this.#watchDrift()
  }

  /** There is something to commit. */
  request(): void {
    if (this.#stopped) return
    if (this.#running !== undefined) this.#again = true
    else if (this.degradedMessage === '') this.#schedule(this.#options.timing.coalesceMs)
  }

  /** Counters and fingerprint as they are now, or were a moment ago. */
  readBack(): Promise<ReadBack> {
    const nowMs = this.#options.clock.monotonicMs()
    const last = this.#readBack
    if (last !== undefined && nowMs - last.atMs <= this.#options.timing.hitsAgeMs)
      return last.result
    const result = this.#options.backend.readBack()
    const { observer } = this.#options
    result.then(
      ({ missing }) => missing && observer.readBackFailed(new Error(missing)),
      error => observer.readBackFailed(error as Error),
    )
    this.#readBack = { atMs: nowMs, result }
    return result
  }

  /** Packets and bytes by name; empty if the device cannot say, or not soon. */
  async hits(): Promise<ReadonlyMap<string, Hits>> {
    const late = Promise.withResolvers<ReadonlyMap<string, Hits>>()
    const cancel = this.#options.clock.after(HITS_WAIT_MS, () => late.resolve(new Map()))
    const read = this.readBack().then(
      back => back.hits,
      () => new Map(),
    )
    return Promise.race([read, late.promise]).finally(cancel)
  }

  /** Ends the timers; fulfilled when no commit is under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelCommit?.()
    this.#cancelDrift?.()
    await this.#running
  }

  #schedule(delayMs: number): void {
    if (this.#cancelCommit !== undefined) return
    const { clock, timing } = this.#options
    const pauseMs = Math.min(timing.pauseMs, this.#lastTookMs)
    const restMs = this.#lastEndMs + pauseMs - clock.monotonicMs()
    this.#cancelCommit = clock.after(Math.max(delayMs, restMs), () => {
      this.#cancelCommit = undefined
      void this.#run()
    })
  }

  #run(): Promise<void> {
    const startMs = this.#options.clock.monotonicMs()
    this.#running = this.#commit().finally(() => {
      this.#running = undefined
      this.#lastEndMs = this.#options.clock.monotonicMs()
      this.#lastTookMs = this.#lastEndMs - startMs
      if (this.#stopped) return
      if (this.degradedMessage !== '') this.#schedule(this.#retryDelayMs())
      else if (this.#again) this.#schedule(0)
      this.#again = false
    })
    return this.#running
  }

  async #commit(): Promise<void> {
    const { backend, wanted, clock, timing, observer } = this.#options
    const startMs = clock.monotonicMs()
    const plan = wanted.plan(timing.changesMax)
    this.#fingerprint = undefined
    const outcome = await commit(backend, plan)
    this.#readBack = undefined
    observer.commit({
      state: outcome.state,
      seconds: (clock.monotonicMs() - startMs) / 1_000,
      changes: plan.changes.length,
      failed: outcome.failed.size,
      applies: outcome.applies,
      rollbacks: outcome.rollbacks,
    })
    if (outcome.state === 'degraded') {
      this.#failures += 1
      this.degradedMessage = outcome.message
      this.#options.told('degraded', outcome.message)
      return
    }
    if (this.degradedMessage !== '') {
      this.#options.told('recovered', `after ${this.#failures} commits that failed`)
    }
    this.#failures = 0
    this.degradedMessage = ''
    this.lastSuccessWallMs = clock.wallMs()
    this.#settle(plan, outcome)
    await this.#remember()
  }

  #settle(plan: ReturnType<WantedSet['plan']>, outcome: CommitOutcome): void {
    this.#options.settled(this.#options.wanted.settle(plan, outcome))
    if (this.#options.wanted.hasPending()) this.#again = true
  }

  /** What the device says right after a commit is what it shall say until the next. */
  async #remember(): Promise<void> {
    try {
      this.#fingerprint = (await this.readBack()).fingerprint
    } catch {
      // Told by readBack. The next look for drift commits again, as soon as the device can be asked.
    }
  }

  #retryDelayMs(): number {
    const { retryMinMs, retryMaxMs } = this.#options.timing
    return Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(20, this.#failures - 1))
  }

  #watchDrift(): void {
    const { driftMs } = this.#options.timing
    if (driftMs === 0 || this.#stopped) return
    this.#cancelDrift = this.#options.clock.after(driftMs, () => {
      void this.checkDrift().finally(() => this.#watchDrift())
    })
  }

  /** Compares the device with what was put on it; commits again if it differs. */
  async checkDrift(): Promise<void> {
    await this.#running
    const before = this.#fingerprint
    if (this.degradedMessage !== '') return
    this.#readBack = undefined
    const now = await this.readBack().catch(() => undefined)
    if (now === undefined || this.#fingerprint !== before || now.fingerprint === before) return
    // After the last commit it could not be asked: what it has now may be anything.
    if (before === undefined) return this.request()
    this.#options.observer.drift()
    this.#options.told('drift', 'the device did not have what was put there')
    this.request()
  }
}
