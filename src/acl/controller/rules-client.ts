/**
 * Our own ACL agents: `/api/v1/rules`. A PUT waits for the commit, so its answer is the truth about
 * the device; the same content again only renews the life of the rule. Where the wait is over
 * before the commit is, the next list tells. A removal is over when the agent says that the device
 * is without the rule: that nobody wants it any more is not enough.
 */
import { type Intent, validateIntent } from '../rule/intent.ts'
import type { AgentClient, AgentList, ClientOutcome, InstalledRule } from './agent-client.ts'
import { isRecord } from './alert.ts'
import { answerText, outcomeOf } from './outcome.ts'
import type { Rule } from './rule-state.ts'
import type { Reply, Transport } from './transport.ts'

export interface RulesClientOptions {
  readonly transport: Pick<Transport, 'request' | 'close'>
  /** Names that are ours; no other is listed, changed or removed. */
  readonly ownName: RegExp
  /** How long the agent may let a request wait for its commit; below the deadline. */
  readonly waitSeconds: number
}

export class RulesClient implements AgentClient {
  readonly renews = true
  readonly #options: RulesClientOptions

  constructor(options: RulesClientOptions) {
    this.#options = options
  }

  async list(): Promise<AgentList | { readonly unreachable: string }> {
    const reply = await this.#options.transport.request('GET', '/api/v1/rules')
    if ('unreachable' in reply) return reply
    const { rules, removing, settled } = isRecord(reply.json) ? reply.json : {}
    if (reply.status !== 200 || !Array.isArray(rules)) {
      return { unreachable: `the list was answered with ${reply.status}` }
    }
    const installed = (rules as readonly unknown[]).flatMap(item => this.#installed(item))
    const there = new Set<unknown>([
      ...installed.map(rule => rule.name),
      ...(Array.isArray(removing) ? removing : []),
    ])
    return { rules: installed, isGone: name => settled !== false && !there.has(name) }
  }

  async put(rule: Rule): Promise<ClientOutcome> {
    const path = `/api/v1/rules/${rule.name}?wait=${this.#options.waitSeconds}s`
    const reply = await this.#options.transport.request('PUT', path, rule.intent)
    return commitOutcome(reply)
  }

  async remove(name: string): Promise<ClientOutcome> {
    const path = `/api/v1/rules/${name}?wait=${this.#options.waitSeconds}s`
    const reply = await this.#options.transport.request('DELETE', path)
    if ('status' in reply && reply.status === 404) return { outcome: 'committed' }
    if ('status' in reply && errorCode(reply.json) === 'unsettled') return { outcome: 'pending' }
    return commitOutcome(reply)
  }

  close(): Promise<void> {
    return this.#options.transport.close()
  }

  #installed(item: unknown): InstalledRule[] {
    if (!isRecord(item) || typeof item.name !== 'string') return []
    if (!this.#options.ownName.test(item.name)) return []
    const intent = validateIntent(item.intent)
    const hits = hitsOf(item.hits)
    const { expiresInSeconds } = item
    return [
      {
        name: item.name,
        matches: rule => intent.ok && sameIntent(intent.value, rule.intent),
        ...(typeof expiresInSeconds === 'number' ? { ttlSeconds: expiresInSeconds } : {}),
        ...(hits === undefined ? {} : { hits }),
        ...(item.state === 'pending' ? { isPending: true } : {}),
      },
    ]
  }
}

/** 202: taken, not in force yet. 409: taken, and could not be put in force. 507: no room for it. */
function commitOutcome(reply: Reply): ClientOutcome {
  if ('status' in reply && reply.status === 202) return { outcome: 'pending' }
  if ('status' in reply && reply.status === 507) {
    return { outcome: 'refused', message: answerText(reply) }
  }
  const outcome = outcomeOf(reply, status => status >= 200 && status < 300)
  if (outcome.outcome !== 'refused') return outcome
  return 'status' in reply && reply.status === 409 ? { ...outcome, outcome: 'failed' } : outcome
}

function errorCode(json: unknown): unknown {
  const error = isRecord(json) ? json.error : undefined
  return isRecord(error) ? error.code : undefined
}

/** What it does to which packets. Reason and cause may differ: they tell the value of the day. */
function sameIntent(one: Intent, other: Intent): boolean {
  return (
    canonical(one.match) === canonical(other.match) &&
    canonical(one.action) === canonical(other.action)
  )
}

function canonical(shape: object): string {
  return JSON.stringify(
    Object.entries(shape)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

function hitsOf(value: unknown): { packets: number; bytes: number } | undefined {
  if (!isRecord(value)) return undefined
  const { packets, bytes } = value
  return typeof packets === 'number' && typeof bytes === 'number' ? { packets, bytes } : undefined
}
