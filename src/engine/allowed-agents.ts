/** The list of agents that may send, as address ranges compared in 32-bit words. */
import type { DatagramHeader } from '../sflow/samples.ts'

interface Range {
  readonly type: number
  readonly words: readonly number[]
  readonly masks: readonly number[]
}

/** Undefined for an empty list: everybody may send. The ranges were checked by the configuration. */
export function allowedAgents(
  cidrs: readonly string[],
): ((header: DatagramHeader) => boolean) | undefined {
  if (cidrs.length === 0) return undefined
  const ranges = cidrs.map(parseRange)
  return header => ranges.some(range => contains(range, header))
}

function contains(range: Range, header: DatagramHeader): boolean {
  if (range.type !== header.addressType) return false
  return range.masks.every((mask, word) => {
    return (((header.address[word] as number) ^ (range.words[word] as number)) & mask) === 0
  })
}

function parseRange(cidr: string): Range {
  const [address = '', length] = cidr.split('/')
  const four = !address.includes(':')
  const words = four ? [wordOf(address.split('.').map(Number))] : ipv6Words(address)
  const bits = length === undefined ? words.length * 32 : Number(length)
  const masks = words.map((_, word) => {
    const own = Math.min(32, Math.max(0, bits - word * 32))
    return own === 0 ? 0 : -1 << (32 - own)
  })
  return { type: four ? 1 : 2, words, masks }
}

function wordOf(bytes: readonly number[]): number {
  return bytes.reduce((word, byte) => (word << 8) | byte, 0)
}

function ipv6Words(address: string): number[] {
  // The URL parser knows every spelling and gives the canonical one, hexadecimal throughout.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...left, ...Array(8 - left.length - right.length).fill('0'), ...right].map(
    group => Number.parseInt(group, 16),
  )
  return [0, 2, 4, 6].map(at => ((groups[at] as number) << 16) | (groups[at + 1] as number))
}
