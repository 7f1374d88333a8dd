/**
 * What every sFlow agent does with its samples: packs them into datagrams of at most 1400 bytes,
 * none older than a second, numbered without a gap. `sflow_version_5.txt`, "Sampling Mechanisms".
 */
import {
  type CounterSampleData,
  datagramHeaderBytes,
  encodeDatagram,
  encodeSample,
  type SampleData,
} from './encode.ts'
import { XdrWriter } from './xdr-writer.ts'

export const DATAGRAM_BYTES_MAX = 1_400
const AGE_MS_MAX = 1_000

/** Hears of counter samples as they are made. */
export type Told = (agent: string, counters: CounterSampleData) => void
export type Emit = (agent: string, bytes: Uint8Array) => void

export class AgentSession {
  readonly agent: string
  readonly #subAgent: number
  readonly #bornMs: number
  readonly #emit: Emit
  readonly #told: Told | undefined
  readonly #writer = new XdrWriter()
  #sequence = 0
  #samples: Uint8Array[] = []
  #bytes = 0
  #oldestMs = 0

  constructor(agent: string, subAgent: number, bornMs: number, emit: Emit, told?: Told) {
    this.agent = agent
    this.#subAgent = subAgent
    this.#bornMs = bornMs
    this.#emit = emit
    this.#told = told
  }

  /** Datagrams made so far. */
  get sequence(): number {
    return this.#sequence
  }

  add(sample: SampleData, nowMs: number): void {
    if (sample.kind === 'counters') this.#told?.(this.agent, sample)
    const bytes = encodeSample(sample, this.#writer)
    const room = DATAGRAM_BYTES_MAX - datagramHeaderBytes(this.agent) - this.#bytes
    if (this.#samples.length && bytes.length > room) this.flush(nowMs)
    if (this.#samples.length === 0) this.#oldestMs = nowMs
    this.#samples.push(bytes)
    this.#bytes += bytes.length
  }

  /** Sends what waits for too long. */
  tick(nowMs: number): void {
    if (nowMs - this.#oldestMs >= AGE_MS_MAX) this.flush(nowMs)
  }

  flush(nowMs: number): void {
    if (this.#samples.length === 0) return
    this.#sequence += 1
    const header = { agent: this.agent, subAgent: this.#subAgent, sequence: this.#sequence }
    const datagram = { ...header, uptimeMs: nowMs - this.#bornMs, samples: this.#samples }
    const bytes = encodeDatagram(datagram, this.#writer)
    this.#samples = []
    this.#bytes = 0
    this.#emit(this.agent, bytes)
  }
}

/** When a source is polled next; sources of an agent are spread over the interval. */
export class PollSchedule {
  #nextMs: number
  readonly #intervalMs: number

  constructor(startMs: number, intervalMs: number, position: number) {
    this.#intervalMs = intervalMs
    this.#nextMs = startMs + intervalMs * position
  }

  due(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false
    this.#nextMs += this.#intervalMs
    return true
  }
}
