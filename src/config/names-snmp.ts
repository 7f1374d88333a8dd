/** `names.snmp`: which agents are asked for the names of their interfaces by SNMP, and with which secrets. */
import { z } from 'zod'
import { AUTH_PROTOCOLS, PRIVACY_PROTOCOLS, type SnmpSettings } from '../names/settings.ts'
import { cidr, count, duration, secret } from './kinds.ts'

/** RFC 3414: a password of fewer than 8 characters is not taken. */
const PASSWORD_LENGTH_MIN = 8
const password = secret.min(PASSWORD_LENGTH_MIN, 'SNMPv3 wants at least 8 characters')

const user = z
  .strictObject({
    name: z.string().min(1).max(32).describe('The security name.'),
    auth: z
      .strictObject({
        protocol: z.enum(AUTH_PROTOCOLS).default('sha256').describe('How messages are signed.'),
        password: password.describe('The password to sign with.'),
      })
      .optional()
      .describe('Signs messages.'),
    privacy: z
      .strictObject({
        protocol: z
          .enum(PRIVACY_PROTOCOLS)
          .default('aes')
          .describe(
            'How they are encrypted: AES-128, or AES-256 by Blumenthal or by Reeder (Cisco).',
          ),
        password: password.describe('The password to encrypt with.'),
      })
      .optional()
      .describe('Encrypts messages.'),
  })
  .refine(({ auth, privacy }) => auth !== undefined || privacy === undefined, {
    message: 'privacy needs auth',
  })

const target = z
  .strictObject({
    agents: z.array(cidr).min(1).max(1_000).describe('Ranges of agent addresses.'),
    community: secret.optional().describe('Asks by version 2c with this community.'),
    user: user.optional().describe('Asks by version 3 as this user.'),
    context: z.string().max(32).default('').describe('The context of version 3.'),
    port: z.int().min(1).max(65_535).default(161).describe('The UDP port that is asked.'),
    timeout: duration({
      default: '1s',
      min: '50ms',
      max: '1m',
      what: 'How long an answer to one request is waited for.',
      reason: 'switches answer in milliseconds, the control plane of a busy one in some hundred.',
    }),
    retries: count({
      default: 1,
      min: 0,
      max: 10,
      unit: 'requests',
      what: 'How often a request is sent again.',
      reason: 'one loss is bad luck; after two the agent is asked again later.',
    }),
  })
  .refine(one => (one.community === undefined) !== (one.user === undefined), {
    message: 'expected either community (version 2c) or user (version 3)',
  })

export const snmpSchema = z.strictObject({
  targets: z
    .array(target)
    .max(256)
    .default([])
    .describe(
      'Whom to ask and how; of several that hold an agent the first is used. None: nobody is asked. The agent address in a datagram may be forged: name ranges in which nobody else listens.',
    ),
  refresh: duration({
    default: '1h',
    min: '1m',
    max: '7d',
    what: 'How often an agent that answered is asked again.',
    reason: 'descriptions change by hand; new interfaces are asked for at once.',
  }),
  concurrency: count({
    default: 64,
    max: 1_024,
    unit: 'agents',
    what: 'Agents that are asked at one time.',
    reason: 'a thousand dead ones are through within 32 s; each is one socket.',
  }),
  agents: count({
    default: 4_096,
    max: 1_000_000,
    unit: 'agents',
    what: 'Agents that are asked at all.',
    reason: 'as many as limits.agents remembers by default.',
  }),
  interfaces_per_agent: count({
    default: 8_192,
    max: 1_000_000,
    unit: 'interfaces',
    what: 'Interfaces of one agent whose names are taken.',
    reason: 'as many as limits.interfaces_per_agent by default.',
  }),
  walk_timeout: duration({
    default: '20s',
    min: '1s',
    max: '10m',
    what: 'How long all questions to one agent may take together.',
    reason: 'less than the 30 s that a new interface waits for its name.',
  }),
})

/** As the SNMP thread wants it; undefined if nobody is to be asked. */
export function snmpSettings(
  { targets, ...snmp }: z.output<typeof snmpSchema>,
  nameBytesMax: number,
): SnmpSettings | undefined {
  if (targets.length === 0) return undefined
  return {
    targets: targets.map(({ agents, community, user, context, port, timeout, retries }) => {
      return {
        agents,
        ...(community === undefined ? {} : { community }),
        ...(user === undefined ? {} : { user: { name: user.name, ...defined(user) } }),
        context,
        port,
        timeoutMs: timeout,
        retries,
      }
    }),
    refreshMs: snmp.refresh,
    concurrency: snmp.concurrency,
    agentsMax: snmp.agents,
    interfacesMax: snmp.interfaces_per_agent,
    walkTimeoutMs: snmp.walk_timeout,
    nameBytesMax,
  }
}

function defined({ auth, privacy }: z.output<typeof user>) {
  return { ...(auth ? { auth } : {}), ...(privacy ? { privacy } : {}) }
}
