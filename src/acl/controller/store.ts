/**
 * Durable state: named tables of JSON values, kept in memory by their owners and on disk here.
 * An append-only journal takes every change; when it has grown it is folded into a snapshot.
 * Each line carries its own checksum, so a torn or half-written line is seen and left out.
 *
 * Guarantees: when `write` resolves, the change is on disk (fdatasync); after a kill at any point the
 * tables are those of the last resolved write, perhaps with some of the next. Many writes at once
 * share one sync. When the disk is full, writes reject, nothing on disk is lost, and the next
 * write that fits brings the journal up to date, because what could not be written is kept.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { FileSystem, JournalFile } from './files.ts'

export type StoreValue = unknown
/** undefined: the key is forgotten. */
export type Change = readonly [table: string, key: string, value: StoreValue | undefined]

export interface StoreObserver {
  written(changes: number, bytes: number): void
  failed(error: Error): void
}

export interface StoreOptions {
  readonly folder: string
  readonly files: FileSystem
  readonly observer?: StoreObserver
  /** Fold into a snapshot beyond this size of the journal. */
  readonly journalBytesMax?: number
}

export interface Opened {
  readonly store: Store
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, StoreValue>>
  /** Lines that were not whole. */
  readonly linesLeftOut: number
  /** A line without its end is what a kill leaves. Any other is damage: nobody knows what it said. */
  readonly isDamaged: boolean
}

const SNAPSHOT = 'state.jsonl'
const JOURNAL = 'journal.jsonl'
const JOURNAL_BYTES_MAX = 4 * 1024 * 1024

type Tables = Map<string, Map<string, StoreValue>>
interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class Store {
  readonly #options: StoreOptions
  readonly #tables: Tables
  /** What is not on disk yet, the latest value of each key: bounded by the tables themselves. */
  readonly #unwritten = new Map<string, Change>()
  #waiters: Waiter[] = []
  #journal: JournalFile | undefined
  #journalBytes: number
  #generation: number
  #running: Promise<void> | undefined
  #closed = false

  private constructor(options: StoreOptions, tables: Tables, generation: number, bytes: number) {
    this.#options = options
    this.#tables = tables
    this.#generation = generation
    this.#journalBytes = bytes
  }

  /** Reads what is there. Throws only if the folder cannot be made or read at all. */
  static async open(options: StoreOptions): Promise<Opened> {
    const { files, folder } = options
    await files.makeFolder(folder)
    await files.remove(join(folder, `${SNAPSHOT}.new`))
    const tables: Tables = new Map()
    const snapshot = readLines(await files.read(join(folder, SNAPSHOT)), tables)
    // A journal of an older snapshot holds nothing that the snapshot does not.
    const text = await files.read(join(folder, JOURNAL))
    const journal = readLines(text, tables, snapshot.generation)
    const store = new Store(options, tables, snapshot.generation, journal.bytes)
    const linesLeftOut = snapshot.leftOut + journal.leftOut
    const isDamaged = snapshot.leftOut > 0 || journal.leftOut > journal.torn
    return { store, tables, linesLeftOut, isDamaged }
  }

  /** Resolves when all changes (and all earlier ones) are on disk. */
  write(changes: readonly Change[]): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('the store is closed'))
    for (const change of changes) {
      const [table, key, value] = change
      setValue(this.#tables, table, key, value)
      this.#unwritten.set(`${table}\u0000${key}`, change)
    }
    if (this.#unwritten.size === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject })
      this.#running ??= this.#run()
    })
  }

  get journalBytes(): number {
    return this.#journalBytes
  }

  async close(): Promise<void> {
    await this.#running
    this.#closed = true
    await this.#journal?.close()
    this.#journal = undefined
  }

  async #run(): Promise<void> {
    while (this.#waiters.length > 0) {
      const waiters = this.#waiters
      this.#waiters = []
      const batch = [...this.#unwritten.values()]
      this.#unwritten.clear()
      try {
        await this.#append(batch)
        for (const waiter of waiters) waiter.resolve()
      } catch (error) {
        this.#keep(batch)
        const failure = error instanceof Error ? error : new Error(String(error))
        this.#options.observer?.failed(failure)
        for (const waiter of waiters) waiter.reject(failure)
      }
    }
    this.#running = undefined
  }

  /** A failed batch is tried again with the next one, unless its keys have newer values by then. */
  #keep(batch: readonly Change[]): void {
    for (const change of batch) {
      const key = `${change[0]}\u0000${change[1]}`
      if (!this.#unwritten.has(key)) this.#unwritten.set(key, change)
    }
  }

  async #append(batch: readonly Change[]): Promise<void> {
    const bytesMax = this.#options.journalBytesMax ?? JOURNAL_BYTES_MAX
    if (this.#journalBytes > bytesMax) {
      try {
        await this.#fold()
        return
      } catch (error) {
        // A snapshot may not fit where a line still does; beyond twice the size, give up.
        if (this.#journalBytes > 2 * bytesMax) throw error
      }
    }
    const lines = batch.map(change => lineOf(this.#generation, change)).join('')
    const bytes = Buffer.from(lines)
    this.#journal ??= await this.#openJournal()
    try {
      await this.#journal.writeAt(bytes, this.#journalBytes)
      await this.#journal.sync()
    } catch (error) {
      await this.#cutBack()
      throw error
    }
    this.#journalBytes += bytes.length
    this.#options.observer?.written(batch.length, bytes.length)
  }

  /** Takes a half-written line off again. If even that fails, its checksum gives it away. */
  async #cutBack(): Promise<void> {
    const journal = this.#journal
    this.#journal = undefined
    try {
      await journal?.truncate(this.#journalBytes)
    } catch {
      // The next write goes to the same place, and a reader skips lines that are not whole.
    } finally {
      await journal?.close().catch(() => {})
    }
  }

  async #openJournal(): Promise<JournalFile> {
    const { files, folder } = this.#options
    const journal = await files.openJournal(join(folder, JOURNAL))
    await journal.truncate(this.#journalBytes)
    await files.syncFolder(folder)
    return journal
  }

  /** All tables into a new snapshot; the journal restarts under the next generation. */
  async #fold(): Promise<void> {
    const { files, folder } = this.#options
    const generation = this.#generation + 1
    const lines: string[] = [lineOf(generation, ['', 'generation', generation])]
    for (const [table, values] of this.#tables) {
      for (const [key, value] of values) lines.push(lineOf(generation, [table, key, value]))
    }
    const bytes = Buffer.from(lines.join(''))
    const path = join(folder, SNAPSHOT)
    await files.replace(path, bytes)
    this.#generation = generation
    await this.#journal?.close()
    this.#journal = undefined
    this.#journalBytes = 0
    this.#options.observer?.written(lines.length, bytes.length)
  }
}

