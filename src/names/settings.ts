/** What asking for names by SNMP takes: whom, as whom, how often; and what comes of it. */
import { inRanges } from '../state/address-ranges.ts'

export const AUTH_PROTOCOLS = ['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'] as const
/** Without DES: the runtime's cryptography has given it up. `b` (Blumenthal) and `r` (Reeder) differ in how keys grow. */
export const PRIVACY_PROTOCOLS = ['aes', 'aes256b', 'aes256r'] as const

export interface SnmpUser {
  readonly name: string
  readonly auth?: { readonly protocol: (typeof AUTH_PROTOCOLS)[number]; readonly password: string }
  readonly privacy?: {
    readonly protocol: (typeof PRIVACY_PROTOCOLS)[number]
    readonly password: string
  }
}

/** How to ask the agents of some ranges. */
export interface SnmpTarget {
  /** CIDRs of agent addresses. */
  readonly agents: readonly string[]
  /** Version 2c. */
  readonly community?: string
  /** Version 3. */
  readonly user?: SnmpUser
  /** The SNMP context of version 3. */
  readonly context: string
  readonly port: number
  /** For one request; it is sent again `retries` times. */
  readonly timeoutMs: number
  readonly retries: number
}

export interface SnmpSettings {
  /** The first that holds an agent's address is used for it. */
  readonly targets: readonly SnmpTarget[]
  readonly refreshMs: number
  /** Agents that are asked at one time. */
  readonly concurrency: number
  readonly agentsMax: number
  readonly interfacesMax: number
  /** For all that is asked of one agent at one time. */
  readonly walkTimeoutMs: number
  readonly nameBytesMax: number
}

/** Why asking came to nothing; the values of the label `reason`. */
export const WALK_FAILURES = [
  'timeout',
  'too_slow',
  'refused',
  'malformed',
  'unreachable',
  'no_names',
] as const
export type WalkFailure = (typeof WALK_FAILURES)[number]

/** By ifIndex. */
export type InterfaceNames = Readonly<Record<string, { name?: string; alias?: string }>>

export interface AgentNames {
  readonly systemName: string
  readonly interfaces: InterfaceNames
  /** Interfaces beyond the maximum, whose names were left. */
  readonly cut: boolean
}

export type WalkResult = { readonly names: AgentNames } | { readonly failure: WalkFailure }

/** Which target is an agent's. */
export function targetFinder(
  targets: readonly SnmpTarget[],
): (address: string) => SnmpTarget | undefined {
  const finders = targets.map(target => ({ target, holds: inRanges(target.agents) }))
  return address => finders.find(({ holds }) => holds(address))?.target
}
