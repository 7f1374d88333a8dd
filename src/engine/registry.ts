/**
 * Who sends: agents and their data sources, found by typed indexes, bounded by tables, ended by
 * silence. What is new is admitted or refused here, and nowhere else.
 */
import type { DatagramHeader, Sample } from '../sflow/samples.ts'
import { Agent } from '../state/agent.ts'
import { BoundedTable } from '../state/bounded.ts'
import { Source } from '../state/source.ts'
import { addressText } from '../state/text.ts'
import { WordIndex } from '../state/word-index.ts'
import type { EngineLimits } from './limits.ts'

const CLASS_INTERFACE = 0
const CLASS_PHYSICAL = 2
const CLASS_LOGICAL = 3

export interface RegistryEvents {
  /** The source is gone: its rows and names can go, too. */
  sourceGone(source: Source): void
  /** The first sub-agent of an address was taken in, the last is gone. The address: words 0 to 4. */
  addressNew?(words: Int32Array): void
  addressGone?(words: Int32Array): void
  /** See DatagramSequence. */
  readonly sequenceWindow?: number
}

export class Registry {
  readonly agents: BoundedTable<Agent>
  readonly interfaces: BoundedTable<Source>
  readonly hosts: BoundedTable<Source>
  readonly containers: BoundedTable<Source>
  readonly sources: BoundedTable<Source>
  /** Of the datagram at hand. Handed over with each call, the number would be made an object each time. */
  nowMs = 0
  #limits: EngineLimits
  readonly #events: RegistryEvents
  readonly #agentIndex: WordIndex
  readonly #sourceIndex: WordIndex
  readonly #agentSlots = new Slots<Agent>()
  readonly #sourceSlots = new Slots<Source>()
  readonly #owners = new Map<string, { id: number; agents: number }>()
  readonly #agentWords = new Int32Array(6)
  readonly #sourceWords = new Int32Array(3)
  readonly #dirtyAgents: Agent[] = []
  readonly #dirtySources: Source[] = []
  #ownerIds = 0
  /** The source of the sample before, of the same datagram. */
  #lastSource: Source | undefined

  constructor(limits: EngineLimits, hashSeed: number, events: RegistryEvents) {
    this.#limits = limits
    this.#events = events
    this.#agentIndex = new WordIndex(6, hashSeed)
    this.#sourceIndex = new WordIndex(3, hashSeed)
    const sourceGone = (source: Source) => this.#dropSource(source)
    const sources = (name: 'interfaces' | 'hosts' | 'containers' | 'sources') =>
      new BoundedTable<Source>({ name, ...boundsOf(limits, name), onGone: sourceGone })
    this.agents = new BoundedTable<Agent>({
      name: 'agents',
      ...boundsOf(limits, 'agents'),
      onGone: agent => this.#dropAgent(agent),
    })
    this.interfaces = sources('interfaces')
    this.hosts = sources('hosts')
    this.containers = sources('containers')
    this.sources = sources('sources')
  }

  get tables(): readonly (BoundedTable<Agent> | BoundedTable<Source>)[] {
    return [this.agents, this.interfaces, this.hosts, this.containers, this.sources]
  }

  relimit(limits: EngineLimits): void {
    this.#limits = limits
    this.agents.relimit(boundsOf(limits, 'agents'))
    this.interfaces.relimit(boundsOf(limits, 'interfaces'))
    this.hosts.relimit(boundsOf(limits, 'hosts'))
    this.containers.relimit(boundsOf(limits, 'containers'))
    this.sources.relimit(boundsOf(limits, 'sources'))
  }

  /** The agent of a datagram, if it is known. */
  findAgent(header: DatagramHeader): Agent | undefined {
    const words = this.#agentWords
    const { address } = header
    words[0] = header.addressType
    // Not set(): a call for four numbers costs more than the numbers.
    words[1] = address[0] as number
    words[2] = address[1] as number
    words[3] = address[2] as number
    words[4] = address[3] as number
    words[5] = header.subAgent
    return this.#agentSlots.get(this.#agentIndex.find(words))
  }

