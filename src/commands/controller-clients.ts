/** Connections of the controller, made from the configuration: credentials and certificates are read here. */
import { readFileSync } from 'node:fs'
import type { AgentClient } from '../acl/controller/agent-client.ts'
import { ownNamePattern } from '../acl/controller/candidate.ts'
import type { Clock } from '../acl/controller/clock.ts'
import { LegacyClient } from '../acl/controller/legacy-client.ts'
import { RulesClient } from '../acl/controller/rules-client.ts'
import type {
  AgentSettings,
  ControllerSettings,
  EndpointSettings,
} from '../acl/controller/settings.ts'
import { Transport } from '../acl/controller/transport.ts'
import { formatIntent } from '../acl/rule/format.ts'
import { UsageError } from '../usage-error.ts'

/** Beyond the time that the agent may let us wait for a commit, for the way there and back. */
const MARGIN_MS = 1_000

export function agentClient(
  agent: AgentSettings,
  namePrefix: string,
  connectionsMax: number,
  clock: Clock,
): AgentClient {
  const ownName = ownNamePattern(namePrefix)
  if (agent.kind === 'sflow-bridge') {
    const transport = transportTo(agent.endpoint, connectionsMax, MARGIN_MS)
    const waitSeconds = Math.max(1, Math.floor(agent.endpoint.timeout / 1_000))
    return new RulesClient({ transport, ownName, waitSeconds })
  }
  const transport = transportTo(agent.endpoint, connectionsMax)
  const { settleMs, rulePlacement } = agent
  const linesOf = (rule: { intent: Parameters<typeof formatIntent>[0] }) =>
    formatIntent(rule.intent, rulePlacement, agent.inInterface)
  return new LegacyClient({ transport, clock, ownName, settleMs, linesOf })
}

export function transportTo(
  endpoint: EndpointSettings,
  connectionsMax: number,
  marginMs = 0,
): Transport {
  const authorization = authorizationOf(endpoint)
  const { tls_config: tls } = endpoint
  const pem = (file: string | undefined) => (file === undefined ? undefined : readPem(file))
  const settings = tls && {
    ca: pem(tls.ca_file),
    cert: pem(tls.cert_file),
    key: pem(tls.key_file),
    servername: tls.server_name,
    rejectUnauthorized: !tls.insecure_skip_verify,
  }
  return new Transport({
    url: endpoint.url,
    connectionsMax,
    deadlineMs: endpoint.timeout + marginMs,
    ...(authorization === undefined ? {} : { authorization }),
    ...(settings === undefined ? {} : { tls: withoutUndefined(settings) }),
  })
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new UsageError(`tls_config: ${file} cannot be read (${reason})`)
  }
}

/** Throws if a connection of these settings could not be made: asked before any of it is in force. */
export async function checkEndpoints({ agents, askedSenders }: ControllerSettings): Promise<void> {
  const endpoints = [...agents.map(agent => agent.endpoint), ...Object.values(askedSenders)]
  for (const endpoint of endpoints) await transportTo(endpoint, 1).close()
}

function authorizationOf({ bearer_token, basic_auth }: EndpointSettings): string | undefined {
  if (bearer_token !== undefined) return `Bearer ${bearer_token}`
  if (basic_auth === undefined) return undefined
  const { username, password } = basic_auth
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

type Defined<Shape> = { readonly [K in keyof Shape]?: NonNullable<Shape[K]> }

function withoutUndefined<Shape extends object>(shape: Shape): Defined<Shape> {
  const entries = Object.entries(shape).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Defined<Shape>
}
