/**
 * An ACL agent in memory with the faults of real ones: it can be unreachable, hang, answer 500, refuse
 * a rule, lose power between write and commit, and come back with other rules. Rules of an operator
 * live beside ours and must never change.
 */
import type {
  AgentClient,
  ClientOutcome,
  InstalledRule,
} from '../../../../src/acl/controller/agent-client.ts'
import { ownNamePattern } from '../../../../src/acl/controller/candidate.ts'
import type { Rule } from '../../../../src/acl/controller/rule-state.ts'
import { formatIntent } from '../../../../src/acl/rule/format.ts'

export type Fault =
  | 'none'
  | 'unreachable'
  | 'hang'
  | 'server_error'
  | 'refuse'
  | 'fail_commit'
  | 'power_cut'

const OWN = ownNamePattern('sfb')
const COMMITTED: ClientOutcome = { outcome: 'committed' }

export class Box {
  /** What is in force: name to the rule's line. */
  readonly rules = new Map<string, string>([['operator', '-A FORWARD -d 192.0.2.1 -j DROP']])
  readonly hits = new Map<string, { packets: number; bytes: number }>()
  fault: Fault = 'none'
  countsHits = true
  renews = true
  ttlSeconds = 300
  /** Removals are taken, and the device follows when `leaving` is cleared. */
  commitsLate = false
  readonly leaving = new Set<string>()
  expired = 0
  requests = 0
  puts = 0
  #hanging: (() => void)[] = []
  /** When each of our rules was last put, by the clock of the rig. */
  readonly #putAtMs = new Map<string, number>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** Lines of our rules, sorted; without their names, which are hashes. */
  get lines(): string[] {
    return [...this.rules]
      .filter(([name]) => OWN.test(name))
      .map(([, line]) => line)
      .sort()
  }

  /** Ends what hangs, as a deadline does. */
  expireDeadlines(): void {
    for (const end of this.#hanging.splice(0)) end()
  }

  /** Removes what was not renewed in time, as an agent does by itself. */
  expireAt(nowMs: number): void {
    for (const [name, putAtMs] of this.#putAtMs) {
      if (nowMs - putAtMs < this.ttlSeconds * 1_000) continue
      this.#putAtMs.delete(name)
      if (this.rules.delete(name)) this.expired += 1
    }
  }

  client(): AgentClient {
    const box = this
    return {
      renews: this.renews,
      async list() {
        box.requests += 1
        const fault = await box.#faultOf()
        if (fault !== undefined) return { unreachable: fault }
        if (box.renews) box.expireAt(box.#now())
        const names = [...box.rules.keys()].filter(name => OWN.test(name))
        return {
          rules: names.map(name => box.#installed(name)),
          isGone: name => !box.rules.has(name) && !box.leaving.has(name),
        }
      },
      put: rule => box.#put(rule),
      async remove(name) {
        box.requests += 1
        const fault = await box.#faultOf()
        if (fault !== undefined) return { outcome: 'unreachable', message: fault }
        box.rules.delete(name)
        box.hits.delete(name)
        if (!box.commitsLate) return COMMITTED
        box.leaving.add(name)
        return { outcome: 'pending' }
      },
      close: () => Promise.resolve(),
    }
  }

  async #put(rule: Rule): Promise<ClientOutcome> {
    this.requests += 1
    this.puts += 1
    if (this.fault === 'refuse') return { outcome: 'refused', message: 'answered 422 no' }
    if (this.fault === 'fail_commit') return { outcome: 'failed', message: 'the tool said no' }
    if (this.fault === 'power_cut') {
      // Written to its file, answered to nobody, and not there any more after the reboot.
      this.fault = 'unreachable'
      return { outcome: 'unreachable', message: 'ECONNRESET' }
    }
    const fault = await this.#faultOf()
    if (fault !== undefined) return { outcome: 'unreachable', message: fault }
    this.rules.set(rule.name, lineOf(rule))
    this.#putAtMs.set(rule.name, this.#now())
    if (this.countsHits && !this.hits.has(rule.name))
      this.hits.set(rule.name, { packets: 0, bytes: 0 })
    return COMMITTED
  }

  #installed(name: string): InstalledRule {
    const line = this.rules.get(name)
    const hits = this.hits.get(name)
    return {
      name,
      matches: rule => lineOf(rule) === line,
      ...(this.renews ? { ttlSeconds: this.#leftSeconds(name) } : {}),
      ...(hits === undefined ? {} : { hits: { ...hits } }),
    }
  }

  #leftSeconds(name: string): number {
    return this.ttlSeconds - (this.#now() - (this.#putAtMs.get(name) ?? this.#now())) / 1_000
  }

  async #faultOf(): Promise<string | undefined> {
    if (this.fault === 'hang') {
      await new Promise<void>(resolve => this.#hanging.push(resolve))
      return 'deadline exceeded'
    }
    if (this.fault === 'unreachable') return 'ECONNREFUSED'
    return this.fault === 'server_error' ? 'answered 500' : undefined
  }
}

export function lineOf(rule: Rule): string {
  return formatIntent(rule.intent).at(-1) as string
}
