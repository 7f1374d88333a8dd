/**
 * The file that remembers wrapped counters: appended to and forced to disk in batches, written anew
 * when it has grown. Only the last line of a key counts, so a torn line at the end costs that line.
 * If the disk fails, it says so once and is not asked again.
 */
import { type FileHandle, mkdir, open, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Grown by so much since it was last written whole, it is written whole again. */
const GROWTH_BYTES_MAX = 8 * 1024 * 1024
/** A longer file is not ours. */
const FILE_BYTES_MAX = 256 * 1024 * 1024

export class EpochFile {
  readonly #path: string
  #handle: FileHandle | undefined
  #lines: Map<string, string>
  #grown = 0
  #queue: Promise<void> = Promise.resolve()

  private constructor(path: string, lines: Map<string, string>) {
    this.#path = path
    this.#lines = lines
  }

  /** Rejects if the folder cannot be made or written. */
  static async open(folder: string): Promise<EpochFile> {
    await makeFolder(folder)
    const path = join(folder, 'counter-epochs.log')
    const handle = await open(path, 'a+')
    const { size } = await handle.stat()
    await handle.close()
    const text = size > FILE_BYTES_MAX ? '' : await readFile(path, 'utf8')
    const file = new EpochFile(path, latest(text))
    await file.#rewrite()
    return file
  }

  /** What earlier runs left, one line a key. */
  get text(): string {
    return Array.from(this.#lines.values(), line => `${line}\n`).join('')
  }

  /** Resolves when the lines are on disk. */
  append(text: string): Promise<void> {
    const done = this.#queue.then(() => this.#append(text))
    this.#queue = done.catch(() => {})
    return done
  }

  async close(): Promise<void> {
    await this.#queue
    await this.#handle?.close()
    this.#handle = undefined
  }

  async #append(text: string): Promise<void> {
    for (const [key, line] of latest(text)) this.#lines.set(key, line)
    this.#grown += text.length
    if (this.#grown > GROWTH_BYTES_MAX) {
      await this.#rewrite()
      return
    }
    await this.#handle?.appendFile(text)
    await this.#handle?.datasync()
  }

  /** Writes a fresh file beside the old one and puts it in its place. */
  async #rewrite(): Promise<void> {
    for (const [key, line] of this.#lines) if (line.endsWith(' -')) this.#lines.delete(key)
    const fresh = `${this.#path}.new`
    await writeFile(fresh, this.text, { flush: true })
    await this.#handle?.close()
    await rename(fresh, this.#path).catch(async error => {
      await unlink(fresh).catch(() => {})
      throw error
    })
    this.#handle = await open(this.#path, 'a')
    this.#grown = 0
  }
}

/** Node's own recursive mkdir never ends below a folder that takes none, such as /proc: this does. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error
    await makeFolder(dirname(folder))
    await mkdir(folder)
  }
}

/** The last line of each key; a last line without its newline was torn and is left out. */
function latest(text: string): Map<string, string> {
  const lines = new Map<string, string>()
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  for (const line of whole.split('\n')) {
    const end = line.indexOf(' ')
    if (end <= 0) continue
    lines.delete(line.slice(0, end))
    lines.set(line.slice(0, end), line)
  }
  return lines
}
