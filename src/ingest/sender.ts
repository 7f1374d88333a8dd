/**
 * Sends UDP datagrams to one place, as fast as the socket takes them. Each is copied into a ring of
 * buffers, so the caller may re-use its bytes at once; when the ring is full the caller waits.
 * What the network refuses (nobody listens, no buffers) is counted, never thrown.
 */
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { UsageError } from '../usage-error.ts'

/** Sends under way at most. */
const RING_SLOTS = 64
const SLOT_BYTES_AT_START = 2_048

export interface SenderCounts {
  sent: number
  sentBytes: number
  /** By the system's error code, such as ECONNREFUSED: nobody listens there. */
  readonly failed: Map<string, number>
}

export class UdpSender {
  readonly counts: SenderCounts = { sent: 0, sentBytes: 0, failed: new Map() }
  readonly #socket: Socket
  readonly #slots: Buffer[] = Array.from({ length: RING_SLOTS }, () =>
    Buffer.alloc(SLOT_BYTES_AT_START),
  )
  readonly #free: number[] = Array.from({ length: RING_SLOTS }, (_, slot) => slot)
  #wake: (() => void) | undefined

  constructor(connected: Socket) {
    this.#socket = connected
    // Without a listener an error between two sends would end the process.
    connected.on('error', error => this.#countFailure(error))
  }

  /** Undefined when there is room for more; else a promise of room. Call not again before it. */
  send(bytes: Uint8Array): Promise<void> | undefined {
    const slot = this.#free.pop()
    if (slot === undefined) throw new Error('send() was called while the ring is full')
    let buffer = this.#slots[slot] as Buffer
    if (buffer.length < bytes.length) {
      buffer = Buffer.alloc(bytes.length)
      this.#slots[slot] = buffer
    }
    buffer.set(bytes)
    this.#socket.send(buffer, 0, bytes.length, error => {
      if (error) this.#countFailure(error)
      else {
        this.counts.sent += 1
        this.counts.sentBytes += bytes.length
      }
      this.#free.push(slot)
      this.#wake?.()
    })
    return this.#free.length ? undefined : this.#until(() => this.#free.length > 0)
  }

  /** When all that was given is sent or refused. */
  flush(): Promise<void> {
    return this.#until(() => this.#free.length === RING_SLOTS)
  }

  async close(): Promise<void> {
    await this.flush()
    await new Promise<void>(resolve => this.#socket.close(() => resolve()))
  }

  #until(reached: () => boolean): Promise<void> {
    if (reached()) return Promise.resolve()
    return new Promise(resolve => {
      this.#wake = () => {
        if (!reached()) return
        this.#wake = undefined
        resolve()
      }
    })
  }

  #countFailure(error: Error): void {
    const code = (error as NodeJS.ErrnoException).code ?? error.message
    this.counts.failed.set(code, (this.counts.failed.get(code) ?? 0) + 1)
  }
}

/** Throws UsageError when the host has no address or the port is 0. */
export async function openUdpSender(host: string, port: number): Promise<UdpSender> {
  if (port === 0) throw new UsageError(`${host}:0: a port from 1 to 65535 is needed to send to`)
  const { address, family } = await lookup(host, { order: 'ipv4first' }).catch(() => {
    throw new UsageError(`${host} has no address`)
  })
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.connect(port, address, () => {
      socket.off('error', reject)
      resolve()
    })
  }).catch((error: NodeJS.ErrnoException) => {
    socket.close()
    throw new UsageError(`cannot send to ${host}: ${error.code ?? error.message}`)
  })
  return new UdpSender(socket)
}
