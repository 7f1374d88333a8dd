/**
 * The few things that the durable store and the audit trail do with files, as an interface, so that
 * tests can fill the disk or stop at any write. `realFiles` is the only code here that touches one.
 */
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface JournalFile {
  writeAt(bytes: Uint8Array, position: number): Promise<void>
  truncate(length: number): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

export interface FileSystem {
  makeFolder(path: string): Promise<void>
  /** Undefined if there is no such file. */
  read(path: string): Promise<string | undefined>
  size(path: string): Promise<number>
  remove(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  openJournal(path: string): Promise<JournalFile>
  /** Writes beside, syncs, renames, syncs the folder: the old file or the new one, never a part. */
  replace(path: string, bytes: Uint8Array): Promise<void>
  syncFolder(path: string): Promise<void>
}

export const realFiles: FileSystem = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o750 })
  },
  async read(path) {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  },
  async size(path) {
    try {
      return (await stat(path)).size
    } catch (error) {
      if (isMissing(error)) return 0
      throw error
    }
  },
  async remove(path) {
    await rm(path, { force: true })
  },
  rename,
  openJournal,
  async replace(path, bytes) {
    const beside = `${path}.new`
    try {
      const file = await open(beside, 'w', 0o640)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
    } catch (error) {
      // Half a file would take the room that the journal needs.
      await rm(beside, { force: true })
      throw error
    }
    await rename(beside, path)
    await syncFolder(dirname(path))
  },
  syncFolder,
}

async function openJournal(path: string): Promise<JournalFile> {
  // Made if missing, never cut: `a` would ignore positions, `w` would empty it.
  const made = await open(path, 'a', 0o640)
  await made.close()
  const file = await open(path, 'r+')
  return {
    async writeAt(bytes, position) {
      let done = 0
      while (done < bytes.length) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
        done += bytesWritten
      }
    },
    truncate: length => file.truncate(length),
    sync: () => file.datasync(),
    close: () => file.close(),
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
