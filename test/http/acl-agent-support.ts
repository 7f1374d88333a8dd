/** An ACL agent behind its HTTP server, over a device of the test's choice. */
import type { ExecutionContext } from 'ava'
import type { AclAgentOptions } from '../../src/acl/agent/agent-options.ts'
import { systemClock } from '../../src/acl/agent/clock.ts'
import type { Backend } from '../../src/acl/backends/backend.ts'
import { aclAgentRoutes } from '../../src/http/acl-agent-app.ts'
import { tellRefusals } from '../../src/http/acl-agent-refusal.ts'
import type { HttpServerOptions } from '../../src/http/server.ts'
import { FakeBackend, LIMITS, startAgent, TIMING } from '../acl/agent/support.ts'
import { start } from './support.ts'

export interface ServedAgent {
  readonly url: string
  readonly backend: Backend
  readonly seen: readonly string[]
  readonly audit: readonly Readonly<Record<string, unknown>>[]
  /** Sends JSON, answers with status, headers and the parsed body. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly json: any
}

export async function serveAgent(
  t: ExecutionContext,
  backend: Backend = new FakeBackend(),
  options: Partial<HttpServerOptions> = {},
  agentOptions: Partial<AclAgentOptions> = {},
): Promise<ServedAgent> {
  const timing = { ...TIMING, coalesceMs: 5, pauseMs: 0, retryMinMs: 20, retryMaxMs: 50 }
  const limits = () => ({ ...LIMITS, rulesMax: 1_000, rulesPerPolicyMax: 1_000, budget: 10_000 })
  const { agent, audit, seen } = await startAgent(
    {},
    { backend, clock: systemClock, timing, limits, ...agentOptions },
  )
  const routes = aclAgentRoutes({ agent, backend, clock: systemClock })
  const server = await start(t, { refused: tellRefusals(agent), ...options }, routes)
  t.teardown(() => agent.stop())
  return {
    url: server.url,
    backend,
    audit,
    seen,
    async ask(method, path, body, headers = {}) {
      const response = await fetch(server.url + path, {
        method,
        headers: {
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const json = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined
      return { status: response.status, headers: response.headers, text, json }
    },
  }
}

export const DROP = {
  action: { type: 'drop' },
  match: { family: 'ipv4', destination: '10.0.0.1', protocol: 'udp', sourcePort: 53 },
  owner: 'controller',
  policy: 'ddos',
  reason: 'flood',
}
