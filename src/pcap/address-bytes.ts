/** An address from text to bytes: 4 or 16 of them. For what writes packets; never on a hot path. */
import { parseIp4, parseIp6 } from '../packet/format.ts'

/** Throws when the text is no address. */
export function addressBytes(text: string): Uint8Array {
  const quad = parseIp4(text)
  const words = quad === undefined ? parseIp6(text) : [quad]
  if (words === undefined) throw new Error(`"${text}" is no address`)
  const bytes = new Uint8Array(4 * words.length)
  const view = new DataView(bytes.buffer)
  for (const [index, word] of words.entries()) view.setInt32(4 * index, word)
  return bytes
}
