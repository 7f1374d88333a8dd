/** An address from text to bytes: 4 or 16 of them. For what writes packets; never on a hot path. */
import { isIPv4, isIPv6 } from 'node:net'

/** Throws when the text is no address. */
export function addressBytes(text: string): Uint8Array {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number)
  if (!isIPv6(text) || text.includes('%')) throw new Error(`"${text}" is no address`)
  // The URL parser turns a dotted tail into groups and checks the rest: RFC 4291 section 2.2.
  const plain = new URL(`http://[${text}]`).hostname.slice(1, -1)
  const [head = '', tail] = plain.split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const zeros = new Array<number>(8 - before.length - after.length).fill(0)
  const groups = [...before, ...zeros, ...after]
  return Uint8Array.from(groups.flatMap(group => [group >> 8, group & 0xff]))
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16))
}
