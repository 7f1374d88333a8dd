/**
 * The ways between workers for datagrams that came to one and belong to another: batches of bytes,
 * transferred, and sent back empty to be used again. Order is kept. A worker that is behind gets full
 * batches, as more gathers until it has given one back. Bounded: at most BATCHES_MAX batches are on
 * their way to one worker; beyond that `send` refuses.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'

/** Any datagram fits, and some dozen ordinary ones. */
const BATCH_BYTES = 131_072
/** 16 batches are 2 MiB for each pair of workers. */
const BATCHES_MAX = 16
/** While so many are on their way, a batch waits until it is full or one comes back. */
const UNANSWERED_MAX = 2
/** In front of a datagram: its length, the length of its sender's address, that address. */
const HEAD_BYTES = 3
const SENDER_BYTES_MAX = 64

/** A datagram of a peer, where it stands in a batch. */
export type Receive = (view: DataView, offset: number, length: number, sender: string) => void

interface Batch {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly used: number
}

export interface LanesOptions {
  /** By number of the worker. */
  readonly ports: ReadonlyMap<number, MessagePort>
  readonly receive: Receive
  /** Runs `flush` soon: when this turn of the event loop is over. */
  readonly later: (flush: () => void) => void
}

export class Lanes {
  readonly #lanes = new Map<number, Lane>()
  readonly #later: LanesOptions['later']
  readonly #flush = () => {
    this.#isDue = false
    for (const lane of this.#lanes.values()) lane.flushUnlessBehind()
  }
  #isDue = false

  constructor({ ports, receive, later }: LanesOptions) {
    for (const [worker, port] of ports) this.#lanes.set(worker, new Lane(port, receive))
    this.#later = later
  }

  /** Copies a datagram for a worker. False: too much is on its way there. */
  send(worker: number, view: DataView, offset: number, length: number, sender: string): boolean {
    const lane = this.#lanes.get(worker)
    if (!lane?.put(view, offset, length, sender)) return false
    if (!this.#isDue) {
      this.#isDue = true
      this.#later(this.#flush)
    }
    return true
  }

  /** Sends what there is, now and whoever is behind. */
  flush(): void {
    for (const lane of this.#lanes.values()) lane.flush()
  }

  /** Takes at once what peers have sent so far. */
  drain(): void {
    for (const lane of this.#lanes.values()) lane.drain()
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.close()
  }
}

class Lane {
  readonly #port: MessagePort
  readonly #receive: Receive
  readonly #free: Uint8Array<ArrayBuffer>[] = []
  #made = 0
  #unanswered = 0
  #batch: Uint8Array<ArrayBuffer> | undefined
  #used = 0

  constructor(port: MessagePort, receive: Receive) {
    this.#port = port
    this.#receive = receive
    port.on('message', (batch: Batch) => this.#take(batch))
  }

  put(view: DataView, offset: number, length: number, sender: string): boolean {
    const senderBytes = Math.min(sender.length, SENDER_BYTES_MAX)
    const need = HEAD_BYTES + senderBytes + length
    if (this.#batch !== undefined && this.#used + need > BATCH_BYTES) this.flush()
    const batch = this.#batch ?? this.#begin()
    if (batch === undefined) return false
    this.#batch = batch
    let at = this.#used
    batch[at++] = length >>> 8
    batch[at++] = length & 0xff
    batch[at++] = senderBytes
    for (let index = 0; index < senderBytes; index++) batch[at++] = sender.charCodeAt(index)
    batch.set(new Uint8Array(view.buffer, view.byteOffset + offset, length), at)
    this.#used = at + length
    return true
  }

  flushUnlessBehind(): void {
    if (this.#unanswered < UNANSWERED_MAX) this.flush()
  }

  flush(): void {
    const bytes = this.#batch
    if (bytes === undefined) return
    this.#batch = undefined
    this.#unanswered += 1
    this.#port.postMessage({ bytes, used: this.#used }, [bytes.buffer])
    this.#used = 0
  }

  drain(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { message: Batch } | undefined
      if (received === undefined) return
      this.#take(received.message)
    }
  }

  close(): void {
    this.#port.close()
  }

  #begin(): Uint8Array<ArrayBuffer> | undefined {
    const free = this.#free.pop()
    if (free !== undefined || this.#made >= BATCHES_MAX) return free
    this.#made += 1
    return new Uint8Array(BATCH_BYTES)
  }

  /** An empty batch is one of ours that comes back. */
  #take({ bytes, used }: Batch): void {
    if (used === 0) {
      this.#free.push(bytes)
      this.#unanswered -= 1
      this.flushUnlessBehind()
      return
    }
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < used; ) {
      const length = view.getUint16(at)
      const start = at + HEAD_BYTES
      const end = start + view.getUint8(at + 2)
      this.#receive(view, end, length, addressText(bytes, start, end))
      at = end + length
    }
    this.#port.postMessage({ bytes, used: 0 }, [bytes.buffer])
  }
}

function addressText(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number)
  return text
}