function setValue(tables: Tables, table: string, key: string, value: StoreValue | undefined) {
  const values = tables.get(table) ?? new Map<string, StoreValue>()
  tables.set(table, values)
  if (value === undefined) values.delete(key)
  else values.set(key, value)
}

/** `checksum generation [table,key,value]`; a value left out means forgotten. */
function lineOf(generation: number, [table, key, value]: Change): string {
  const entry = value === undefined ? [table, key] : [table, key, value]
  const rest = `${generation} ${JSON.stringify(entry)}`
  return `${checksum(rest)} ${rest}\n`
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

/** Applies whole lines to `tables`. `bytes` is the length up to the end of the last whole line. */
function readLines(text: string | undefined, tables: Tables, generationWanted?: number) {
  let generation = 0
  let bytes = 0
  let position = 0
  const lines = (text ?? '').split('\n')
  // What follows the last newline was never whole, even if its checksum happens to be.
  const torn = lines.pop() === '' ? 0 : 1
  let leftOut = torn
  for (const line of lines) {
    position += Buffer.byteLength(line) + 1
    const entry = readLine(line)
    if (entry === undefined) {
      leftOut += 1
      continue
    }
    if (generationWanted !== undefined && entry.generation !== generationWanted) continue
    bytes = position
    const [table, key, value] = entry.change
    if (table === '') generation = entry.generation
    else setValue(tables, table, key, value)
  }
  return { generation, leftOut, torn, bytes }
}

function readLine(line: string): { generation: number; change: Change } | undefined {
  const parts = /^([0-9a-f]{12}) ((\d+) (.*))$/.exec(line)
  if (parts === null) return undefined
  const [, sum, rest, generation, json] = parts as unknown as [
    string,
    string,
    string,
    string,
    string,
  ]
  if (checksum(rest) !== sum) return undefined
  const entry: unknown = JSON.parse(json) // whole by its checksum, so it is what we wrote
  if (!Array.isArray(entry)) return undefined
  return { generation: Number(generation), change: [entry[0], entry[1], entry[2]] as Change }
}
