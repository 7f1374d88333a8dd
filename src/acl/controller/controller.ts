/**
 * The controller: the shell around `decide`. Alerts come in, are put into the book and decided on at
 * once, and answered when they are on disk; rules go out through one loop per ACL agent. A tick
 * twice a second ends holds, watches the clock, prunes, and writes what a full disk kept back.
 *
 * No request waits for a device. No device call changes a decision: what the agents tell is noted on
 * the rules, and the decision is taken again from alerts, rules and time alone.
 */
import { AgentSet, type AgentSetOptions } from './agent-set.ts'
import { ALERT_ORIGINS, type Alert, type AlertOrigin } from './alert.ts'
import type { AskedOrigin } from './alerts-api.ts'
import { CandidateMemo } from './candidate.ts'
import { decide, type KillSwitch, type Refusal } from './decide.ts'
import { DeviceNotes } from './device-notes.ts'
import { Ledger, type LedgerOptions } from './ledger.ts'
import { type DeviceView, refusalLine, stageSeconds } from './life.ts'
import type { ControllerObserver, ControllerSnapshot } from './observer.ts'
import { RefusalMemory } from './refusal-memory.ts'
import { ended } from './review.ts'
import { isRejectable, isUndecided, type Rule } from './rule-state.ts'
import type { ControllerSettings } from './settings.ts'
import { snapshotOf } from './snapshot.ts'
import { narrowWebhook, type WebhookRefusal } from './webhook.ts'

/** A clock that can tell a jump: SteadyClock in production, a hand-driven one in tests. */
export interface JumpingClock {
  now(): number
  takeJump(): number
  after(delayMs: number, task: () => void): () => void
}

export interface ControllerOptions
  extends Pick<AgentSetOptions, 'makeClient' | 'random'>,
    Omit<LedgerOptions, 'now'> {
  readonly settings: ControllerSettings
  readonly clock: JumpingClock
  readonly observer: ControllerObserver
  /** A sender's own list is wanted soon: alerts were left out, or an end is in doubt. */
  readonly syncWanted: (origin: AlertOrigin) => void
}

export type WebhookAnswer =
  | { readonly outcome: 'refused'; readonly reason: WebhookRefusal }
  | {
      readonly outcome: 'taken' | 'not_durable' | 'full'
      readonly alerts: Readonly<Record<string, number>>
      readonly refused: readonly { readonly fingerprint: string; readonly reason: string }[]
    }

/** not_waiting: there is such a rule, and this decision is not open (any more). */
export type OperatorOutcome = 'done' | 'not_found' | 'not_waiting' | 'not_durable'

const TICK_MS = 500

export class Controller {
  readonly #options: ControllerOptions
  readonly #ledger: Ledger
  readonly #agents: AgentSet
  readonly #devices: DeviceNotes
  readonly #refusals = new RefusalMemory()
  readonly #memo = new CandidateMemo()
  #settings: ControllerSettings
  #cancelTick: (() => void) | undefined

