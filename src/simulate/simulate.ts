/**
 * A network that is not there, and the sFlow that its agents send. Pure: a seed and a start time in,
 * datagrams in the order of their virtual time out; the same options give the same bytes. Time moves
 * in steps of 100 ms; in each, packets move first and agents look afterwards.
 */

import { type Delivered, Delivery } from './delivery.ts'
import { type Fabric, type FabricSize, makeFabric, type Port } from './fabric.ts'
import { type ForwardingSink, forward, settle } from './forwarding.ts'
import { GUEST_RUNNING } from './guests.ts'
import { HostAgent } from './host-agent.ts'
import { beginIncident, type Incident } from './incidents.ts'
import { neighbourChatter } from './neighbour-chatter.ts'
import { Random } from './random.ts'
import { type PlannedIncident, SCENARIOS, type Scenario, type ScenarioName } from './scenarios.ts'
import { type Endpoint, route, Stream, type StreamOptions } from './stream.ts'
import type { AgentOptions } from './switch-agent.ts'
import { SwitchAgent } from './switch-agent.ts'
import { ToldRecords } from './told-records.ts'
import { dayCurve, LIFETIME_MEAN_MS, startConversation } from './traffic.ts'
import { interfaceTruth, streamTruth, type Truth } from './truth.ts'

export interface SimulationOptions {
  readonly scenario: ScenarioName
  readonly seed: number
  readonly startMs: number
  /** Infinity runs on; a finite simulation ends with a last poll of everything. */
  readonly durationMs: number
  readonly size: FabricSize
  /** 1 in so many packets, at every port. */
  readonly samplingRate: number
  readonly pollingMs: number
  /** How long a day is. */
  readonly dayMs: number
  /** More or less traffic than usual: 1 is usual. */
  readonly trafficFactor: number
  /** Remember what ended, for comparison; without it memory is bounded. */
  readonly keepTruth: boolean
}

export const SIMULATION_DEFAULTS: SimulationOptions = {
  scenario: 'fabric',
  seed: 1,
  startMs: 0,
  durationMs: Number.POSITIVE_INFINITY,
  size: { spines: 2, leaves: 4, hostsPerLeaf: 4, guestsPerHost: 3 },
  samplingRate: 1_000,
  pollingMs: 20_000,
  dayMs: 86_400_000,
  trafficFactor: 1,
  keepTruth: false,
}

/** One object, filled anew for each; its bytes are the receiver's own. */
export interface SimulatedDatagram {
  timeMs: number
  agent: string
  bytes: Uint8Array
}

export const STEP_MS = 100
const STREAMS_MAX = 50_000
const INCIDENTS_REMEMBERED = 100
const INCIDENT_TICK_MS = 500

export function simulate(options: Partial<SimulationOptions>): Simulation {
  return new Simulation({ ...SIMULATION_DEFAULTS, ...options })
}

export class Simulation implements Iterable<SimulatedDatagram> {
  readonly fabric: Fabric
  readonly truth: Truth
  readonly #options: SimulationOptions
  readonly #random: Random
  readonly #ports: readonly Port[]
  readonly #switches = new Map<string, SwitchAgent>()
  readonly #hosts = new Map<string, HostAgent>()
  readonly #sink: ForwardingSink
  readonly #scenario: Scenario
  readonly #plans: { plan: PlannedIncident; nextMs: number }[]
  #streams: Stream[] = []
  #streamsMade = 0
  readonly #ended: Stream[] = []
  #incidents: Incident[] = []
  #running: Incident[] = []
  readonly #delivery: Delivery
  readonly #told = new ToldRecords()
  #nowMs: number
  readonly #endMs: number

