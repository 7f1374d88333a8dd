/**
 * For one of several workers: is this datagram ours? An agent address belongs to one worker, which
 * receives its datagrams whichever socket they came to; all its sub-agents are there with it, since
 * they share names of interfaces, quotas and the direction rule. What cannot be handed over is refused
 * and counted, so that received = processed + refused, exactly, in every worker.
 */
import { REFUSAL } from '../sflow/refusal.ts'
import { DatagramHeader } from '../sflow/samples.ts'
import { readHeader } from '../sflow/walk.ts'
import type { Engine } from './engine.ts'

/** Nobody owns the address; or there is no room for another. */
export const NOBODY = -1

/**
 * Two threads read two sockets, so their datagrams are out of step by what one thread may pause. Of
 * an agent that comes by both, so many numbers are told apart: 100 ms of 10,000 datagrams a second.
 */
const FORWARDED_WINDOW = 1_024

/** Who owns an agent address (five words: type and address). */
export interface Owners {
  ownerOf(address: Int32Array): number
  /** Makes `worker` the owner unless there is one. Returns the owner, or NOBODY. */
  claim(address: Int32Array, worker: number): number
}

export interface RouterOptions {
  readonly engine: Engine
  readonly owners: Owners
  /** The number of this worker. */
  readonly worker: number
  /** Hands a datagram to another worker. False: it is too far behind. */
  readonly forward: (
    worker: number,
    view: DataView,
    offset: number,
    length: number,
    sender: string,
  ) => boolean
}

export class Router {
  readonly #options: RouterOptions
  readonly #header = new DatagramHeader()
  readonly #address = new Int32Array(5)

  constructor(options: RouterOptions) {
    this.#options = options
  }

  /** A datagram of one of our sockets. */
  receive(view: DataView, offset: number, length: number, nowMs: number, sender = ''): void {
    const { engine, worker } = this.#options
    const owner = this.#ownerOf(view, offset, length)
    if (owner === worker) engine.receive(view, offset, length, nowMs, sender)
    else this.#handOver(owner, view, offset, length, sender)
  }

  /** A datagram that another worker received for us. */
  receiveForwarded(
    view: DataView,
    offset: number,
    length: number,
    nowMs: number,
    sender: string,
  ): void {
    const { engine, worker } = this.#options
    const owner = this.#ownerOf(view, offset, length)
    // Owners change only after an agent has been silent for a day: it was under way meanwhile.
    if (owner !== worker) {
      this.#handOver(owner, view, offset, length, sender)
      return
    }
    engine.registry.findAgent(this.#header)?.sequence.widen(FORWARDED_WINDOW)
    engine.receive(view, offset, length, nowMs, sender)
  }

  #handOver(owner: number, view: DataView, offset: number, length: number, sender: string): void {
    const { engine, forward } = this.#options
    if (owner === NOBODY) engine.refuseDatagram(REFUSAL.agents_limit, length)
    else if (forward(owner, view, offset, length, sender)) engine.datagramsForwarded += 1
    else engine.refuseDatagram(REFUSAL.forward_limit, length)
  }

  /** This worker for what has no header: the engine knows why, and counts it. */
  #ownerOf(view: DataView, offset: number, length: number): number {
    const { owners, worker } = this.#options
    const header = this.#header
    if (readHeader(view, offset, length, header) !== REFUSAL.none) return worker
    const words = this.#address
    words[0] = header.addressType
    for (let word = 0; word < 4; word++) words[1 + word] = header.address[word] as number
    const owner = owners.ownerOf(words)
    return owner === NOBODY ? owners.claim(words, worker) : owner
  }
}
