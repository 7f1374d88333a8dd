/**
 * Traffic for benchmarks and long tests: datagrams of 1296 bytes with 6 flow samples (128-byte
 * headers) and the counters of one interface, from many agents and ports, of flows that follow
 * Zipf's law. Built once as a ring; what changes from datagram to datagram (sequences, pools, uptime,
 * counters) is patched in place, so making one takes a microsecond. Seeded; the spoofed variant gives
 * every sample a source address and port of its own, as a flood does.
 */

import { GENERIC_INTERFACE } from './counter-layouts.ts'
import { encodeDatagram, encodeSample, port } from './encode.ts'
import { HEADER_PROTOCOL_ETHERNET, SAMPLED_HEADER } from './flow-layouts.ts'
import { FCS_BYTES, frameHeader, PROTOCOL_TCP, PROTOCOL_UDP } from './frames.ts'
import { record } from './layout.ts'
import { Random } from './random.ts'
import { zipf } from './zipf.ts'

export interface LoadOptions {
  readonly seed: number
  readonly agents: number
  readonly portsPerAgent: number
  readonly flows: number
  /** Zipf's exponent: 1 is what networks show, 0 makes all flows alike. */
  readonly exponent: number
  readonly samplingRate: number
  /** Datagrams in the ring. The usual 16,384 show some 24,000 of the 100,000 flows; more show more. */
  readonly ring: number
  /** Every sample from another source address and port. */
  readonly spoofed: boolean
}

export const LOAD_DEFAULTS: LoadOptions = {
  seed: 1,
  agents: 64,
  portsPerAgent: 48,
  flows: 100_000,
  exponent: 1,
  samplingRate: 1_000,
  ring: 16_384,
  spoofed: false,
}

export const LOAD_DATAGRAM_BYTES = 1_296
export const LOAD_FLOW_SAMPLES = 6

/** Where the parts lie: all datagrams are laid out alike. */
const HEADER_BYTES = 28
const SAMPLE_BYTES = 192
const SEQUENCE_AT = 16
const UPTIME_AT = 20
const SAMPLE_SEQUENCE_AT = 8
const SAMPLE_POOL_AT = 20
const SAMPLED_BYTES_AT = 64
const SOURCE_ADDRESS_AT = SAMPLED_BYTES_AT + 26
const SOURCE_PORT_AT = SAMPLED_BYTES_AT + 34
const COUNTERS_AT = HEADER_BYTES + LOAD_FLOW_SAMPLES * SAMPLE_BYTES
const COUNTER_SEQUENCE_AT = COUNTERS_AT + 8
const OCTETS_IN_AT = COUNTERS_AT + 52
const PACKETS_IN_AT = COUNTERS_AT + 60
const OCTETS_OUT_AT = COUNTERS_AT + 84
const PACKETS_OUT_AT = COUNTERS_AT + 92

const FRAME_BYTES = [64, 128, 576, 1_518, 1_518, 1_518] as const
const PORT_SPEED = 10e9

export interface LoadFlow {
  readonly source: string
  readonly destination: string
  readonly protocol: number
  readonly sourcePort: number
  readonly destinationPort: number
  readonly frameBytes: number
}

interface Slot {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly agent: number
  readonly port: number
  readonly flows: readonly number[]
}

export class Load {
  readonly options: LoadOptions
  /** How many samples of each flow went out: the truth for top-N. */
  readonly samplesByFlow: Float64Array
  readonly #slots: readonly Slot[]
  readonly #random: Random
  /** By agent; by agent and port. */
  readonly #sequences: Uint32Array
  readonly #flowSequences: Uint32Array
  readonly #counterSequences: Uint32Array
  readonly #packets: Float64Array
  #next = 0
  #made = 0

