/**
 * Kinds of values that the sections of the configuration file share. A limit carries its unit and its
 * reason: both are part of its description, hence of the JSON Schema and of the reference page.
 */
import { isIP, isIPv4 } from 'node:net'
import { z } from 'zod'
import { parseListenAddress } from '../listen-address.ts'
import { formatDuration, parseDurationMs } from '../text.ts'

interface CountOptions {
  readonly default: number
  readonly min?: number
  readonly max: number
  readonly unit: string
  readonly what: string
  readonly reason: string
}

/** A whole number with bounds; what is left out is the default. */
export function count({ default: value, min = 1, max, unit, what, reason }: CountOptions) {
  return z
    .int()
    .min(min)
    .max(max)
    .default(value)
    .describe(`${what} Unit: ${unit}. Why ${value.toLocaleString('en')}: ${reason}`)
}

interface DurationOptions {
  /** As text, such as `3m`. */
  readonly default: string
  readonly min: string
  readonly max: string
  readonly what: string
  readonly reason: string
}

/** A duration such as `30s` or `1h30m` with bounds, read into milliseconds. */
export function duration({ default: value, min, max, what, reason }: DurationOptions) {
  return durationText(min, max)
    .prefault(value)
    .describe(`${what} Unit: duration. Why ${value}: ${reason}`)
}

const DURATION_RULE = 'expected a duration such as 30s or 1h30m'

/** A duration without a default. */
export function durationText(min: string, max: string) {
  const [minMs, maxMs] = [milliseconds(min), milliseconds(max)]
  return z
    .string(DURATION_RULE)
    .regex(/^(0|(\d+(ms|s|m|h|d|w))+)$/, DURATION_RULE)
    .refine(text => milliseconds(text) >= minMs && milliseconds(text) <= maxMs, {
      error: `expected a duration from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`,
      when: payload => parseDurationMs(String(payload.value)) !== undefined,
    })
    .transform(milliseconds)
}

function milliseconds(text: string): number {
  return parseDurationMs(text) ?? Number.NaN
}

/**
 * For editors: what `check` judges in full, as far as a pattern of the JSON Schema can. Whatever is a
 * text may be a reference instead.
 */
function orReference(pattern: string) {
  return { pattern: `^(${pattern}|\\$\\{(file|env):[^{}]+\\})$` }
}

const IPV4 = '(25[0-5]|2[0-4]\\d|1?\\d?\\d)(\\.(25[0-5]|2[0-4]\\d|1?\\d?\\d)){3}'
const IPV6 = '[\\da-fA-F]*:[\\da-fA-F:]*(:\\d+\\.\\d+\\.\\d+\\.\\d+)?(%\\w+)?'

/** `10.0.0.0/8`, `2001:db8::/32`, or an address alone, which is itself with its whole length. */
export const cidr = z
  .string()
  .refine(isCidr, 'expected an address range such as 10.0.0.0/8 or 2001:db8::/32')
  .meta(orReference(`${IPV4}(/(3[0-2]|[12]?\\d))?|${IPV6}(/(12[0-8]|1[01]\\d|\\d?\\d))?`))
  .describe('An address range in CIDR form, or one address.')

function isCidr(text: string): boolean {
  const [address = '', length, ...rest] = text.split('/')
  if (isIP(address) === 0 || rest.length > 0) return false
  if (length === undefined) return true
  return /^\d{1,3}$/.test(length) && Number(length) <= (isIPv4(address) ? 32 : 128)
}

/** An agent address as `agent` labels show it. IPv6 in its canonical form (RFC 5952). */
export const agentAddress = z
  .string()
  .refine(text => isIP(text) !== 0, 'expected an IPv4 or IPv6 address')
  .meta(orReference(`${IPV4}|${IPV6}`))
  .transform(canonicalAddress)

export function canonicalAddress(text: string): string {
  return isIPv4(text) ? text : new URL(`http://[${text}]/`).hostname.slice(1, -1)
}

/** `[ADDR]:port`. */
export const listenAddress = z
  .string()
  .superRefine((text, context) => {
    try {
      parseListenAddress(text)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message })
    }
  })
  .meta(orReference('(\\[[\\da-fA-F:.]+(%\\w+)?\\]|[^:[\\]\\s]*):\\d{1,5}'))

/** Names that people give: of groups, maps, definitions. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/, 'expected a name of 1 to 64 letters, digits, _ and -')

/** The name of a file; relative ones are meant from the folder of the configuration file. */
export const fileName = z.string().min(1).max(4_096)

/** A secret. Write it as `${file:NAME}` or `${env:NAME}`; it is never printed. */
export const secret = z.string().min(1, 'a secret must not be empty').max(8_192)

export const httpUrl = z
  .string()
  .max(2_048)
  .refine(isHttpUrl, 'expected a URL such as http://127.0.0.1:9093, without user and password')
  .meta(orReference('[hH][tT][tT][pP][sS]?://(?![^/]*@)\\S+'))

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === ''
}
