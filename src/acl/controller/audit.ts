/**
 * The audit trail: one line of JSON for each thing that the controller decided, did or refused, with
 * why, what, where and when. Appended in order, rotated by size, so that it is bounded. It never
 * holds up a decision: a line that cannot be written is counted, and written with the next one
 * while there is room to keep it.
 */
import { join } from 'node:path'
import type { FileSystem, JournalFile } from './files.ts'

export type AuditLine = Readonly<Record<string, unknown>> & { readonly event: string }

export interface AuditOptions {
  readonly folder: string
  readonly files: FileSystem
  /** The file is renamed to `audit.1.jsonl` beyond this size; one old file is kept. */
  readonly bytesMax: number
  readonly failed: (error: Error, linesLost: number) => void
  /** Also told, after the file: for tests and for the log. */
  readonly told?: (line: AuditLine) => void
}

/** Lines that wait for a disk that is full: a quiet hour's worth. */
const WAITING_MAX = 10_000

export class AuditTrail {
  readonly #options: AuditOptions
  #waiting: string[] = []
  #bytes = 0
  #file: JournalFile | undefined
  #running: Promise<void> | undefined

  constructor(options: AuditOptions) {
    this.#options = options
  }

  write(line: AuditLine, nowMs: number): void {
    this.#waiting.push(`${JSON.stringify({ time: new Date(nowMs).toISOString(), ...line })}\n`)
    if (this.#waiting.length > WAITING_MAX) {
      const lost = this.#waiting.splice(0, this.#waiting.length - WAITING_MAX).length
      this.#options.failed(new Error('too many audit lines wait for the disk'), lost)
    }
    this.#running ??= this.#run()
    this.#options.told?.(line)
  }

  /** Resolves when what was told so far is written, or could not be. */
  async flush(): Promise<void> {
    await this.#running
  }

  async close(): Promise<void> {
    await this.flush()
    await this.#file?.close().catch(() => {})
    this.#file = undefined
  }

  async #run(): Promise<void> {
    // Let a burst of lines come together: one write, not a hundred.
    await new Promise<void>(resolve => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      const lines = this.#waiting
      this.#waiting = []
      try {
        await this.#append(Buffer.from(lines.join('')))
      } catch (error) {
        this.#waiting = [...lines, ...this.#waiting].slice(-WAITING_MAX)
        await this.#file?.close().catch(() => {})
        this.#file = undefined
        this.#options.failed(error instanceof Error ? error : new Error(String(error)), 0)
        break
      }
    }
    this.#running = undefined
  }

  async #append(bytes: Buffer): Promise<void> {
    const { files, folder, bytesMax } = this.#options
    const path = join(folder, 'audit.jsonl')
    if (this.#file === undefined) {
      this.#bytes = await files.size(path)
      this.#file = await files.openJournal(path)
    }
    if (this.#bytes > bytesMax) {
      await this.#file.close()
      this.#file = undefined
      await files.rename(path, join(folder, 'audit.1.jsonl'))
      this.#file = await files.openJournal(path)
      this.#bytes = 0
    }
    await this.#file.writeAt(bytes, this.#bytes)
    this.#bytes += bytes.length
  }
}
