/**
 * Host sFlow on a simulated host: expanded samples, the host and each of its guests polled, packets
 * of eth0 sampled both ways and marked with the guests that they belong to. A guest that stopped is
 * reported once with its last state, then no more.
 */
import { AgentSession, PollSchedule } from './agent-session.ts'
import { SERVICES } from './application.ts'
import { INTERNAL, port as portData } from './encode.ts'
import type { Host, Port } from './fabric.ts'
import { ENTITIES } from './flow-layouts.ts'
import { guestRecords } from './guest-records.ts'
import { GUEST_RUNNING, type Guest } from './guests.ts'
import { HostModel } from './host-model.ts'
import { type RecordData, record } from './layout.ts'
import { portRecords } from './port-records.ts'
import type { Hop, Stream } from './stream.ts'
import { type AgentOptions, headerRecord } from './switch-agent.ts'

const SUB_AGENT = 100_000
const PACKETS_PER_REQUEST = 40
const CLASS_INTERFACE = 0
const CLASS_DEVICE = 2
const CLASS_LOGICAL = 3
const HOST_SOURCE = { sourceClass: CLASS_DEVICE, sourceIndex: 1 } as const

export class HostAgent {
  readonly session: AgentSession
  readonly model: HostModel
  readonly #host: Host
  readonly #poll: PollSchedule
  readonly #guestSequences = new WeakMap<Guest, number>()
  #sequence = 0

  constructor(host: Host, { startMs, pollingMs, random, emit, keepTruth }: AgentOptions) {
    const own = random.fork(`agent ${host.name}`)
    this.#host = host
    this.session = new AgentSession(host.agent, SUB_AGENT, host.bornMs, emit, keepTruth)
    this.model = new HostModel(host, startMs, own)
    this.#poll = new PollSchedule(startMs, pollingMs, own.fraction())
  }

  sampled(stream: Stream, hop: Hop, at: Port, nowMs: number): void {
    const { sampler } = at
    const sent = hop.input === undefined
    const inside = portData(INTERNAL)
    const sample = {
      kind: 'flow',
      expanded: true,
      sequence: sampler.sequence,
      sourceClass: CLASS_INTERFACE,
      sourceIndex: at.ifIndex,
      samplingRate: sampler.rate,
      samplePool: sampler.pool,
      drops: 0,
      input: sent ? inside : portData(at.ifIndex),
      output: sent ? portData(at.ifIndex) : inside,
      records: [headerRecord(stream, at), ...this.#entities(stream)],
    } as const
    this.session.add(sample, nowMs)
  }

  tick(nowMs: number, load: number): void {
    if (this.#poll.due(nowMs)) this.pollAll(nowMs, load)
    this.session.tick(nowMs)
  }

  pollAll(nowMs: number, load: number): void {
    this.#sequence += 1
    this.model.advance(nowMs, load)
    const { ports, guests, platform } = this.#host
    for (const port of ports) {
      const source = { sourceClass: CLASS_INTERFACE, sourceIndex: port.ifIndex }
      this.#counters(this.#sequence, source, portRecords(port, nowMs), nowMs)
    }
    this.#counters(this.#sequence, HOST_SOURCE, this.model.records(nowMs), nowMs)
    if (platform === 'docker') {
      const requests = Math.floor(this.model.packetsReceived / PACKETS_PER_REQUEST)
      for (const service of SERVICES) {
        this.#counters(this.#sequence, service, service.records(requests, load), nowMs)
      }
    }
    for (const guest of guests) {
      const sequence = (this.#guestSequences.get(guest) ?? 0) + 1
      this.#guestSequences.set(guest, sequence)
      const source = { sourceClass: CLASS_LOGICAL, sourceIndex: guest.sourceIndex }
      this.#counters(sequence, source, guestRecords(guest, this.#host), nowMs)
    }
    const alive = guests.filter(guest => guest.state === GUEST_RUNNING)
    guests.splice(0, guests.length, ...alive)
  }

  #counters(
    sequence: number,
    { sourceClass, sourceIndex }: { readonly sourceClass: number; readonly sourceIndex: number },
    records: readonly RecordData[],
    nowMs: number,
  ): void {
    const sample = { expanded: true, sequence, sourceClass, sourceIndex, records } as const
    this.session.add({ kind: 'counters', ...sample }, nowMs)
  }

  #entities({ options: { from, to } }: Stream): readonly RecordData[] {
    const source = from.host === this.#host ? from.guest : undefined
    const destination = to.host === this.#host ? to.guest : undefined
    if (source === undefined && destination === undefined) return []
    return [
      record(ENTITIES, {
        sourceClass: source ? CLASS_LOGICAL : 0,
        sourceIndex: source?.sourceIndex ?? 0,
        destinationClass: destination ? CLASS_LOGICAL : 0,
        destinationIndex: destination?.sourceIndex ?? 0,
      }),
    ]
  }
}
