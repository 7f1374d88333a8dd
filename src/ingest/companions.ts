/**
 * What one of several workers has besides: who owns which agent, ways to the other workers for
 * datagrams of theirs, and samples on their way to the flows that the main thread counts.
 */
import type { MessagePort } from 'node:worker_threads'
import type { Engine, EngineOptions } from '../engine/engine.ts'
import { Router } from '../engine/router.ts'
import type { SampleBatch } from '../flows/merge/batch.ts'
import { SampleTaps } from '../flows/merge/taps.ts'
import { Lanes } from './lanes.ts'
import { Ownership } from './ownership.ts'

/** Thresholds on flows over all agents are late by this at most, and the main thread by a message each. */
const FLUSH_MS = 10
/** Threads are more out of step than networks; 1 KB for each agent. */
const SEQUENCE_WINDOW = 256

/** Made on the main thread. */
export interface CompanionData {
  /** Memory of `Ownership`. */
  readonly owners: SharedArrayBuffer
  /** Ways to the other workers, by number. */
  readonly ports: ReadonlyMap<number, MessagePort>
}

export interface CompanionOptions extends CompanionData {
  readonly worker: number
  readonly hashSeed: number
  readonly definitionsMax: number
  readonly sendSamples: (batch: SampleBatch) => void
}

export class Companions {
  readonly taps: SampleTaps
  /** What the engine of this worker is to be made with. */
  readonly engineOptions: Pick<EngineOptions, 'addresses' | 'sequenceWindow'>
  readonly #options: CompanionOptions
  readonly #owners: Ownership
  #router: Router | undefined
  #lanes: Lanes | undefined

  constructor(options: CompanionOptions) {
    const { owners, hashSeed, definitionsMax, sendSamples } = options
    this.#options = options
    this.#owners = new Ownership(owners, hashSeed)
    this.engineOptions = {
      sequenceWindow: SEQUENCE_WINDOW,
      addresses: {
        addressNew: words => this.#owners.keep(words),
        addressGone: words => this.#owners.leave(words),
      },
    }
    this.taps = new SampleTaps({
      taps: definitionsMax,
      seed: hashSeed,
      send: sendSamples,
      begun: () => setTimeout(() => this.taps.flush(), FLUSH_MS).unref(),
    })
  }

  /** To be called once the engine is there. */
  connect(engine: Engine): void {
    const { worker, ports } = this.#options
    const lanes = new Lanes({
      ports,
      receive: (view, offset, length, sender) =>
        router.receiveForwarded(view, offset, length, Date.now(), sender),
      later: flush => setImmediate(flush),
    })
    const router = new Router({
      engine,
      owners: this.#owners,
      worker,
      forward: (...datagram) => lanes.send(...datagram),
    })
    this.#router = router
    this.#lanes = lanes
  }

  receive(view: DataView, offset: number, length: number, nowMs: number, sender?: string): void {
    this.#router?.receive(view, offset, length, nowMs, sender)
  }

  /** No datagrams come any more: what belongs to others goes to them. */
  quiet(): void {
    this.#lanes?.flush()
  }

  /** All workers are quiet: what they have sent is taken, what the main thread counts is sent. */
  end(): void {
    this.#lanes?.drain()
    this.taps.flush()
    this.#lanes?.close()
  }
}
