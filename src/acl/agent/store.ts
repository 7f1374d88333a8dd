/**
 * What the agent must know after a crash: every wanted entry with the rest of its life, and what
 * was last known good under its name. One JSON file, replaced whole: temporary file, fsync, rename,
 * fsync of the folder. Writes are grouped: whoever asks during a write shares the next one.
 */
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '../durable-file.ts'
import type { Boot } from './clock.ts'

/** An entry without what can be derived, its life as wall-clock times. */
export interface StoredEntry {
  readonly name: string
  readonly source: unknown
  readonly owner: string
  readonly policy: string
  readonly reason: string
  readonly cause?: string | undefined
  readonly generation: number
  readonly createdAtMs: number
  readonly ttlSeconds: number
  readonly expiresAtMs: number
}

export interface StoredState {
  readonly version: 1
  readonly revision: number
  readonly savedAtMs: number
  /** Which boot of the machine, and how long it had been up. */
  readonly boot?: Boot | undefined
  /** `good` is what to fall back to: absent if nothing was committed; `same` if it is `wanted`. */
  readonly slots: readonly { readonly wanted: StoredEntry; readonly good?: StoredEntry | 'same' }[]
}

export interface Store {
  /** The saved state; undefined if there is none that can be read. */
  load(): Promise<StoredState | undefined>
  /** Durable once fulfilled. `snapshot` is called when the write begins. */
  save(snapshot: () => StoredState): Promise<void>
}

const FILE = 'rules.json'
const TEMPORARY = 'rules.json.tmp'

export class FileStore implements Store {
  readonly #directory: string
  readonly #unreadable: (error: Error) => void
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined

  /** `unreadable` is told of a file that is no saved state; it is set aside for people to look at. */
  constructor(directory: string, unreadable: (error: Error) => void) {
    this.#directory = directory
    this.#unreadable = unreadable
  }

  async load(): Promise<StoredState | undefined> {
    await mkdir(this.#directory, { recursive: true, mode: 0o750 })
    await rm(join(this.#directory, TEMPORARY), { force: true })
    if (!(await readdir(this.#directory)).includes(FILE)) return undefined
    const path = join(this.#directory, FILE)
    const state = stateIn(await readFile(path, 'utf8'))
    if (state !== undefined) return state
    await rename(path, `${path}.unreadable`)
    this.#unreadable(new Error(`${path} is no saved state; it is ${FILE}.unreadable now`))
    return undefined
  }

  save(snapshot: () => StoredState): Promise<void> {
    if (this.#writing === undefined) return this.#begin(snapshot)
    this.#next ??= this.#writing.then(
      () => this.#begin(snapshot),
      () => this.#begin(snapshot),
    )
    return this.#next
  }

  #begin(snapshot: () => StoredState): Promise<void> {
    this.#next = undefined
    const writing = writeDurably(this.#directory, FILE, TEMPORARY, JSON.stringify(snapshot()))
    this.#writing = writing.finally(() => {
      if (this.#next === undefined) this.#writing = undefined
    })
    return this.#writing
  }
}

/** The outline of the file; each entry is checked and parsed again as if it came in. */
function stateIn(text: string): StoredState | undefined {
  try {
    const state = JSON.parse(text) as Partial<StoredState> | null
    const whole = state?.version === 1 && Array.isArray(state.slots)
    const numbers = [state?.revision, state?.savedAtMs]
    return whole && numbers.every(number => Number.isFinite(number))
      ? (state as StoredState)
      : undefined
  } catch {
    return undefined
  }
}
