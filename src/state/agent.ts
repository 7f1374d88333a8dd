/** One (agent, sub-agent): its sequence, its clock, and what it has sent. */
import { DatagramSequence } from './sequence.ts'
import type { Source } from './source.ts'

export class Agent {
  readonly id: number
  /** Type, four address words, sub-agent: the key it is found by. */
  readonly words: Int32Array
  /** Canonical text of the address inside the datagram. */
  readonly address: string
  readonly subAgent: number
  /** Quotas count by address, so that sub-agents are no way around them. */
  readonly owner: number
  readonly sequence: DatagramSequence
  /** Raised at every restart: rows written in an older epoch are not compared. */
  epoch = 0
  uptimeMs = 0
  lastDatagramMs = 0
  datagrams = 0
  flowSamples = 0
  counterSamples = 0
  discardSamples = 0
  samplesLost = 0
  samplesDuplicated = 0
  recordsRefused = 0
  conflictRefused = 0
  /** Of the last counter sample that told one, in ms; 0: none yet. */
  pollingIntervalMs = 0
  /** UDP source addresses seen, as a cross-check: the last one, and how often it changed. */
  lastSource = ''
  sourceChanges = 0
  dirty = false
  /** Its live data sources: as many as the tables admitted. */
  readonly sources = new Set<Source>()
  /** Discarded packets it notified of, by reason code. */
  readonly discards = new Map<number, number>()
  /** For the rate limit: datagrams in the present second. */
  burst = 0

  constructor(
    id: number,
    owner: number,
    words: Int32Array,
    address: string,
    sequenceWindow?: number,
  ) {
    this.sequence = new DatagramSequence(sequenceWindow)
    this.id = id
    this.owner = owner
    this.words = words
    this.address = address
    this.subAgent = (words[5] as number) >>> 0
  }
}
