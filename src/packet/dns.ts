/** The first question of a DNS message (RFC 1035, 4.1.2), read only when a key asks for it. */

/** The longest name that is a name. */
export const QNAME_BYTES_MAX = 255
const LABELS_MAX = 127

/**
 * Writes the name at `offset` as text (lower case, dots between, no dot at its end; the root is a dot)
 * and returns its length; -1 where it is cut, compressed (a question's name never is) or no name.
 */
export function readQname(view: DataView, offset: number, end: number, into: DataView): number {
  let at = offset
  let length = 0
  for (let label = 0; label < LABELS_MAX; label++) {
    if (at >= end) return -1
    const bytes = view.getUint8(at)
    if (bytes === 0) {
      if (length === 0) into.setUint8(length++, 0x2e)
      return length
    }
    if (bytes > 63 || at + 1 + bytes > end || length + bytes + 1 > QNAME_BYTES_MAX) return -1
    if (length > 0) into.setUint8(length++, 0x2e)
    for (let index = 1; index <= bytes; index++) {
      const character = view.getUint8(at + index)
      into.setUint8(length++, character >= 0x41 && character <= 0x5a ? character + 32 : character)
    }
    at += bytes + 1
  }
  return -1
}

/** The offset behind the name at `offset`, or -1. */
export function skipQname(view: DataView, offset: number, end: number): number {
  let at = offset
  for (let label = 0; label < LABELS_MAX && at < end; label++) {
    const bytes = view.getUint8(at)
    if (bytes === 0) return at + 1
    if (bytes > 63) return -1
    at += bytes + 1
  }
  return -1
}
