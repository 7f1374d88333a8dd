/**
 * IPv4 and IPv6 prefixes: strict reading, one canonical text (RFC 5952), and overlap.
 * Refused: host bits beyond the length, leading zeros, netmasks, zones, embedded spaces.
 * A prefix is four or sixteen bytes and a length, so that overlap is one comparison of bits.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { accept, type Result, refuse } from './refusal.ts'

export type Family = 'ipv4' | 'ipv6'

export interface Prefix {
  readonly family: Family
  readonly bytes: readonly number[]
  readonly length: number
}

/** Reads `10.0.0.0/8`, `10.0.0.1`, `2001:db8::/32`. The refusal is `address`. */
export function parsePrefix(text: string): Result<Prefix> {
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const bytes = parseAddress(address)
  if (bytes === undefined) return refuse('address', `"${text}" is not an address or a prefix`)
  const bits = bytes.length * 8
  const lengthText = slash < 0 ? String(bits) : text.slice(slash + 1)
  if (!/^(0|[1-9]\d{0,2})$/.test(lengthText) || Number(lengthText) > bits) {
    return refuse('address', `"${text}": the length after / is a number from 0 to ${bits}`)
  }
  const length = Number(lengthText)
  if (!hostBitsClear(bytes, length)) {
    return refuse('address', `"${text}" has bits set beyond its length of ${length}`)
  }
  return accept({ family: bits === 32 ? 'ipv4' : 'ipv6', bytes, length })
}

/** The text that every tool prints: no `/32`, no `/128`, IPv6 compressed and lower case. */
export function formatPrefix(prefix: Prefix): string {
  const address = prefix.family === 'ipv4' ? prefix.bytes.join('.') : formatIPv6(prefix.bytes)
  return prefix.length === prefix.bytes.length * 8 ? address : `${address}/${prefix.length}`
}

/** True if some address lies in both: either contains the other. */
export function prefixesOverlap(one: Prefix, other: Prefix): boolean {
  if (one.family !== other.family) return false
  return sameLeadingBits(one.bytes, other.bytes, Math.min(one.length, other.length))
}

/** True if every address of `inner` lies in `outer`. */
export function prefixContains(outer: Prefix, inner: Prefix): boolean {
  return outer.length <= inner.length && prefixesOverlap(outer, inner)
}

/** The first of `prefixes` that shares an address with `prefix`. */
export function firstOverlap(prefix: Prefix, prefixes: readonly Prefix[]): Prefix | undefined {
  return prefixes.find(other => prefixesOverlap(prefix, other))
}

function parseAddress(text: string): number[] | undefined {
  if (isIPv4(text)) return text.split('.').map(Number)
  if (!isIPv6(text) || text.includes('%')) return undefined
  return parseIPv6(text)
}

/** `text` has passed isIPv6, so at most one `::` and the right number of groups. */
function parseIPv6(text: string): number[] {
  const [head = '', tail] = text.split('::') as [string, string | undefined]
  const front = groupBytes(head)
  if (tail === undefined) return front
  const back = groupBytes(tail)
  return [...front, ...new Array<number>(16 - front.length - back.length).fill(0), ...back]
}

function groupBytes(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

function formatIPv6(bytes: readonly number[]): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((bytes[index * 2] as number) << 8) | (bytes[index * 2 + 1] as number),
  )
  const run = longestZeroRun(groups)
  const text = (part: readonly number[]) => part.map(group => group.toString(16)).join(':')
  if (run.length < 2) return text(groups)
  return `${text(groups.slice(0, run.start))}::${text(groups.slice(run.start + run.length))}`
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  groups.forEach((group, index) => {
    if (group !== 0) start = index + 1
    else if (index - start + 1 > best.length) best = { start, length: index - start + 1 }
  })
  return best
}

function hostBitsClear(bytes: readonly number[], length: number): boolean {
  return bytes.every((byte, index) => {
    const networkBits = Math.min(8, Math.max(0, length - index * 8))
    return (byte & (0xff >> networkBits)) === 0
  })
}

function sameLeadingBits(one: readonly number[], other: readonly number[], bits: number): boolean {
  const whole = bits >> 3
  for (let index = 0; index < whole; index++) if (one[index] !== other[index]) return false
  const rest = bits & 7
  if (rest === 0) return true
  return ((one[whole] as number) ^ (other[whole] as number)) >> (8 - rest) === 0
}
