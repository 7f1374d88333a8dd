/**
 * The audit trail: one JSON line for each change asked for, refused, committed, failed or ended.
 * Appended with one write each, so that a killed agent leaves whole lines; renamed to `.1` at its
 * largest size, so that it takes at most twice that. A full disk costs lines and is counted; it
 * never keeps a rule in place.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export interface AuditLine {
  readonly event: string
  readonly name?: string | undefined
  /** Who asked: the name of a token, a certificate or a user; `agent` for what it does by itself. */
  readonly who: string
  readonly [detail: string]: unknown
}

export interface Audit {
  write(line: AuditLine): void
  close(): void
}

/** What people should learn without looking for it: the device, or what is stored, is not as it shall be. */
const FOR_PEOPLE: ReadonlySet<string> = new Set([
  'degraded',
  'recovered',
  'drift',
  'failed',
  'left',
  'unreadable',
])

/** The same trail; `tell` hears the lines that people should learn of. */
export function withTold(audit: Audit, tell: (line: AuditLine) => void): Audit {
  return {
    write: line => {
      audit.write(line)
      if (FOR_PEOPLE.has(line.event)) tell(line)
    },
    close: () => audit.close(),
  }
}

export class FileAudit implements Audit {
  readonly #path: string
  readonly #bytesMax: number
  readonly #now: () => number
  readonly #failed: (error: Error) => void
  #descriptor: number | undefined
  #bytes = 0

  constructor(path: string, bytesMax: number, now: () => number, failed: (error: Error) => void) {
    this.#path = path
    this.#bytesMax = bytesMax
    this.#now = now
    this.#failed = failed
  }

  write(line: AuditLine): void {
    const text = `${JSON.stringify({ time: new Date(this.#now()).toISOString(), ...line })}\n`
    try {
      if (this.#bytes + text.length > this.#bytesMax) this.#rotate()
      this.#descriptor ??= this.#open()
      this.#bytes += writeSync(this.#descriptor, text)
    } catch (error) {
      this.#failed(error as Error)
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #open(): number {
    mkdirSync(dirname(this.#path), { recursive: true })
    const descriptor = openSync(this.#path, 'a', 0o640)
    this.#bytes = fstatSync(descriptor).size
    return descriptor
  }

  #rotate(): void {
    if (this.#descriptor === undefined) return
    this.close()
    renameSync(this.#path, `${this.#path}.1`)
    this.#bytes = 0
  }
}
