/**
 * The sFlow agent of a switch: compact samples, ports polled in turn, packets sampled where they
 * come in, discarded packets told within a limit of their rate.
 */
import { AgentSession, type Emit, PollSchedule } from './agent-session.ts'
import { PROCESSOR, VLAN } from './counter-layouts.ts'
import { INTERNAL, type PortData, port as portData } from './encode.ts'
import type { Device, Port } from './fabric.ts'
import {
  EXTENDED_ROUTER,
  EXTENDED_SWITCH,
  HEADER_PROTOCOL_ETHERNET,
  SAMPLED_HEADER,
} from './flow-layouts.ts'
import { FCS_BYTES, type FrameShape, frameHeader, lldpHeader } from './frames.ts'
import { type RecordData, record } from './layout.ts'
import { portRecords } from './port-records.ts'
import type { Random } from './random.ts'
import type { Hop, Stream } from './stream.ts'

const CLASS_INTERFACE = 0
const CLASS_VLAN = 1
const CLASS_DEVICE = 2
const HOST_VLAN = 10
const FORMAT_DISCARDED = 1
/** Notifications of discarded packets a second: sflow_drops.txt asks for a limit. */
const DISCARDS_PER_SECOND = 10
const OUTSIDE_ROUTER = Uint8Array.of(192, 0, 2, 1)
const MEMORY_BYTES = 8 * 2 ** 30

export interface AgentOptions {
  readonly startMs: number
  readonly pollingMs: number
  readonly random: Random
  readonly emit: Emit
  readonly keepTruth: boolean
}

interface PortPoll {
  readonly port: Port
  readonly schedule: PollSchedule
  sequence: number
}

export class SwitchAgent {
  readonly session: AgentSession
  readonly #device: Device
  readonly #random: Random
  readonly #polls: readonly PortPoll[]
  readonly #devicePoll: PollSchedule
  #deviceSequence = 0
  #discardSequence = 0
  #discardsUntold = 0
  #discardsLeft = DISCARDS_PER_SECOND
  #discardSecond = 0