  constructor(options: ControllerOptions) {
    const { settings, clock, observer, random, makeClient } = options
    const now = () => clock.now()
    this.#options = options
    this.#settings = settings
    this.#ledger = new Ledger({ ...options, now }, settings.alerts)
    this.#devices = new DeviceNotes({
      ledger: this.#ledger,
      observer,
      now,
      settings: () => this.#settings,
    })
    const observe = (name: string) => this.#devices.observerOf(name)
    this.#agents = new AgentSet({ clock, random, makeClient, observe })
    this.#agents.configure(settings)
  }

  /** Begins to talk to the agents and to tick. */
  start(): void {
    const { alerts, rules } = this.#ledger
    const { isDamaged = false } = this.#options
    this.#ledger.audit({ event: 'started', alerts: alerts.size, rules: rules.all.size, isDamaged })
    this.#agents.start()
    this.tick()
  }

  /** Ends; rules stay on the agents as long as their TTL: a restart must not open the gate. */
  async close(): Promise<void> {
    this.#cancelTick?.()
    await this.#agents.close()
    await this.#ledger.persist()
    this.#ledger.audit({ event: 'stopped' })
  }

  /** A body that could not even be read: told, and the senders' lists are asked in its place. */
  refuseBody(reason: string): void {
    const { observer, syncWanted } = this.#options
    observer.webhook(reason)
    this.#ledger.audit({ event: 'webhook_refused', reason })
    for (const origin of ALERT_ORIGINS) syncWanted(origin)
  }

  /** Resolves when every alert of the body is on disk, or known not to be. */
  async takeWebhook(body: unknown): Promise<WebhookAnswer> {
    const { observer, syncWanted } = this.#options
    const webhook = narrowWebhook(body)
    if (!webhook.ok) {
      observer.webhook(webhook.reason)
      this.#ledger.audit({ event: 'webhook_refused', reason: webhook.reason })
      return { outcome: 'refused', reason: webhook.reason }
    }
    const { alerts, ignored, refused, truncated, origin } = webhook.value
    const counts: Record<string, number> = ignored > 0 ? { ignored } : {}
    for (let left = ignored; left > 0; left--) observer.alert(origin, 'ignored')
    for (const alert of alerts) {
      const outcome = this.#takeAlert(alert)
      // A sender may list for a while what it has told the end of: its list does not ask for itself.
      if (outcome === 'duplicate' && alert.status === 'firing') syncWanted(origin)
      counts[outcome] = (counts[outcome] ?? 0) + 1
    }
    for (const { fingerprint, reason } of refused) {
      observer.alertRefused(reason)
      this.#ledger.audit({ event: 'alert_refused', fingerprint, reason, origin })
    }
    if (truncated > 0) {
      this.#ledger.audit({ event: 'alerts_left_out', count: truncated, origin })
      syncWanted(origin)
    }
    this.#decide()
    const isDurable = await this.#ledger.persist()
    const outcome = !isDurable ? 'not_durable' : counts.full ? 'full' : 'taken'
    observer.webhook(outcome)
    return { outcome, alerts: counts, refused }
  }

  /** The whole of a sender's active alerts: repeats what is there, ends what is not. */
  takeActiveAlerts(active: readonly Alert[], askedMs: number, from: AskedOrigin): void {
    this.#options.observer.alertSync('ok')
    for (const alert of active) this.#takeAlert(alert)
    const keys = new Set(active.map(alert => alert.key))
    for (const { alert, heardAtMs } of this.#ledger.alerts.firing()) {
      const isListed = alert.origin !== from || keys.has(alert.key)
      if (!isListed && heardAtMs < askedMs) this.#takeAlert({ ...alert, status: 'resolved' })
    }
    this.#decide()
    void this.#ledger.persist()
  }

  /** Approves what waits under a name (on all its agents) or an id. */
  approve(what: string, who: string): Promise<OperatorOutcome> {
    const rules = this.named(what).filter(isUndecided)
    for (const rule of rules) this.#ledger.note({ ...rule, approvedBy: who }, 'approved', { who })
    return this.#afterOperator(what, rules)
  }

  /** Rejects what waits, or ends what is active; remembered for the policy's `rejection`. */
  reject(what: string, who: string): Promise<OperatorOutcome> {
    const rules = this.named(what).filter(isRejectable)
    for (const rule of rules) {
      const over = ended(rule, 'rejected', this.#options.clock.now())
      const after: Rule = { ...over, rejectedBy: who }
      this.#options.observer.ended(after, 'rejected')
      this.#ledger.note(after, 'rejected', { who })
    }
    return this.#afterOperator(what, rules)
  }

  get killSwitch(): KillSwitch {
    return this.#ledger.killSwitch
  }

  async setKillSwitch(position: KillSwitch, who: string): Promise<OperatorOutcome> {
    this.#ledger.killSwitch = position
    this.#ledger.audit({ event: 'kill_switch', position, who })
    this.#decide()
    return (await this.#ledger.persist()) ? 'done' : 'not_durable'
  }

  reconfigure(settings: ControllerSettings): void {
    this.#settings = settings
    this.#ledger.alerts.setLimits(settings.alerts)
    this.#agents.configure(settings)
    this.#ledger.audit({ event: 'reconfigured', policies: settings.policies.length })
    this.#decide()
    void this.#ledger.persist()
  }

  get rules(): ReadonlyMap<string, Rule> {
    return this.#ledger.rules.all
  }

  named(what: string): Rule[] {
    return this.#ledger.rules.named(what)
  }

  /** Hits of a rule, and why its ACL agent cannot be reached now. */
  deviceOf(rule: Rule): DeviceView {
    return {
      hits: this.#devices.hitsOf(rule),
      unreachable: this.#agents.unreachable(rule.aclAgent),
    }
  }

  /** What the last decision refused, and why. */
  get refusals(): readonly Refusal[] {
    return this.#refusals.current
  }

  snapshot(): ControllerSnapshot {
    const { alerts, rules, killSwitch, isDurable, journalBytes } = this.#ledger
    return snapshotOf(rules.all, this.#settings, {
      alerts: alerts.size,
      killSwitchEngaged: killSwitch !== 'off',
      isDurable,
      journalBytes,
      agents: this.#agents.snapshot(rules.all.values()),
    })
  }

  /** Resolves when no agent has anything to be sent. */
  idle(): Promise<void> {
    return this.#agents.idle()
  }

  /** What time alone changes. Runs itself again. */
  tick(): void {
    const { clock } = this.#options
    const { alerts, rules } = this.#ledger
    this.#cancelTick?.()
    this.#followClock()
    for (const { fingerprint, origin } of alerts.expire(clock.now())) {
      this.#ledger.audit({ event: 'alert_expired', fingerprint, origin })
    }
    this.#decide()
    const poll = this.#devices.judge()
    if (poll.size > 0) this.#agents.reconcileSoon(poll)
    rules.prune(this.#settings.history, clock.now())
    void this.#ledger.persist()
    this.#cancelTick = clock.after(TICK_MS, () => this.tick())
  }

  #takeAlert(alert: Alert): string {
    const outcome = this.#ledger.alerts.take(alert, this.#options.clock.now())
    this.#options.observer.alert(alert.origin, outcome)
    return outcome
  }

  async #afterOperator(what: string, changed: readonly Rule[]): Promise<OperatorOutcome> {
    if (changed.length === 0) return this.named(what).length > 0 ? 'not_waiting' : 'not_found'
    this.#decide()
    return (await this.#ledger.persist()) ? 'done' : 'not_durable'
  }

  #decide(): void {
    const { clock, observer } = this.#options
    const { rules, alerts, killSwitch } = this.#ledger
    const stillHit = this.#devices.stillHit()
    const policy = { ...this.#settings, killSwitch, stillHit, memo: this.#memo }
    const decision = decide(alerts.firing(), policy, rules.all, clock.now())
    for (const rule of decision.changed) this.#noteDecision(rule)
    for (const refusal of this.#refusals.take(decision.refusals)) {
      observer.refusal(refusal.policy, refusal.reason)
      this.#ledger.audit({ event: 'refused', ...refusalLine(refusal) })
    }
    // Frozen means that what is there stays, also what nobody remembers since the state was damaged.
    const isSpared = (id: string) => killSwitch === 'freeze' && rules.get(id) === undefined
    this.#agents.want(decision.wanted, isSpared)
  }

  #noteDecision(rule: Rule): void {
    const { observer } = this.#options
    const before = this.#ledger.rules.get(rule.id)
    if (before?.phase === rule.phase && before.times.decidedMs === rule.times.decidedMs) {
      const isHeld = rule.quietSinceMs !== undefined && before.quietSinceMs === undefined
      this.#ledger.note(rule, isHeld ? 'held' : undefined)
      return
    }
    observer.phase(rule, rule.phase)
    if (rule.phase === 'active') {
      observer.stage('detect', rule, stageSeconds(rule, 'detect') ?? 0)
      observer.stage('decide', rule, stageSeconds(rule, 'decide') ?? 0)
    }
    if (rule.endReason !== undefined) observer.ended(rule, rule.endReason)
    this.#ledger.note(rule, rule.phase)
  }

  #followClock(): void {
    const jumpMs = this.#options.clock.takeJump()
    if (jumpMs === 0) return
    this.#options.observer.clockJump()
    this.#ledger.shift(jumpMs)
    this.#agents.shift(jumpMs)
    this.#devices.shift(jumpMs)
    this.#ledger.audit({ event: 'clock_jumped', seconds: jumpMs / 1_000 })
  }
}
