/**
 * What agents need to know, in the two ways that hsflowd takes it: DNS service discovery (SRV by
 * RFC 2782 and TXT records, which hsflowd reads again when their TTL ends) and hsflowd.conf.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { UsageError } from '../usage-error.ts'
import type { Plan } from './sampling-plan.ts'

export interface AgentSetup {
  /** Names of collectors; RFC 2782 wants names, never addresses. */
  readonly targets: readonly string[]
  /** Addresses of the first target, where the zone does not have them yet. */
  readonly addresses: readonly string[]
  /** The domain of the zone, or undefined: names are then relative to the zone they are put into. */
  readonly domain: string | undefined
  readonly port: number
  readonly ttlSeconds: number
  readonly pollingSeconds: number
  readonly plan: Plan
}

const SERVICE = '_sflow._udp'
/** hsflowd reads an answer into a buffer of this size and asks for no larger one (mod_dnssd.c). */
const ANSWER_BYTES_MAX = 512
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i

/** Lines for a zone file (RFC 1035 section 5). Throws UsageError for a target that is no name. */
export function zoneLines(setup: AgentSetup): readonly string[] {
  const { addresses, port, targets, ttlSeconds } = setup
  const owner = setup.domain === undefined ? SERVICE : `${SERVICE}.${setup.domain}.`
  const names = targets.map(target => zoneName(target, setup.domain))
  const srv = names.map(name => `${owner} ${ttlSeconds} IN SRV 0 0 ${port} ${name}`)
  const txt = `${owner} ${ttlSeconds} IN TXT ${settings(setup)
    .map(text => `"${text}"`)
    .join(' ')}`
  const hosts = addresses.map(
    address => `${names[0]} ${ttlSeconds} IN ${addressType(address)} ${address}`,
  )
  checkAnswerSize(setup, names)
  return [...srv, txt, ...hosts]
}

/** The matching hsflowd.conf: an agent with it and one that asks the DNS do the same. */
export function hsflowdLines(setup: AgentSetup): readonly string[] {
  const { plan, pollingSeconds, port, targets, domain } = setup
  const collectors = targets.map(target => {
    const name = target.includes('.') || domain === undefined ? target : `${target}.${domain}`
    return `  collector { ip=${name.replace(/\.$/, '')} udpport=${port} }`
  })
  return [
    'sflow {',
    `  polling = ${pollingSeconds}`,
    ...plan.links.map(({ speed, rate }) => `  sampling.${speedText(speed)} = ${rate}`),
    ...collectors,
    // Without a module that takes packets there would be counters of the host alone.
    '  pcap { speed=1G-400G }',
    '  tcp { }',
    '}',
  ]
}

/** What the plan means, in words. */
export function planLines({ plan, pollingSeconds }: AgentSetup, what: string): readonly string[] {
  const links = plan.links.map(
    ({ speed, rate, error }) =>
      `${speedText(speed)}: 1 in ${rate}, ${what} within ${(error * 100).toFixed(0)} % (95 %)`,
  )
  const { samplesPerSecond, datagramsPerSecond, withinBudget } = plan
  const total = plan.links.some(({ count }) => count > 0)
    ? [
        `all links: ${Math.round(samplesPerSecond)} samples and ${Math.ceil(datagramsPerSecond)} datagrams a second, polling each ${pollingSeconds} s`,
      ]
    : []
  const over = withinBudget
    ? []
    : ['the counters alone are beyond the datagram budget: poll less often']
  return [...links, ...total, ...over]
}

/** `10G`, `2500M`: as hsflowd writes link speeds. */
export function speedText(speed: number): string {
  return speed % 1e9 === 0 ? `${speed / 1e9}G` : `${speed / 1e6}M`
}

/** Bits a second, or undefined if the text is no speed. */
export function parseSpeed(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,5})([MG])$/i.exec(text) ?? []
  if (digits === undefined || Number(digits) === 0) return undefined
  return Number(digits) * (unit?.toUpperCase() === 'G' ? 1e9 : 1e6)
}

function settings({ plan, pollingSeconds }: AgentSetup): readonly string[] {
  return [
    'txtvers=1',
    `polling=${pollingSeconds}`,
    ...plan.links.map(({ speed, rate }) => `sampling.${speedText(speed)}=${rate}`),
  ]
}

function zoneName(target: string, domain: string | undefined): string {
  const bare = target.replace(/\.$/, '')
  if (!HOST_NAME.test(bare) || /^[\d.]+$/.test(bare)) {
    throw new UsageError(`--target=${target}: a host name is needed (RFC 2782), not an address`)
  }
  if (bare.includes('.') || target.endsWith('.')) return `${bare}.`
  return domain === undefined ? bare : `${bare}.${domain}.`
}

function addressType(address: string): 'A' | 'AAAA' {
  if (isIPv4(address)) return 'A'
  if (isIPv6(address)) return 'AAAA'
  throw new UsageError(`--address=${address}: an IPv4 or IPv6 address is needed`)
}

/** Header 12, question, and each record: a compressed name 2, fixed part 10, its data. */
function checkAnswerSize(setup: AgentSetup, names: readonly string[]): void {
  const question = 12 + SERVICE.length + (setup.domain?.length ?? 0) + 3 + 4
  const srv = names.reduce((sum, name) => sum + 12 + 6 + name.length + 2, question)
  const txt = settings(setup).reduce((sum, text) => sum + text.length + 1, question + 12)
  if (srv > ANSWER_BYTES_MAX || txt > ANSWER_BYTES_MAX) {
    throw new UsageError(
      `the records need ${Math.max(srv, txt)} bytes, and hsflowd reads ${ANSWER_BYTES_MAX}: name fewer targets or speeds`,
    )
  }
}
