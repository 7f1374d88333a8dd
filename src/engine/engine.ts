/**
 * The pure core: bytes and a time in, state; render out. No socket, clock, timer or random number of
 * its own, so that the same engine runs in the ingest worker, over a capture on a virtual clock, in
 * benchmarks and under fuzzing. It throws on nothing that comes from the wire.
 */
import { REFUSAL, REFUSALS } from '../sflow/refusal.ts'
import { RTMETRIC_TAG } from '../sflow/rtmetric.ts'
import {
  DatagramHeader,
  SAMPLE_COUNTERS,
  SAMPLE_DISCARD,
  Sample,
  type Sink,
} from '../sflow/samples.ts'
import { walk } from '../sflow/walk.ts'
import type { Agent } from '../state/agent.ts'
import { Epochs } from '../state/epochs.ts'
import type { Pool } from '../state/pool.ts'
import { CONFLICT, DUPLICATE, RESTARTED } from '../state/sequence.ts'
import type { Source } from '../state/source.ts'
import { bridgeTotals } from './bridge-families.ts'
import type { Allocate, Chunk } from './chunks.ts'
import { CounterSamples } from './counter-samples.ts'
import { countReason } from './discard-reasons.ts'
import type { FlowSink } from './flow-sink.ts'
import { LearnedNames } from './learned-names.ts'
import type { EngineLimits } from './limits.ts'
import { type Names, Naming } from './naming.ts'
import { Registry, type RegistryEvents } from './registry.ts'
import { beginCut, endCut, renderFamilies, type SmallFamily } from './render.ts'
import { RtMetrics } from './rt-metrics.ts'
import { isNewer, observeSampling } from './sample-sequences.ts'
import { agentFamilies, infoFamilies } from './self-families.ts'
import { SkippedTags } from './skipped.ts'
import { UnsettledSources } from './unsettled.ts'

export interface EngineOptions {
  readonly limits: EngineLimits
  readonly names: Names
  /** Makes the places of keys from the wire unguessable. */
  readonly hashSeed: number
  /** Agents that may send; absent: all. */
  readonly allows?: (header: DatagramHeader) => boolean
  /** Cells of wrapped counters that are remembered beyond their rows. */
  readonly epochsMax?: number
  /** Datagrams of one agent may be so many numbers out of order; by default as over a network. */
  readonly sequenceWindow?: number
  /** Who wants to know of agent addresses that come and go. */
  readonly addresses?: Pick<RegistryEvents, 'addressNew' | 'addressGone'>
  /**
   * To be called once for the datagrams at hand, soon: their samples take effect together, which costs
   * less. Absent: at the end of each datagram.
   */
  readonly later?: (settle: () => void) => void
}

export interface Scrape {
  /** Families without an agent label: few, to be added up over workers. */
  readonly totals: readonly SmallFamily[]
  readonly chunks: Generator<Chunk>
  /** Must be called when the chunks are done with, or given up. */
  end(): void
}

export class Engine implements Sink {
  readonly registry: Registry
  readonly naming: Naming
  readonly learned = new LearnedNames()
  readonly counters: CounterSamples
  readonly epochs: Epochs
  /** By refusal code. */
  readonly datagramsRefused = new Float64Array(REFUSALS.length)
  readonly recordsRefused = new Float64Array(REFUSALS.length)
  readonly rtMetrics: RtMetrics
  readonly skipped = new SkippedTags()
  readonly skippedSamples = new SkippedTags()
  datagramsReceived = 0
  /** Handed to the worker that owns their agent, which counts them as received. */
  datagramsForwarded = 0
  bytesReceived = 0
  flowSamples = 0
  discardSamples = 0
  flows: FlowSink | undefined
  nowMs = 0
  #options: EngineOptions
  readonly #header = new DatagramHeader()
  readonly #sample = new Sample()
  readonly #unsettled: UnsettledSources
  #agent!: Agent
  #source = ''
  /** `later` was called, and has not called back. */
  #isDue = false

  constructor(options: EngineOptions) {
    this.#options = options
    const { limits } = options
    this.rtMetrics = new RtMetrics(limits)
    this.epochs = new Epochs(options.epochsMax ?? 262_144)
    this.registry = new Registry(limits, options.hashSeed, {
      sourceGone: source => this.#sourceGone(source),
      ...options.addresses,
      ...(options.sequenceWindow ? { sequenceWindow: options.sequenceWindow } : {}),
    })
    this.naming = new Naming(limits, options.names, this.learned, (source, sourceClass, index) =>
      this.registry.find(source.agent, sourceClass, index),
    )
    this.#unsettled = new UnsettledSources(this.naming)
    this.counters = new CounterSamples({
      naming: this.naming,
      hashSeed: options.hashSeed,
      epochs: this.epochs,
      labelBytesMax: limits.labelBytesMax,
      refused: code => this.refused(code),
      skipped: tag => this.skipped.add(tag),
    })
  }

  get limits(): EngineLimits {
    return this.#options.limits
  }

  /** Puts new settings into force; what is held stays, whatever the new limits are. */
  configure(settings: {
    readonly limits: EngineLimits
    readonly names: Names
    readonly allows: ((header: DatagramHeader) => boolean) | undefined
  }): void {
    const { allows: _, ...rest } = this.#options
    const { limits, names, allows } = settings
    this.#options = { ...rest, limits, names, ...(allows ? { allows } : {}) }
    this.registry.relimit(limits)
    this.naming.configure(limits, names)
  }

