/** What the answer to a change means, for both kinds of ACL agents. */
import { type ClientOutcome, shortMessage } from './agent-client.ts'
import type { Answer, Reply } from './transport.ts'

/** 4xx: it will not have it. 5xx: it could not, which may pass. */
export function outcomeOf(reply: Reply, isDone: (status: number) => boolean): ClientOutcome {
  if ('unreachable' in reply) return { outcome: 'unreachable', message: reply.unreachable }
  if (isDone(reply.status)) return { outcome: 'committed' }
  const message = answerText(reply)
  // Credentials that are wrong, too early, too many: not a word about the rule itself.
  const isAboutUs = [401, 403, 408, 429].includes(reply.status)
  return { outcome: reply.status >= 500 || isAboutUs ? 'unreachable' : 'refused', message }
}

/** `answered 422 what it said`, short and printable. */
export function answerText({ status, json }: Answer): string {
  return `answered ${status} ${shortMessage(errorText(json))}`.trim()
}

function errorText(json: unknown): string {
  if (typeof json !== 'object' || json === null) return ''
  const error = (json as { error?: unknown }).error
  if (typeof error === 'string') return error
  const message = (error as { message?: unknown } | undefined)?.message
  return typeof message === 'string' ? message : ''
}
