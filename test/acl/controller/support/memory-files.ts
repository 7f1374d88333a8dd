/** A disk in memory that can be full, and that can lose power: what was not synced is then gone. */
import type { FileSystem, JournalFile } from '../../../../src/acl/controller/files.ts'

export class MemoryFiles implements FileSystem {
  /** What programs see. */
  readonly files = new Map<string, Buffer>()
  /** Bytes that still fit; undefined: no end. */
  roomBytes: number | undefined
  syncs = 0

  copy(): MemoryFiles {
    const copy = new MemoryFiles()
    for (const [path, bytes] of this.files) copy.files.set(path, Buffer.from(bytes))
    copy.roomBytes = this.roomBytes
    return copy
  }

  cutJournal(path: string, bytes: number): void {
    const before = this.files.get(path)
    if (before !== undefined) {
      this.files.set(path, before.subarray(0, Math.max(0, before.length - bytes)))
    }
  }

  makeFolder(): Promise<void> {
    return Promise.resolve()
  }

  read(path: string): Promise<string | undefined> {
    return Promise.resolve(this.files.get(path)?.toString('utf8'))
  }

  size(path: string): Promise<number> {
    return Promise.resolve(this.files.get(path)?.length ?? 0)
  }

  remove(path: string): Promise<void> {
    this.files.delete(path)
    return Promise.resolve()
  }

  async rename(from: string, to: string): Promise<void> {
    const bytes = this.files.get(from)
    if (bytes === undefined) throw new Error(`no ${from}`)
    this.files.delete(from)
    this.files.set(to, bytes)
  }

  async openJournal(path: string): Promise<JournalFile> {
    if (!this.files.has(path)) this.files.set(path, Buffer.alloc(0))
    return {
      writeAt: async (bytes, position) => this.#write(path, bytes, position),
      truncate: async length => {
        this.files.set(path, (this.files.get(path) ?? Buffer.alloc(0)).subarray(0, length))
      },
      sync: async () => {
        this.syncs += 1
      },
      close: () => Promise.resolve(),
    }
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length > (this.roomBytes ?? bytes.length)) throw full()
    this.#take(bytes.length)
    this.files.set(path, Buffer.from(bytes))
  }

  syncFolder(): Promise<void> {
    return Promise.resolve()
  }

  /** As a real disk does: what fits is written, then it fails. */
  #write(path: string, bytes: Uint8Array, position: number): void {
    const before = this.files.get(path) ?? Buffer.alloc(0)
    const fits = Math.min(bytes.length, this.roomBytes ?? bytes.length)
    const after = Buffer.alloc(Math.max(before.length, position + fits))
    before.copy(after)
    Buffer.from(bytes.subarray(0, fits)).copy(after, position)
    this.files.set(path, after)
    this.#take(bytes.length)
  }

  #take(length: number): void {
    if (this.roomBytes === undefined) return
    const fits = length <= this.roomBytes
    this.roomBytes = Math.max(0, this.roomBytes - length)
    if (!fits) throw full()
  }
}

function full(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
}