  constructor(device: Device, { startMs, pollingMs, random, emit, keepTruth }: AgentOptions) {
    this.#device = device
    this.#random = random.fork(`agent ${device.name}`)
    this.session = new AgentSession(device.agent, 0, device.bornMs, emit, keepTruth)
    const count = device.ports.length + 1
    this.#polls = device.ports.map((port, index) => {
      const schedule = new PollSchedule(
        startMs,
        pollingMs,
        (index + this.#random.fraction()) / count,
      )
      return { port, schedule, sequence: 0 }
    })
    this.#devicePoll = new PollSchedule(startMs, pollingMs, (count - 1) / count)
  }

  /** Notifications of discarded packets so far. */
  get discardSamples(): number {
    return this.#discardSequence
  }

  sampled(stream: Stream, hop: Hop, at: Port, dropped: number | undefined, nowMs: number): void {
    const { sampler } = at
    const sample = {
      kind: 'flow',
      sequence: sampler.sequence,
      sourceClass: CLASS_INTERFACE,
      sourceIndex: at.ifIndex,
      samplingRate: sampler.rate,
      samplePool: sampler.pool,
      drops: 0,
      input: portData(at.ifIndex),
      output: outputOf(hop, dropped),
      records: [headerRecord(stream, at), ...this.#extended(stream, hop, at)],
    } as const
    this.session.add(sample, nowMs)
  }

  discarded(stream: Stream, hop: Hop, packets: number, reason: number, nowMs: number): void {
    const second = Math.floor(nowMs / 1_000)
    if (second !== this.#discardSecond) {
      this.#discardSecond = second
      this.#discardsLeft = DISCARDS_PER_SECOND
    }
    const told = this.#discardsLeft > 0 ? 1 : 0
    this.#discardsLeft -= told
    // Of a batch one packet is told, the rest only counted.
    this.#discardsUntold += packets - told
    const input = hop.input
    if (told === 0 || input === undefined) return
    this.#discardSequence += 1
    const sample = {
      kind: 'discard',
      sequence: this.#discardSequence,
      sourceClass: CLASS_DEVICE,
      sourceIndex: 1,
      drops: this.#discardsUntold,
      input: input.ifIndex,
      output: hop.output?.ifIndex ?? 0,
      reason,
      records: [headerRecord(stream, input)],
    } as const
    this.session.add(sample, nowMs)
  }

  /** Polls what is due. `load` is how busy the network is, 0 to 1. */
  tick(nowMs: number, load: number): void {
    for (const poll of this.#polls) if (poll.schedule.due(nowMs)) this.#pollPort(poll, nowMs)
    if (this.#devicePoll.due(nowMs)) this.#pollDevice(nowMs, load)
    this.session.tick(nowMs)
  }

  pollAll(nowMs: number, load: number): void {
    for (const poll of this.#polls) this.#pollPort(poll, nowMs)
    this.#pollDevice(nowMs, load)
  }

  #pollPort(poll: PortPoll, nowMs: number): void {
    poll.sequence += 1
    const source = { sourceClass: CLASS_INTERFACE, sourceIndex: poll.port.ifIndex }
    this.#counters(poll.sequence, source, portRecords(poll.port, nowMs), nowMs)
  }

  #pollDevice(nowMs: number, load: number): void {
    this.#deviceSequence += 1
    const device = { sourceClass: CLASS_DEVICE, sourceIndex: 1 }
    this.#counters(this.#deviceSequence, device, [this.#processor(load)], nowMs)
    if (this.#device.kind !== 'leaf') return
    const vlan = { sourceClass: CLASS_VLAN, sourceIndex: HOST_VLAN }
    this.#counters(this.#deviceSequence, vlan, [vlanRecord(this.#device)], nowMs)
  }

  #counters(
    sequence: number,
    source: { readonly sourceClass: number; readonly sourceIndex: number },
    records: readonly RecordData[],
    nowMs: number,
  ): void {
    this.session.add({ kind: 'counters', sequence, ...source, records }, nowMs)
  }

  #processor(load: number): RecordData {
    const percent = Math.round(8 + 30 * load + this.#random.between(0, 6))
    return record(PROCESSOR, {
      cpu5s: percent,
      cpu1m: Math.round(8 + 30 * load + 3),
      cpu5m: Math.round(8 + 30 * load + 2),
      totalMemory: MEMORY_BYTES,
      freeMemory: Math.floor(MEMORY_BYTES * (0.6 - 0.1 * load)),
    })
  }

  #extended(stream: Stream, hop: Hop, at: Port): readonly RecordData[] {
    if (hop.local) return []
    const fromHost = at.device.kind === 'leaf' && stream.options.from.host?.leafPort === at
    const toHost = hop.output !== undefined && stream.options.to.host?.leafPort === hop.output
    const v6 = stream.options.shape.source.length === 16
    const bits = v6 ? 128 : 32
    return [
      record(EXTENDED_SWITCH, {
        sourceVlan: fromHost ? HOST_VLAN : 0,
        sourcePriority: 0,
        destinationVlan: toHost ? HOST_VLAN : 0,
        destinationPriority: 0,
      }),
      record(EXTENDED_ROUTER, {
        nextHop: stream.options.to.host?.address ?? OUTSIDE_ROUTER,
        sourceMaskLength: bits - 8,
        destinationMaskLength: bits - 8,
      }),
    ]
  }
}

function outputOf(hop: Hop, dropped: number | undefined): PortData {
  if (dropped !== undefined) return { format: FORMAT_DISCARDED, value: dropped }
  return hop.output ? portData(hop.output.ifIndex) : portData(INTERNAL)
}

/** One packet of a stream, as the sampler saw it. */
export function headerRecord(stream: Stream, at: Port): RecordData {
  const shape: FrameShape = stream.packetShape()
  const header = stream.options.multicast
    ? lldpHeader(shape.sourceMac, at.name)
    : frameHeader(shape)
  return record(SAMPLED_HEADER, {
    protocol: HEADER_PROTOCOL_ETHERNET,
    frameLength: shape.frameBytes,
    stripped: FCS_BYTES,
    header,
  })
}

function vlanRecord(leaf: Device): RecordData {
  const hostPorts = leaf.ports.filter(port => port.name.startsWith('swp') && !port.hasOptics)
  const sum = (of: (port: Port) => number) => hostPorts.reduce((total, one) => total + of(one), 0)
  return record(VLAN, {
    vlan: HOST_VLAN,
    octets: sum(port => port.counters.inOctets),
    ucastPkts: sum(port => port.counters.inUnicast),
    multicastPkts: sum(port => port.counters.inMulticast),
    broadcastPkts: 0,
    discards: sum(port => port.counters.inDiscards),
  })
}
