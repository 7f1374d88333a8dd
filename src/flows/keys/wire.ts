/** Fields of the wire as words of a key. */

/** Widths of a field on the wire, in bytes; 6 is a MAC address, 16 an IPv6 address. */
export type FieldBytes = 1 | 2 | 3 | 4 | 6 | 8 | 16

/** Up to 4 bytes as one word. */
export function readWord(view: DataView, offset: number, bytes: FieldBytes): number {
  if (bytes === 2) return view.getUint16(offset)
  if (bytes === 4) return view.getInt32(offset)
  if (bytes === 1) return view.getUint8(offset)
  return (view.getUint16(offset) << 8) | view.getUint8(offset + 2)
}

/** More than 4 bytes as several words. */
export function copyField(
  view: DataView,
  offset: number,
  bytes: FieldBytes,
  into: Int32Array,
  at: number,
): void {
  into[at] = bytes === 6 ? view.getUint16(offset) : view.getInt32(offset)
  if (bytes === 6) {
    into[at + 1] = view.getInt32(offset + 2)
    return
  }
  into[at + 1] = view.getInt32(offset + 4)
  if (bytes === 8) return
  into[at + 2] = view.getInt32(offset + 8)
  into[at + 3] = view.getInt32(offset + 12)
}

/** From here on Linux takes the ports of clients. */
const EPHEMERAL_MIN = 32_768

/** Of two ports side by side the lower, or 0 if a client may have it. */
export function lowerPort(ports: number): number {
  const first = ports >>> 16
  const second = ports & 0xffff
  const lower = first < second ? first : second
  return lower < EPHEMERAL_MIN ? lower : 0
}