  /** Takes a new agent in; undefined if the table is full of live ones. `findAgent` came just before. */
  admitAgent(header: DatagramHeader, nowMs: number): Agent | undefined {
    const address = addressText(header.addressType, header.address)
    const owner = this.#owners.get(address) ?? { id: ++this.#ownerIds, agents: 0 }
    const id = this.#agentSlots.take()
    const words = this.#agentWords.slice()
    const agent = new Agent(id, owner.id, words, address, this.#events.sequenceWindow)
    if (!this.agents.admit(id, owner.id, agent, nowMs)) {
      this.#agentSlots.free(id)
      return undefined
    }
    if (owner.agents === 0) this.#events.addressNew?.(words)
    owner.agents += 1
    this.#owners.set(address, owner)
    this.#agentSlots.set(id, agent)
    this.#agentIndex.set(agent.words, id)
    return agent
  }

  find(agent: Agent, sourceClass: number, sourceIndex: number): Source | undefined {
    const words = this.#wordsOf(agent, sourceClass, sourceIndex)
    return this.#sourceSlots.get(this.#sourceIndex.find(words))
  }

  /** The source of a sample, taken in if it is new; undefined if its table refused it. */
  sourceOf(agent: Agent, { sourceClass, sourceIndex }: Sample): Source | undefined {
    const last = this.#lastSource
    // The samples of a datagram are often of one source.
    if (
      last !== undefined &&
      last.sourceIndex === sourceIndex &&
      last.sourceClass === sourceClass &&
      last.agent === agent
    ) {
      return last
    }
    const source =
      this.find(agent, sourceClass, sourceIndex) ??
      this.#admitSource(agent, sourceClass, sourceIndex)
    if (source !== undefined) this.#markSource(source)
    this.#lastSource = source
    return source
  }

  #admitSource(agent: Agent, sourceClass: number, sourceIndex: number): Source | undefined {
    const { nowMs } = this
    const id = this.#sourceSlots.take()
    const source = new Source(id, agent, sourceClass, sourceIndex, nowMs)
    const table = this.#tableOf(sourceClass)
    if (!table.admit(id, agent.owner, source, nowMs)) {
      this.#sourceSlots.free(id)
      return undefined
    }
    source.table = table
    agent.sources.add(source)
    this.#sourceSlots.set(id, source)
    this.#sourceIndex.set(this.#wordsOf(agent, sourceClass, sourceIndex), id)
    return source
  }

  /** A datagram of this agent begins. */
  markAgent(agent: Agent): void {
    this.#lastSource = undefined
    agent.lastDatagramMs = this.nowMs
    if (agent.dirty) return
    agent.dirty = true
    this.#dirtyAgents.push(agent)
  }

  #markSource(source: Source): void {
    source.lastSeenMs = this.nowMs
    if (source.dirty) return
    source.dirty = true
    this.#dirtySources.push(source)
  }

  /** Once a second: renews what was active, ends what has been silent. */
  tick(nowMs: number): void {
    for (const agent of this.#dirtyAgents) {
      agent.dirty = false
      agent.burst = 0
      this.agents.touch(agent.id, agent.lastDatagramMs)
    }
    this.#dirtyAgents.length = 0
    for (const source of this.#dirtySources) {
      source.dirty = false
      source.table?.touch(source.id, source.lastSeenMs)
    }
    this.#dirtySources.length = 0
    const { expiryFloorMs, expiryIntervals, agentSilenceMs } = this.#limits
    const age = (source: Source) => source.intervalMs * expiryIntervals
    for (const table of [this.interfaces, this.hosts, this.containers, this.sources]) {
      table.expire(nowMs, expiryFloorMs, age)
    }
    this.agents.expire(nowMs, agentSilenceMs, () => agentSilenceMs)
  }

  #tableOf(sourceClass: number): BoundedTable<Source> {
    if (sourceClass === CLASS_INTERFACE) return this.interfaces
    if (sourceClass === CLASS_PHYSICAL) return this.hosts
    return sourceClass === CLASS_LOGICAL ? this.containers : this.sources
  }

  #dropSource(source: Source): void {
    this.#lastSource = undefined
    const { agent, sourceClass, sourceIndex } = source
    this.#sourceIndex.delete(this.#wordsOf(agent, sourceClass, sourceIndex))
    this.#sourceSlots.free(source.id)
    agent.sources.delete(source)
    this.#events.sourceGone(source)
  }

  /** The key of a source: good until the next one, such as that of a source which gives way to it. */
  #wordsOf(agent: Agent, sourceClass: number, sourceIndex: number): Int32Array {
    const words = this.#sourceWords
    words[0] = agent.id
    words[1] = sourceClass
    words[2] = sourceIndex
    return words
  }

  #dropAgent(agent: Agent): void {
    for (const source of Array.from(agent.sources)) source.table?.remove(source.id)
    this.#agentIndex.delete(agent.words)
    this.#agentSlots.free(agent.id)
    const owner = this.#owners.get(agent.address)
    if (owner === undefined) return
    owner.agents -= 1
    if (owner.agents > 0) return
    this.#owners.delete(agent.address)
    this.#events.addressGone?.(agent.words)
  }
}

function boundsOf(
  limits: EngineLimits,
  name: 'agents' | 'interfaces' | 'hosts' | 'containers' | 'sources',
) {
  return { max: limits[name].max, perOwnerMax: limits[name].perAgentMax, idleMs: limits.idleMs }
}

/** Small numbers for things, given again after they are gone. */
class Slots<V> {
  readonly #values: (V | undefined)[] = []
  readonly #free: number[] = []

  get(id: number): V | undefined {
    return id < 0 ? undefined : this.#values[id]
  }

  /** A number for `set`, or to be given back. */
  take(): number {
    return this.#free.pop() ?? this.#values.push(undefined) - 1
  }

  set(id: number, value: V): void {
    this.#values[id] = value
  }

  free(id: number): void {
    this.#values[id] = undefined
    this.#free.push(id)
  }
}
