/**
 * Datagrams that the kernel dropped because a socket of ours was full: the last column of
 * /proc/net/udp and udp6, by the inodes of our own descriptors. Linux only; elsewhere undefined.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Columns of proc(5) /proc/net/udp. */
const LOCAL_ADDRESS = 1
const INODE = 9
const DROPS = 12

export class KernelDrops {
  readonly #ports: ReadonlySet<number>
  readonly #inodes: ReadonlySet<string>

  /** Call it once the sockets are bound. */
  constructor(ports: Iterable<number>) {
    this.#ports = new Set(ports)
    this.#inodes = ownSockets()
  }

  /** All drops of our sockets since they were bound, or undefined where the kernel does not say. */
  read(): number | undefined {
    let sum: number | undefined
    for (const file of ['/proc/self/net/udp', '/proc/self/net/udp6']) {
      let text: string
      try {
        text = readFileSync(file, 'latin1')
      } catch {
        continue
      }
      sum = (sum ?? 0) + this.#sumOf(text)
    }
    return sum
  }

  #sumOf(text: string): number {
    let sum = 0
    for (const line of text.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/)
      if (!this.#inodes.has(columns[INODE] ?? '')) continue
      const port = Number.parseInt((columns[LOCAL_ADDRESS] ?? '').split(':')[1] ?? '', 16)
      if (this.#ports.has(port)) sum += Number(columns[DROPS] ?? 0)
    }
    return sum
  }
}

function ownSockets(): ReadonlySet<string> {
  const inodes = new Set<string>()
  try {
    for (const descriptor of readdirSync('/proc/self/fd')) {
      const target = linkOf(`/proc/self/fd/${descriptor}`)
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
      if (inode !== undefined) inodes.add(inode)
    }
  } catch {
    // No /proc: nothing to count.
  }
  return inodes
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
