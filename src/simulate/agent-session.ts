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

/** What is in a datagram, for those who compare what arrived with what a monitor says. */
export interface Carried {
  flowSamples: number
  discardSamples: number
  readonly counters: CounterSampleData[]
}
export type Emit = (agent: string, bytes: Uint8Array, carried?: Carried) => void

export class AgentSession {
  readonly agent: string
  readonly #subAgent: number
  readonly #bornMs: number
  readonly #emit: Emit
  readonly #keepTruth: boolean
  readonly #writer = new XdrWriter()
  #sequence = 0
  #samples: Uint8Array[] = []
  #bytes = 0
  #oldestMs = 0
  #carried: Carried = { flowSamples: 0, discardSamples: 0, counters: [] }

  /** `keepTruth`: its datagrams tell what they carry. */
  constructor(agent: string, subAgent: number, bornMs: number, emit: Emit, keepTruth = false) {
    this.agent = agent
    this.#subAgent = subAgent
    this.#bornMs = bornMs
    this.#emit = emit
    this.#keepTruth = keepTruth
  }

  /** Datagrams made so far. */
  get sequence(): number {
    return this.#sequence
  }

  add(sample: SampleData, nowMs: number): void {
    const bytes = encodeSample(sample, this.#writer)
    const room = DATAGRAM_BYTES_MAX - datagramHeaderBytes(this.agent) - this.#bytes
    if (this.#samples.length && bytes.length > room) this.flush(nowMs)
    if (this.#samples.length === 0) this.#oldestMs = nowMs
    this.#samples.push(bytes)
    this.#bytes += bytes.length
    if (this.#keepTruth) carry(this.#carried, sample)
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
    if (!this.#keepTruth) {
      this.#emit(this.agent, bytes)
      return
    }
    const carried = this.#carried
    this.#carried = { flowSamples: 0, discardSamples: 0, counters: [] }
    this.#emit(this.agent, bytes, carried)
  }
}

function carry(carried: Carried, sample: SampleData): void {
  if (sample.kind === 'flow') carried.flowSamples += 1
  else if (sample.kind === 'discard') carried.discardSamples += 1
  else if (sample.kind === 'counters') carried.counters.push(sample)
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
