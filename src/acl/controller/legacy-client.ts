/**
 * The ACL servers that are on switches today: `PUT|GET|DELETE /acl/NAME` with an array of lines.
 * The oldest answers a PUT with 201 when the commit is over. Its successor answers 202, commits
 * later, all files at once or none, and keeps the output of the last failed commit at
 * `/acl/lasterror` (204 when there is none). It never tells which file was at fault, so rules are put
 * in rounds: if a round breaks the commit, the whole round is taken back, and its rules are tried
 * one at a time. These servers have no TTL and no hit counters; the controller's own end is the end.
 */
import {
  type AgentClient,
  type AgentList,
  type ClientOutcome,
  type InstalledRule,
  shortMessage,
} from './agent-client.ts'
import type { Clock } from './clock.ts'
import { outcomeOf } from './outcome.ts'
import type { Rule } from './rule-state.ts'
import type { Transport } from './transport.ts'

export interface LegacyOptions {
  readonly transport: Pick<Transport, 'request' | 'close'>
  readonly clock: Clock
  /** Names that are ours; no other is listed, changed or removed. */
  readonly ownName: RegExp
  /** How long the server takes for a commit after its 202. */
  readonly settleMs: number
  /** The lines of a rule, beginning with a section such as `[iptables]`. */
  readonly linesOf: (rule: Rule) => readonly string[]
}

interface Waiting {
  readonly rule: Rule
  readonly done: (outcome: ClientOutcome) => void
}

const COMMITTED: ClientOutcome = { outcome: 'committed' }
const LIST_MAX = 10_000

export class LegacyClient implements AgentClient {
  readonly renews = false
  readonly #options: LegacyOptions
  #waiting: Waiting[] = []
  #running = false

  constructor(options: LegacyOptions) {
    this.#options = options
  }

  async list(): Promise<AgentList | { readonly unreachable: string }> {
    const { transport, ownName } = this.#options
    const names = await transport.request('GET', '/acl/')
    if ('unreachable' in names) return names
    if (names.status !== 200 || !Array.isArray(names.json)) {
      return { unreachable: `the list was answered with ${names.status}` }
    }
    const error = await this.#lastError()
    if (typeof error === 'object') return error
    const installed: InstalledRule[] = []
    for (const name of names.json.slice(0, LIST_MAX) as readonly unknown[]) {
      if (typeof name !== 'string' || !ownName.test(name)) continue
      const file = await transport.request('GET', `/acl/${name}`)
      if ('unreachable' in file) return file
      if (file.status === 200) installed.push(this.#installed(name, file.json, error))
    }
    const there = new Set(names.json as readonly unknown[])
    // While the last commit stands as failed, what has no file any more may be in force still.
    return { rules: installed, isGone: name => error === undefined && !there.has(name) }
  }

  put(rule: Rule): Promise<ClientOutcome> {
    return new Promise(done => {
      this.#waiting.push({ rule, done })
      if (!this.#running) void this.#run()
    })
  }

  async remove(name: string): Promise<ClientOutcome> {
    const outcome = await this.#delete(name)
    if (outcome.outcome !== 'committed') return outcome
    // The file is gone. Its rules are in force for as long as the commit of that fails.
    const error = await this.#errorAfterCommit()
    if (error === undefined) return outcome
    if (typeof error === 'object') return { outcome: 'unreachable', message: error.unreachable }
    return { outcome: 'failed', message: error }
  }

  close(): Promise<void> {
    for (const { done } of this.#waiting) done({ outcome: 'unreachable', message: 'closed' })
    this.#waiting = []
    return this.#options.transport.close()
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      const round = this.#waiting
      this.#waiting = []
      await this.#round(round)
    }
    this.#running = false
  }

  async #round(round: readonly Waiting[]): Promise<void> {
    const before = await this.#lastError()
    const taken: Waiting[] = []
    let later = false
    for (const waiting of round) {
      const lines = this.#options.linesOf(waiting.rule)
      const path = `/acl/${waiting.rule.name}`
      const reply = await this.#options.transport.request('PUT', path, lines)
      const outcome = outcomeOf(reply, status => status >= 200 && status < 300)
      if (outcome.outcome !== 'committed') waiting.done(outcome)
      else taken.push(waiting)
      later ||= 'status' in reply && reply.status === 202
    }
    if (taken.length === 0) return
    const error = later ? await this.#errorAfterCommit() : undefined
    if (error === undefined) return tellAll(taken, COMMITTED)
    if (typeof error === 'object') {
      return tellAll(taken, { outcome: 'unreachable', message: error.unreachable })
    }
    if (before !== undefined) {
      // It failed before we came: somebody else's file. Ours will land when that one is mended.
      return tellAll(taken, { outcome: 'failed', message: `commit was failing before: ${error}` })
    }
    await this.#takeBack(taken, error)
  }

  async #takeBack(taken: readonly Waiting[], error: string): Promise<void> {
    for (const { rule } of taken) await this.#delete(rule.name)
    await this.#errorAfterCommit()
    if (taken.length === 1) return tellAll(taken, { outcome: 'failed', message: error })
    for (const one of taken) await this.#round([one])
  }

  async #delete(name: string): Promise<ClientOutcome> {
    const reply = await this.#options.transport.request('DELETE', `/acl/${name}`)
    return outcomeOf(reply, status => status < 300 || status === 404)
  }

  async #errorAfterCommit() {
    await new Promise<void>(resolve => this.#options.clock.after(this.#options.settleMs, resolve))
    return this.#lastError()
  }

  /** A text: the last commit failed. Undefined: it did not, or the server keeps no such thing. */
  async #lastError(): Promise<string | undefined | { readonly unreachable: string }> {
    const reply = await this.#options.transport.request('GET', '/acl/lasterror')
    if ('unreachable' in reply) return reply
    if (reply.status !== 200 || isNothing(reply.json)) return undefined
    return shortMessage(JSON.stringify(reply.json) ?? 'unknown')
  }

  #installed(name: string, json: unknown, error: string | undefined): InstalledRule {
    const text = Array.isArray(json) ? withoutComments(json) : undefined
    const matches = (rule: Rule) => withoutComments(this.#options.linesOf(rule)) === text
    return error === undefined ? { name, matches } : { name, matches, failed: error }
  }
}

/** Servers that have no error say 204, 404, or one of these. */
function isNothing(json: unknown): boolean {
  if (typeof json === 'object' && json !== null) return Object.keys(json).length === 0
  return json === null || json === '' || json === false
}

/** A comment tells the value of the day; the rule is the same without it. */
function withoutComments(lines: readonly unknown[]): string {
  return lines.filter(line => typeof line === 'string' && !line.startsWith('#')).join('\n')
}

function tellAll(round: readonly Waiting[], outcome: ClientOutcome): void {
  for (const { done } of round) done(outcome)
}
