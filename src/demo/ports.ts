/** Ports of the loopback: the well-known one where it is free, else any. And programs on PATH. */
import { accessSync, constants, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'

const TRIES_MAX = 5

/** A TCP port that nobody listened on a moment ago. */
export async function freePort(wellKnown: number): Promise<number> {
  return (await probe(wellKnown)) ?? (await probe(0)) ?? 0
}

/**
 * Starts a program on a port that was free. Another may take it before the program does, so one that
 * ends because of that is started again on another.
 */
export async function onFreePort<T>(
  wellKnown: number,
  start: (port: number) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(await freePort(tries === 1 ? wellKnown : 0))
    } catch (error) {
      if (tries === TRIES_MAX || !/in use/.test((error as Error).message)) throw error
    }
  }
}

function probe(port: number): Promise<number | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      const found = typeof address === 'object' ? address?.port : undefined
      server.close(() => resolve(found))
    })
  })
}

/** The first of these programs that a folder of PATH holds. */
export function onPath(
  names: readonly string[],
  path = process.env.PATH ?? '',
): string | undefined {
  const folders = path.split(delimiter).filter(folder => folder !== '')
  return names.flatMap(name => folders.map(folder => join(folder, name))).find(isProgram)
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