  constructor(options: SimulationOptions) {
    const { seed, startMs, samplingRate, pollingMs } = options
    this.#options = options
    this.#nowMs = startMs
    this.#endMs = startMs + options.durationMs
    this.#random = new Random(seed)
    this.#scenario = SCENARIOS[options.scenario]
    this.#plans = this.#scenario.incidents.map(plan => ({ plan, nextMs: startMs + plan.firstMs }))
    const random = this.#random.fork('fabric')
    this.fabric = makeFabric(options.size, { random, samplingRate, startMs })
    const { spines, leaves, hosts } = this.fabric
    this.#ports = [...spines, ...leaves, ...hosts].flatMap(device => device.ports)
    this.#delivery = new Delivery(this.#random)
    const agentOptions: AgentOptions = {
      startMs,
      pollingMs,
      random,
      emit: (agent, bytes, carried) => this.#delivery.send(agent, bytes, carried),
      keepTruth: options.keepTruth,
    }
    for (const device of [...spines, ...leaves]) {
      this.#switches.set(device.agent, new SwitchAgent(device, agentOptions))
    }
    for (const host of hosts) this.#hosts.set(host.agent, new HostAgent(host, agentOptions))
    this.#sink = this.#makeSink()
    this.truth = this.#makeTruth()
    for (const one of neighbourChatter(this.fabric, startMs)) this.#start(one)
    this.#startUsualTraffic()
  }

  *[Symbol.iterator](): Generator<SimulatedDatagram, void, void> {
    const datagram: SimulatedDatagram = { timeMs: 0, agent: '', bytes: new Uint8Array(0) }
    while (this.#nowMs < this.#endMs) {
      const beganMs = this.#nowMs
      const out = this.advance()
      for (const [index, { agent, bytes }] of out.entries()) {
        datagram.timeMs = beganMs + (STEP_MS * (index + 1)) / out.length
        datagram.agent = agent
        datagram.bytes = bytes
        yield datagram
      }
    }
  }

