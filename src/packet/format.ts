/**
 * Addresses to text and back, in words of 32 bits: IPv4 one, MAC two (16 bits, then 32), IPv6 four.
 * Text is made only for what is shown; parsing serves configuration, filters and groups.
 */

export function formatIp4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
}

/** RFC 5952: lower case, the longest run of two or more zero groups becomes `::`. */
export function formatIp6(words: Int32Array, at: number): string {
  const groups: number[] = []
  for (let word = 0; word < 4; word++) {
    const value = words[at + word] as number
    groups.push(value >>> 16, value & 0xffff)
  }
  const mapped = groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff
  if (mapped) return `::ffff:${formatIp4(words[at + 3] as number)}`
  let best = 0
  let bestLength = 1
  for (let first = 0; first < 8; first++) {
    let length = 0
    while (first + length < 8 && groups[first + length] === 0) length++
    if (length > bestLength) {
      best = first
      bestLength = length
    }
  }
  const texts = groups.map(group => group.toString(16))
  if (bestLength < 2) return texts.join(':')
  return `${texts.slice(0, best).join(':')}::${texts.slice(best + bestLength).join(':')}`
}

/** Twelve upper-case digits, as sFlow-RT writes a MAC address. */
export function formatMac(high: number, low: number): string {
  const text =
    (high & 0xffff).toString(16).padStart(4, '0') + (low >>> 0).toString(16).padStart(8, '0')
  return text.toUpperCase()
}

/** A dotted quad as one word, or undefined. */
export function parseIp4(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (match === null) return undefined
  let word = 0
  for (const part of match.slice(1)) {
    if (Number(part) > 255) return undefined
    word = (word << 8) | Number(part)
  }
  return word
}

/** An IPv6 address in any of its spellings as four words, or undefined. */
export function parseIp6(text: string): readonly number[] | undefined {
  if (text.length > 45 || !/^[0-9a-fA-F:.]+$/.test(text)) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0] as string, halves.length === 1)
  const tail = halves.length === 2 ? parseGroups(halves[1] as string, true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  const words: number[] = []
  for (let index = 0; index < 8; index += 2) {
    words.push(((groups[index] as number) << 16) | (groups[index + 1] as number))
  }
  return words
}

/** Groups of one side of `::`; the last may be a dotted quad where it ends the address. */
function parseGroups(text: string, ends: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const quad = ends && index === parts.length - 1 ? parseIp4(part) : undefined
      if (quad === undefined) return undefined
      groups.push(quad >>> 16, quad & 0xffff)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups.length > 8 ? undefined : groups
}

/** Twelve digits with or without `:`, `-` or `.` between them, as two words. */
export function parseMac(text: string): readonly number[] | undefined {
  const digits = text.replace(/[:.-]/g, '')
  if (!/^[0-9a-fA-F]{12}$/.test(digits) || text.length > 17) return undefined
  return [Number.parseInt(digits.slice(0, 4), 16), Number.parseInt(digits.slice(4), 16) | 0]
}

export interface Prefix {
  /** One word for IPv4, four for IPv6, host bits cleared. */
  readonly words: readonly number[]
  readonly bits: number
}

/** `ADDRESS` or `ADDRESS/BITS`. */
export function parsePrefix(text: string): Prefix | undefined {
  const [address, length, more] = text.split('/')
  if (address === undefined || more !== undefined) return undefined
  const quad = parseIp4(address)
  const words = quad === undefined ? parseIp6(address) : [quad]
  if (words === undefined) return undefined
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined
  const bits = length === undefined ? words.length * 32 : Number(length)
  if (bits > words.length * 32) return undefined
  return { words: words.map((word, index) => word & maskWord(bits - index * 32)), bits }
}

/** The mask of one word of which `bits` (any number) lead. */
export function maskWord(bits: number): number {
  if (bits >= 32) return -1
  return bits <= 0 ? 0 : -1 << (32 - bits)
}
