/**
 * A place in the bytes of a record for readers that are not fast but exact: 64-bit numbers as they
 * are, texts as text. It never reads beyond its end; what would is 0 and sets `short`.
 */

const UTF8 = new TextDecoder()

export class Cursor {
  readonly view: DataView
  at: number
  readonly end: number
  /** Something was asked for that is not there. */
  short = false

  constructor(view: DataView, start: number, end: number) {
    this.view = view
    this.at = start
    this.end = end
  }

  get left(): number {
    return this.end - this.at
  }

  /** Moves over `bytes` and the padding behind them; returns where they began, or -1. */
  take(bytes: number): number {
    const start = this.at
    if (bytes > this.left) {
      this.short = true
      this.at = this.end
      return -1
    }
    this.at = Math.min(this.end, start + Math.ceil(bytes / 4) * 4)
    return start
  }

  u32(): number {
    const start = this.take(4)
    return start < 0 ? 0 : this.view.getUint32(start)
  }

  i32(): number {
    return this.u32() | 0
  }

  u64(): bigint {
    const start = this.take(8)
    return start < 0 ? 0n : this.view.getBigUint64(start)
  }

  f32(): number {
    const start = this.take(4)
    return start < 0 ? 0 : this.view.getFloat32(start)
  }

  f64(): number {
    const start = this.take(8)
    return start < 0 ? 0 : this.view.getFloat64(start)
  }

  /** Length word, bytes, padding. A longer text than `lengthMax` is cut; a zero byte ends it. */
  text(lengthMax: number): string {
    const length = this.u32()
    const start = this.take(length)
    if (start < 0) return ''
    return textAt(this.view, start, Math.min(length, lengthMax))
  }

  /** A count word that `bytes` each must follow; 0 and `short` if they cannot. */
  count(bytes: number): number {
    const count = this.u32()
    if (count * bytes <= this.left) return count
    this.short = true
    this.at = this.end
    return 0
  }
}

/** UTF-8, with replacement characters where it is not; a zero byte ends it. */
export function textAt(view: DataView, start: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, length)
  const zero = bytes.indexOf(0)
  return UTF8.decode(zero < 0 ? bytes : bytes.subarray(0, zero))
}