  /** Moves by STEP_MS; what arrived meanwhile. Then the truth is that of its end. */
  advance(): readonly Delivered[] {
    this.#step()
    if (this.#nowMs >= this.#endMs) this.#finish()
    const out = this.#delivery.take()
    for (const { agent, carried } of out) if (carried) this.#told.note(agent, carried)
    return out
  }

  #step(): void {
    const load = this.#load()
    const perSecond = this.#conversationsPerSecond() * load
    const count = this.#random.poisson((perSecond * STEP_MS) / 1_000)
    for (let started = 0; started < count; started++) this.#converse(this.#nowMs)
    this.#incidentsOfStep()
    this.#nowMs += STEP_MS
    for (const stream of this.#streams) forward(stream, stream.packetsIn(STEP_MS), this.#sink)
    settle(this.#ports, STEP_MS)
    this.#endStreams()
    for (const agent of this.#switches.values()) agent.tick(this.#nowMs, load)
    for (const agent of this.#hosts.values()) agent.tick(this.#nowMs, load)
  }

  /** Everything is polled once more, and what waits is sent: the last counters are the truth. */
  #finish(): void {
    const load = this.#load()
    for (const agents of [this.#switches, this.#hosts]) {
      for (const agent of agents.values()) agent.pollAll(this.#nowMs, load)
    }
    for (const agents of [this.#switches, this.#hosts]) {
      for (const { session } of agents.values()) session.flush(this.#nowMs)
    }
  }

  #load(): number {
    return dayCurve(this.#nowMs, this.#options.dayMs)
  }

  #conversationsPerSecond(): number {
    const { conversationsPerHost } = this.#scenario
    return conversationsPerHost * this.fabric.hosts.length * this.#options.trafficFactor
  }

  /** As many conversations as there would be after a while. */
  #startUsualTraffic(): void {
    const perSecond = this.#conversationsPerSecond() * this.#load()
    const count = Math.round((perSecond * LIFETIME_MEAN_MS) / 1_000)
    for (let started = 0; started < count; started++) this.#converse(this.#nowMs)
  }

  #converse(nowMs: number): void {
    for (const one of startConversation(this.fabric, this.#random, nowMs)) this.#start(one)
  }

  #start(options: StreamOptions): void {
    if (this.#streams.length >= STREAMS_MAX) return
    this.#streamsMade += 1
    const random = this.#random.fork(`stream ${this.#streamsMade}`)
    const stream = new Stream(this.#streamsMade, options, random)
    stream.hops = route(this.fabric, stream)
    this.#streams.push(stream)
  }

  #endStreams(): void {
    const lives = ({ options: { endMs, from, to } }: Stream) => {
      return endMs > this.#nowMs && guestRuns(from) && guestRuns(to)
    }
    if (this.#streams.every(lives)) return
    if (this.#options.keepTruth) this.#ended.push(...this.#streams.filter(one => !lives(one)))
    this.#streams = this.#streams.filter(lives)
  }

  #incidentsOfStep(): void {
    const nowMs = this.#nowMs
    for (const one of this.#running.filter(({ endMs }) => endMs <= nowMs)) one.end()
    this.#running = this.#running.filter(({ endMs }) => endMs > nowMs)
    if (nowMs % INCIDENT_TICK_MS < STEP_MS) for (const one of this.#running) one.tick(nowMs)
    for (const planned of this.#plans) {
      if (nowMs < planned.nextMs) continue
      planned.nextMs += planned.plan.periodMs
      const incident = beginIncident(planned.plan.kind, {
        fabric: this.fabric,
        random: this.#random.fork(`incident ${planned.plan.kind} ${nowMs - this.#options.startMs}`),
        nowMs,
        endMs: nowMs + planned.plan.durationMs,
        startStream: options => this.#start(options),
        reroute: () => {
          for (const stream of this.#streams) stream.hops = route(this.fabric, stream)
        },
        mistreatDatagrams: (agent, how) => this.#delivery.mistreat(agent, how),
        emit: (agent, bytes) => this.#delivery.send(agent, bytes),
      })
      this.#running.push(incident)
      this.#incidents.push(incident)
      if (!this.#options.keepTruth) this.#incidents = this.#incidents.slice(-INCIDENTS_REMEMBERED)
    }
  }

  #makeSink(): ForwardingSink {
    return {
      sampled: (stream, hop, at, dropped) => {
        const { agent } = at.device
        this.#switches.get(agent)?.sampled(stream, hop, at, dropped, this.#nowMs)
        this.#hosts.get(agent)?.sampled(stream, hop, at, this.#nowMs)
      },
      discarded: (stream, hop, packets, reason) => {
        const agent = hop.input?.device.agent ?? ''
        this.#switches.get(agent)?.discarded(stream, hop, packets, reason, this.#nowMs)
      },
      atEndpoint: (stream, direction, packets) => {
        const bytes = packets * stream.options.shape.frameBytes
        if (direction === 'sent') {
          const network = stream.options.from.guest?.network
          if (network) network.bytesOut += bytes
          if (network) network.packetsOut += packets
        } else {
          const network = stream.options.to.guest?.network
          if (network) network.bytesIn += bytes
          if (network) network.packetsIn += packets
        }
      },
    }
  }

  #makeTruth(): Truth {
    return {
      interfaces: () => this.#ports.map(interfaceTruth),
      streams: () => [...this.#ended, ...this.#streams].map(streamTruth),
      agents: () =>
        [...this.#switches.values(), ...this.#hosts.values()].map(({ session }) => ({
          agent: session.agent,
          datagramsMade: session.sequence,
          discardSamples: this.#switches.get(session.agent)?.discardSamples ?? 0,
          datagramsLost: this.#delivery.counts(session.agent).lost,
          datagramsTwice: this.#delivery.counts(session.agent).twice,
          datagramsLate: this.#delivery.counts(session.agent).late,
          arrived: this.#told.arrived(session.agent),
        })),
      records: () => this.#told.all(),
      incidents: () => [...this.#incidents],
    }
  }
}

function guestRuns({ guest }: Endpoint): boolean {
  return guest === undefined || guest.state === GUEST_RUNNING
}
