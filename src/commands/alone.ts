/**
 * Keeps a second process from what only one may have: a device, a folder of state. The lock is an abstract
 * socket of Linux, which is gone with its process, however that ends; no file can be left over. It reaches as
 * far as the network namespace does, so two containers with one volume have to look after themselves.
 */
import { createHash } from 'node:crypto'
import { mkdir, realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import { UsageError } from '../usage-error.ts'

/** Resolves with what lets go of it. Throws a UsageError if another process has it. */
export async function holdAlone(what: string, id: string): Promise<() => Promise<void>> {
  if (process.platform !== 'linux') return async () => {}
  const name = createHash('sha256').update(`${what}\0${id}`).digest('hex').slice(0, 32)
  const lock = createServer(socket => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    lock.once('error', (error: NodeJS.ErrnoException) => {
      const isHeld = error.code === 'EADDRINUSE'
      const message = isHeld ? `${what} ${id} is in use by another process` : error.message
      reject(new UsageError(message))
    })
    lock.listen(`\0sflow-bridge-${name}`, resolve)
  })
  lock.unref()
  return () => new Promise(resolve => lock.close(() => resolve()))
}

/** The same for a folder, which is made if it is not there. */
export async function holdFolder(folder: string): Promise<() => Promise<void>> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o750 })
    return await holdAlone('the folder', await realpath(folder))
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`--storage.path: ${(error as Error).message}`)
  }
}