  constructor(options: Partial<LoadOptions> = {}) {
    this.options = { ...LOAD_DEFAULTS, ...options }
    const { seed, agents, portsPerAgent, flows, ring } = this.options
    this.#random = new Random(seed)
    this.samplesByFlow = new Float64Array(flows)
    this.#sequences = new Uint32Array(agents)
    this.#flowSequences = new Uint32Array(agents * portsPerAgent)
    this.#counterSequences = new Uint32Array(agents * portsPerAgent)
    this.#packets = new Float64Array(agents * portsPerAgent)
    const draw = zipf(flows, this.options.exponent, this.#random)
    this.#slots = Array.from({ length: ring }, (_, index) => {
      const port = Math.floor(index / agents) % portsPerAgent
      const drawn = Array.from({ length: LOAD_FLOW_SAMPLES }, draw)
      return this.#makeSlot(index % agents, port, drawn)
    })
  }

  get datagramsMade(): number {
    return this.#made
  }

  /** The text of an agent's address: `10.200.0.1`, … */
  agentAddress(agent: number): string {
    return `10.200.${agent >> 8}.${agent & 255}`
  }

  /** What flow number `index` looks like. */
  flow(index: number): LoadFlow {
    const random = this.#random.fork(`flow ${index}`)
    const isUdp = random.fraction() < 0.2
    return {
      source: `10.${random.integer(100)}.${random.integer(256)}.${random.integer(256)}`,
      destination: `10.${100 + random.integer(100)}.${random.integer(256)}.${random.integer(256)}`,
      protocol: isUdp ? PROTOCOL_UDP : PROTOCOL_TCP,
      sourcePort: 1_024 + random.integer(64_000),
      destinationPort: random.pick([53, 80, 443, 443, 443, 3306, 5432, 8080, 9092]),
      frameBytes: random.pick(FRAME_BYTES),
    }
  }

  /** The next datagram, valid until the ring comes round. `uptimeMs` is the agents' clock. */
  next(uptimeMs: number): Uint8Array {
    const slot = this.#slots[this.#next] as Slot
    this.#next = (this.#next + 1) % this.#slots.length
    this.#made += 1
    this.#patchFlowSamples(slot)
    this.#patchCounters(slot)
    const { view, agent } = slot
    const sequence = (this.#sequences[agent] as number) + 1
    this.#sequences[agent] = sequence
    view.setUint32(SEQUENCE_AT, sequence)
    view.setUint32(UPTIME_AT, uptimeMs)
    return slot.bytes
  }

  #patchFlowSamples({ view, agent, port, flows }: Slot): void {
    const { portsPerAgent, samplingRate, spoofed } = this.options
    const place = agent * portsPerAgent + port
    let sequence = this.#flowSequences[place] as number
    for (let index = 0; index < LOAD_FLOW_SAMPLES; index++) {
      const at = HEADER_BYTES + index * SAMPLE_BYTES
      sequence += 1
      view.setUint32(at + SAMPLE_SEQUENCE_AT, sequence)
      view.setUint32(at + SAMPLE_POOL_AT, sequence * samplingRate)
      if (spoofed) {
        view.setUint32(at + SOURCE_ADDRESS_AT, this.#random.word())
        view.setUint16(at + SOURCE_PORT_AT, this.#random.word() & 0xffff)
      }
      const flow = flows[index] as number
      this.samplesByFlow[flow] = (this.samplesByFlow[flow] as number) + 1
    }
    this.#flowSequences[place] = sequence
  }

  /** Counters go on by what the samples stand for, at a thousand bytes a packet. */
  #patchCounters({ view, agent, port }: Slot): void {
    const place = agent * this.options.portsPerAgent + port
    const sequence = (this.#counterSequences[place] as number) + 1
    this.#counterSequences[place] = sequence
    const packets = (this.#packets[place] as number) + LOAD_FLOW_SAMPLES * this.options.samplingRate
    this.#packets[place] = packets
    view.setUint32(COUNTER_SEQUENCE_AT, sequence)
    setUint64(view, OCTETS_IN_AT, packets * 1_000)
    view.setUint32(PACKETS_IN_AT, packets)
    setUint64(view, OCTETS_OUT_AT, packets * 900)
    view.setUint32(PACKETS_OUT_AT, packets)
  }

  #makeSlot(agent: number, portIndex: number, flows: readonly number[]): Slot {
    const ifIndex = portIndex + 1
    const source = { sourceClass: 0, sourceIndex: ifIndex, sequence: 0 }
    const output = port((ifIndex % this.options.portsPerAgent) + 1)
    const samples = flows.map(flow => {
      return encodeSample({
        kind: 'flow',
        ...source,
        samplingRate: this.options.samplingRate,
        samplePool: 0,
        drops: 0,
        input: port(ifIndex),
        output,
        records: [this.#headerOf(flow)],
      })
    })
    const counters = encodeSample({ kind: 'counters', ...source, records: [countersOf(ifIndex)] })
    const bytes = encodeDatagram({
      agent: this.agentAddress(agent),
      sequence: 0,
      uptimeMs: 0,
      samples: [...samples, counters],
    })
    return { bytes, view: new DataView(bytes.buffer), agent, port: portIndex, flows }
  }

  /** A whole 128 bytes even of a short frame, so that all datagrams are laid out alike. */
  #headerOf(flow: number) {
    const { source, destination, frameBytes, ...rest } = this.flow(flow)
    const shape = {
      sourceMac: Uint8Array.of(2, 0, 0, 0, 0, 1),
      destinationMac: Uint8Array.of(2, 0, 0, 0, 0, 2),
      source: Uint8Array.from(source.split('.'), Number),
      destination: Uint8Array.from(destination.split('.'), Number),
      frameBytes,
      ...rest,
    }
    const header = new Uint8Array(128)
    header.set(frameHeader(shape))
    return record(SAMPLED_HEADER, {
      protocol: HEADER_PROTOCOL_ETHERNET,
      frameLength: frameBytes,
      stripped: FCS_BYTES,
      header,
    })
  }
}

function countersOf(ifIndex: number) {
  return record(GENERIC_INTERFACE, {
    ifIndex,
    ifType: 6,
    ifSpeed: PORT_SPEED,
    ifDirection: 1,
    ifStatus: 3,
    ifInOctets: 0,
    ifInUcastPkts: 0,
    ifInMulticastPkts: 0,
    ifInBroadcastPkts: 0,
    ifInDiscards: 0,
    ifInErrors: 0,
    ifInUnknownProtos: 0,
    ifOutOctets: 0,
    ifOutUcastPkts: 0,
    ifOutMulticastPkts: 0,
    ifOutBroadcastPkts: 0,
    ifOutDiscards: 0,
    ifOutErrors: 0,
    ifPromiscuousMode: 0,
  })
}

function setUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 2 ** 32))
  view.setUint32(at + 4, value)
}
