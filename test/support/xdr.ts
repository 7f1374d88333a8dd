/** XDR words with a remark each: what a golden datagram is written with, and read back from. */

export interface Line {
  readonly bytes: readonly number[]
  readonly remark: string
}

export class XdrText {
  readonly lines: Line[] = []

  get length(): number {
    return this.lines.reduce((sum, line) => sum + line.bytes.length, 0)
  }

  u32(value: number, remark: string): this {
    return this.raw(
      [24, 16, 8, 0].map(shift => (value >>> shift) & 255),
      remark,
    )
  }

  u64(value: bigint, remark: string): this {
    const bytes = Array.from({ length: 8 }, (_, byte) =>
      Number((value >> BigInt(56 - 8 * byte)) & 255n),
    )
    return this.raw(bytes, remark)
  }

  f32(value: number, remark: string): this {
    const view = new DataView(new ArrayBuffer(4))
    view.setFloat32(0, value)
    return this.u32(view.getUint32(0), remark)
  }

  f64(value: number, remark: string): this {
    const view = new DataView(new ArrayBuffer(8))
    view.setFloat64(0, value)
    return this.u64(view.getBigUint64(0), remark)
  }

  /** Padded to 4, without a length. */
  raw(bytes: readonly number[], remark: string): this {
    const padding = (4 - (bytes.length % 4)) % 4
    this.lines.push({ bytes: [...bytes, ...new Array<number>(padding).fill(0)], remark })
    return this
  }

  text(text: string, remark: string): this {
    const bytes = [...new TextEncoder().encode(text)]
    return this.u32(bytes.length, `${remark}: length`).raw(bytes, `"${text}"`)
  }

  opaque(bytes: readonly number[], remark: string): this {
    return this.u32(bytes.length, `${remark}: length`).raw(bytes, remark)
  }

  list(values: readonly number[], remark: string): this {
    this.u32(values.length, `${remark}: count`)
    for (const value of values) this.u32(value, remark)
    return this
  }

  add(other: XdrText): this {
    this.lines.push(...other.lines)
    return this
  }

  /** Tag and length, then the body. */
  framed(enterprise: number, format: number, body: XdrText, remark: string): this {
    return this.u32(enterprise * 4096 + format, `${remark} ${enterprise}:${format}`)
      .u32(body.length, 'length')
      .add(body)
  }

  /** Words in hex, at most eight a line, the remark behind the first line of each. */
  toString(): string {
    const rows: string[] = []
    for (const { bytes, remark } of this.lines) {
      for (let at = 0; at < bytes.length; at += 32) {
        const row = bytes
          .slice(at, at + 32)
          .map(byte => byte.toString(16).padStart(2, '0'))
          .join('')
        const words = row.replace(/.{8}(?=.)/g, '$& ')
        rows.push(at === 0 ? `${words.padEnd(20)}   # ${remark}` : words)
      }
    }
    return rows.join('\n')
  }
}

/** The bytes of hex text with remarks behind `#`. */
export function parseHex(text: string): Uint8Array {
  const digits = text
    .split('\n')
    .map(line => line.replace(/#.*/, ''))
    .join('')
    .replace(/\s/g, '')
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error('hex digits in pairs, please')
  return Uint8Array.from(digits.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
}
