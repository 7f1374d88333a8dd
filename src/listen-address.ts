/**
 * `[ADDR]:port`, as `--web.listen-address` and `--sflow.listen-address` take it: `:6343` (every
 * address of this machine), `127.0.0.1:6343`, `[::1]:6343`, `switch1.example:6343`. Port 0 asks the
 * kernel for a free one. What does not fit is a UsageError that names the value and the rule.
 */
import { isIP, isIPv6 } from 'node:net'
import { UsageError } from './usage-error.ts'

export interface ListenAddress {
  /** An address or a name; undefined means every address. */
  readonly host: string | undefined
  readonly port: number
}

const FORM = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/
/** RFC 1123 section 2.1, with `_` as people use it. */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i

export function parseListenAddress(text: string): ListenAddress {
  const match = FORM.exec(text)
  if (match === null) throw new UsageError(refusal(text))
  const port = Number(match[3])
  if (port > 65_535) throw new UsageError(`"${text}": a port is at most 65535`)
  const [, bracketed, plain] = match
  if (bracketed !== undefined) return { host: bracketedHost(text, bracketed), port }
  if (plain === undefined || plain === '') return { host: undefined, port }
  if (isIP(plain) === 0 && (/^[\d.]+$/.test(plain) || !HOST_NAME.test(plain))) {
    throw new UsageError(`"${text}": "${plain}" is neither an address nor a host name`)
  }
  return { host: plain, port }
}

/** The address as it is written in a URL or a log: IPv6 in brackets. */
export function formatAddress(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

/** Can only this machine reach a socket that listens on this address? */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^::ffff:(?=\d+\.)/i, '')
  return address === '::1' || address === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(address)
}

function bracketedHost(text: string, host: string): string | undefined {
  if (host === '') return undefined
  const address = host.replace(/%[\w.-]+$/, '')
  if (isIP(address) === 0) {
    throw new UsageError(`"${text}": "${host}" in brackets is no address`)
  }
  return host
}

function refusal(text: string): string {
  if (isIPv6(text) || /^[0-9a-f:]*:[0-9a-f:]*:\d+$/i.test(text)) {
    return `"${text}": an IPv6 address goes in brackets, such as [::1]:6343`
  }
  return `"${text}" is no [ADDR]:port, such as :6343, 127.0.0.1:6343 or [::1]:6343`
}
