/**
 * Writes XDR (RFC 4506): big-endian words, padded to 4. The buffer grows as needed and is re-used;
 * `finish` copies out what was written. Numbers beyond a field's width lose their upper bits, as the
 * counters of a device do.
 */

const CAPACITY_AT_START = 2_048

export class XdrWriter {
  #bytes = new Uint8Array(CAPACITY_AT_START)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  get length(): number {
    return this.#length
  }

  u32(value: number): void {
    this.#makeRoom(4)
    this.#view.setUint32(this.#length, value)
    this.#length += 4
  }

  /** A number is exact up to 2^53; beyond it a bigint is needed. */
  u64(value: number | bigint): void {
    this.#makeRoom(8)
    if (typeof value === 'bigint') this.#view.setBigUint64(this.#length, value)
    else {
      this.#view.setUint32(this.#length, Math.floor(value / 2 ** 32))
      this.#view.setUint32(this.#length + 4, value)
    }
    this.#length += 8
  }

  f32(value: number): void {
    this.#makeRoom(4)
    this.#view.setFloat32(this.#length, value)
    this.#length += 4
  }

  /** Bytes as they are, and padding. */
  fixed(bytes: Uint8Array): void {
    const padded = (bytes.length + 3) & ~3
    this.#makeRoom(padded)
    this.#bytes.set(bytes, this.#length)
    this.#bytes.fill(0, this.#length + bytes.length, this.#length + padded)
    this.#length += padded
  }

  /** Length, bytes and padding. */
  opaque(bytes: Uint8Array): void {
    this.u32(bytes.length)
    this.fixed(bytes)
  }

  /** A length word for what follows; give it back to `endLength`. */
  beginLength(): number {
    this.u32(0)
    return this.#length
  }

  endLength(begun: number): void {
    this.#view.setUint32(begun - 4, this.#length - begun)
  }

  /** A copy of all that was written; the writer is empty after it. */
  finish(): Uint8Array {
    const copy = this.#bytes.slice(0, this.#length)
    this.#length = 0
    return copy
  }

  #makeRoom(added: number): void {
    if (this.#length + added <= this.#bytes.length) return
    const grown = new Uint8Array(2 * (this.#length + added))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}