  /** Takes one datagram. 0, or the code of the refusal that was counted. `source`: its UDP sender, if known. */
  receive(view: DataView, offset: number, length: number, nowMs: number, source = ''): number {
    this.nowMs = nowMs
    this.registry.nowMs = nowMs
    this.#source = source
    this.datagramsReceived += 1
    this.bytesReceived += length
    let code: number
    try {
      code = walk(view, offset, length, this.#header, this.#sample, this)
    } catch {
      // Nothing on this path is meant to throw. If it does, one datagram is lost, counted, and no more.
      code = REFUSAL.internal
    }
    if (code !== 0) this.#refuse(code)
    if (this.flows?.isIdle === false) this.#settleSoon()
    return code
  }

  /** Flows count what was received. */
  settle(): void {
    try {
      this.flows?.settle()
    } catch {
      this.#refuse(REFUSAL.internal)
    }
  }

  /** Counts a datagram that came and could not be taken. */
  refuseDatagram(code: number, length: number): void {
    this.datagramsReceived += 1
    this.bytesReceived += length
    this.#refuse(code)
  }

  datagram(header: DatagramHeader): number {
    const { allows, limits } = this.#options
    if (allows !== undefined && !allows(header)) return REFUSAL.not_allowed
    const known = this.registry.findAgent(header)
    const agent = known ?? this.registry.admitAgent(header, this.nowMs)
    if (agent === undefined) return REFUSAL.agents_limit
    if (limits.datagramsPerSecondMax > 0 && agent.burst >= limits.datagramsPerSecondMax) {
      return REFUSAL.rate_limited
    }
    agent.burst += 1
    const verdict = agent.sequence.observe(header.sequence, header.uptimeMs, this.nowMs)
    if (verdict === CONFLICT) {
      agent.conflictRefused += 1
      return REFUSAL.identity_conflict
    }
    this.registry.markAgent(agent)
    if (verdict === DUPLICATE) return REFUSAL.duplicate
    if (verdict === RESTARTED) agent.epoch += 1
    agent.uptimeMs = header.uptimeMs
    agent.datagrams += 1
    if (this.#source !== '' && this.#source !== agent.lastSource) {
      if (agent.lastSource !== '') agent.sourceChanges += 1
      agent.lastSource = this.#source
    }
    this.#agent = agent
    return 0
  }

  sample(sample: Sample): void {
    const agent = this.#agent
    const source = this.registry.sourceOf(agent, sample)
    if (sample.kind === SAMPLE_COUNTERS) {
      agent.counterSamples += 1
      if (source === undefined || !isNewer(source, sample.sequence, agent)) return
      this.counters.take(source, sample, this.nowMs)
      this.#unsettled.note(source)
      return
    }
    if (sample.kind === SAMPLE_DISCARD) {
      agent.discardSamples += 1
      this.discardSamples += 1
      countReason(agent, sample.reason)
    } else {
      agent.flowSamples += 1
      this.flowSamples += 1
      if (source !== undefined) observeSampling(source, sample)
    }
    this.skipped.addUnknown(sample)
    const { flows } = this
    if (flows !== undefined && !flows.isIdle) flows.sample(this.#header, sample, agent)
  }

  unknownSample(tag: number, view: DataView, start: number, end: number): void {
    if (tag !== RTMETRIC_TAG) {
      this.skippedSamples.add(tag)
      return
    }
    const code = this.rtMetrics.take(this.#agent, view, start, end, this.nowMs)
    if (code !== 0) this.refused(code)
  }

  refused(code: number): void {
    this.recordsRefused[code] = (this.recordsRefused[code] as number) + 1
  }

  /** About once a second: names what has waited, ends what is silent, closes gaps. */
  tick(nowMs: number): void {
    this.nowMs = nowMs
    this.registry.tick(nowMs)
    this.rtMetrics.tick(nowMs)
    for (const agent of this.registry.agents.values()) agent.sequence.settle(nowMs)
    this.#unsettled.tick(nowMs)
    this.flows?.tick(nowMs)
  }

  /** Begins a scrape: a copy of all numbers now, chunks of lines as they are asked for. */
  render(allocate?: Allocate): Scrape {
    const cuts = beginCut(this.#pools(), this.epochs)
    const small: SmallFamily[] = [...infoFamilies(this), ...agentFamilies(this)]
    const flows = this.flows?.cut()
    small.push(...this.rtMetrics.families(), ...(flows?.families ?? []))
    // By name: so the main thread can merge the streams of several workers.
    small.sort((a, b) => (a.name < b.name ? -1 : 1))
    const totals = [...bridgeTotals(this), ...(flows?.totals ?? [])]
    const chunks = renderFamilies(
      family => {
        const pools = family.group ? this.counters.groupPools : this.counters.pools
        return pools[family.structure.id] as Pool
      },
      cuts,
      small,
      allocate,
    )
    let ended = false
    const end = () => {
      if (!ended) endCut(cuts)
      ended = true
    }
    return { totals, chunks, end }
  }

  #sourceGone(source: Source): void {
    this.#unsettled.forget(source)
    this.naming.release(source)
    this.counters.release(source)
  }

  #settleSoon(): void {
    const { later } = this.#options
    if (later === undefined) this.settle()
    else if (!this.#isDue) {
      this.#isDue = true
      later(this.#settleDue)
    }
  }

  readonly #settleDue = () => {
    this.#isDue = false
    this.settle()
  }

  #refuse(code: number): void {
    this.datagramsRefused[code] = (this.datagramsRefused[code] as number) + 1
  }

  *#pools(): Generator<Pool> {
    yield* this.counters.pools
    for (const pool of this.counters.groupPools) if (pool) yield pool
  }
}
