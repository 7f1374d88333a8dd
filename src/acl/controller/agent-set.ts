/**
 * The loops of all ACL agents: made, replaced and ended as the configuration says, and given each
 * its share of the wanted rules. An agent that is taken out of the configuration is emptied first:
 * its loop stays until it holds nothing of ours, or until its time is up.
 */
import type { AgentClient } from './agent-client.ts'
import { AgentLoop } from './agent-loop.ts'
import type { AgentObserver } from './agent-observer.ts'
import type { Clock } from './clock.ts'
import type { AgentSnapshot } from './observer.ts'
import { type Rule, ruleId } from './rule-state.ts'
import type { AgentSettings, ControllerSettings } from './settings.ts'

export interface AgentSetOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly makeClient: (agent: AgentSettings, namePrefix: string) => AgentClient
  readonly observe: (agent: string) => AgentObserver
}

interface Member {
  readonly loop: AgentLoop
  readonly settings: AgentSettings
  readonly text: string
  /** Undefined: never asked. */
  isReachable: boolean | undefined
  /** Why it cannot be reached. */
  message: string
  lastContactMs?: number
}

/** How long an agent that was taken out may take to let go of our rules; its TTL does the rest. */
const LEAVING_MS = 30_000

export class AgentSet {
  readonly #options: AgentSetOptions
  readonly #members = new Map<string, Member>()
  readonly #leaving = new Set<AgentLoop>()
  #started = false

  constructor(options: AgentSetOptions) {
    this.#options = options
  }

  /** Keeps loops whose settings are the same: their connections and their knowledge are worth it. */
  configure(settings: ControllerSettings): void {
    const common = [settings.namePrefix, settings.reconcileMs, settings.refusedRetryMs]
    const wanted = new Map(settings.agents.map(agent => [agent.name, agent]))
    for (const [name, member] of this.#members) {
      const agent = wanted.get(name)
      if (agent !== undefined && member.text === JSON.stringify([agent, common])) continue
      this.#members.delete(name)
      this.#retire(member.loop, agent === undefined)
    }
    for (const agent of settings.agents) {
      if (this.#members.has(agent.name)) continue
      const text = JSON.stringify([agent, common])
      this.#members.set(agent.name, {
        loop: this.#makeLoop(agent, settings),
        settings: agent,
        text,
        isReachable: undefined,
        message: '',
      })
    }
  }

  /** Loops do nothing before this: what is wanted has to be known before orphans are removed. */
  start(): void {
    this.#started = true
  }

  /** Rules that have our names and nobody knows are spared or not: see `AgentLoop.want`. */
  want(rules: readonly Rule[], isSpared: (id: string) => boolean): void {
    if (!this.#started) return
    for (const [name, { loop }] of this.#members) {
      const own = rules.filter(rule => rule.aclAgent === name)
      loop.want(own, rule => isSpared(ruleId(rule, name)))
    }
  }

  /** Why an agent cannot be reached; undefined: it can, or was not asked yet. */
  unreachable(name: string): string | undefined {
    const member = this.#members.get(name)
    return member?.isReachable === false ? member.message : undefined
  }

  reconcileSoon(agents: ReadonlySet<string>): void {
    for (const name of agents) this.#members.get(name)?.loop.reconcileSoon()
  }

  shift(deltaMs: number): void {
    for (const { loop } of this.#members.values()) loop.shift(deltaMs)
  }

  snapshot(rules: Iterable<Rule>): AgentSnapshot[] {
    const counts = new Map<string, number>()
    for (const { aclAgent, phase } of rules) {
      if (phase === 'active') counts.set(aclAgent, (counts.get(aclAgent) ?? 0) + 1)
    }
    return [...this.#members.values()].map(({ loop, settings, isReachable, lastContactMs }) => ({
      name: settings.name,
      isReachable: isReachable === true,
      isCircuitOpen: loop.isOpen,
      queueLength: loop.queueLength,
      rules: counts.get(settings.name) ?? 0,
      rulesMax: settings.rulesMax,
      ...(lastContactMs === undefined ? {} : { lastContactMs }),
    }))
  }

  /** Resolves when every loop has nothing to send. */
  async idle(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ loop }) => loop.idle()))
  }

  async close(): Promise<void> {
    const loops = [...[...this.#members.values()].map(member => member.loop), ...this.#leaving]
    await Promise.all(loops.map(loop => loop.close()))
  }

  #makeLoop(agent: AgentSettings, settings: ControllerSettings): AgentLoop {
    const { clock, random, makeClient, observe } = this.#options
    const observer = observe(agent.name)
    return new AgentLoop({
      name: agent.name,
      client: makeClient(agent, settings.namePrefix),
      clock,
      random,
      backOff: settings.backOff,
      reconcileMs: settings.reconcileMs,
      refusedRetryMs: settings.refusedRetryMs,
      requestsMax: settings.requestsMax,
      observer: {
        ...observer,
        reachable: (isReachable, message) =>
          this.#noteReachable(agent.name, isReachable, message, observer),
      },
    })
  }

  /** Told on only when it changes. */
  #noteReachable(name: string, isReachable: boolean, message: string, observer: AgentObserver) {
    const member = this.#members.get(name)
    if (member === undefined) return
    const changed = member.isReachable !== isReachable
    member.isReachable = isReachable
    member.message = message
    if (isReachable) member.lastContactMs = this.#options.clock.now()
    if (changed) observer.reachable(isReachable, message)
  }

  #retire(loop: AgentLoop, isGone: boolean): void {
    if (!isGone || !this.#started) {
      void loop.close()
      return
    }
    this.#leaving.add(loop)
    loop.want([])
    const end = () => {
      if (!this.#leaving.delete(loop)) return
      cancel()
      void loop.close()
    }
    const cancel = this.#options.clock.after(LEAVING_MS, end)
    void loop.idle().then(end)
  }
}
