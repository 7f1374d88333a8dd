/**
 * The unread bytes of a stream, always in one piece. Its memory is re-used: what was read out of it
 * is valid until the next `append`. It grows only for a record longer than any before, so its size
 * is bounded by the longest record that the caller waits for plus one chunk.
 */

const CAPACITY_AT_START = 128 * 1024

export class ByteWindow {
  #bytes = new Uint8Array(CAPACITY_AT_START)
  #view = new DataView(this.#bytes.buffer)
  #start = 0
  #end = 0
  #toSkip = 0
  #position = 0

  /** Unread bytes at hand. */
  get length(): number {
    return this.#end - this.#start
  }

  /** Bytes that were asked to be skipped and have not come yet. */
  get toSkip(): number {
    return this.#toSkip
  }

  /** How far into the stream the first unread byte lies. */
  get position(): number {
    return this.#position
  }

  append(chunk: Uint8Array): void {
    const skipped = Math.min(this.#toSkip, chunk.length)
    this.#toSkip -= skipped
    this.#position += skipped
    const added = chunk.length - skipped
    if (added === 0) return
    this.#makeRoom(added)
    this.#bytes.set(skipped ? chunk.subarray(skipped) : chunk, this.#end)
    this.#end += added
  }

  /** Moves on; beyond the bytes at hand it skips those that come. */
  advance(count: number): void {
    const here = Math.min(count, this.length)
    this.#start += here
    this.#position += here
    this.#toSkip += count - here
  }

  uint16(offset: number, littleEndian: boolean): number {
    return this.#view.getUint16(this.#start + offset, littleEndian)
  }

  uint32(offset: number, littleEndian: boolean): number {
    return this.#view.getUint32(this.#start + offset, littleEndian)
  }

  slice(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(this.#start + offset, this.#start + offset + length)
  }

  #makeRoom(added: number): void {
    if (this.#end + added <= this.#bytes.length) return
    const needed = this.length + added
    const target = needed <= this.#bytes.length ? this.#bytes : new Uint8Array(2 * needed)
    target.set(this.#bytes.subarray(this.#start, this.#end))
    if (target !== this.#bytes) {
      this.#bytes = target
      this.#view = new DataView(target.buffer)
    }
    this.#end -= this.#start
    this.#start = 0
  }
}
