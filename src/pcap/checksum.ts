/** The checksum of the Internet protocols: RFC 1071. */

/** Sum of 16-bit words, carried on in `sum`; an odd last byte is padded with zero. */
export function addWords(bytes: Uint8Array, start: number, end: number, sum = 0): number {
  let total = sum
  for (let at = start; at < end; at += 2) {
    total += ((bytes[at] as number) << 8) | (at + 1 < end ? (bytes[at + 1] as number) : 0)
  }
  return total
}

/** Folded to 16 bits and inverted. Exact for sums of up to 2^31. */
export function checksumOf(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16)
  return ~folded & 0xffff
}
