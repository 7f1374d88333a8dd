/**
 * Dense numbers for what `by` tells apart: agents, and interfaces of agents. Bounded in number and
 * age; what does not fit is unit 0, whose traffic is counted as `other` without an agent.
 */
import { BoundedTable } from '../state/bounded.ts'
import { addressText } from '../state/text.ts'
import { WordIndex } from '../state/word-index.ts'
import type { FlowView } from './flow-view.ts'
import type { FlowLimits } from './limits.ts'

export const NO_UNIT = 0

/** Of an agent: address type, and its four words. */
const AGENT_WORDS = 5
/** Of an interface: the unit of its agent, and the ifIndex. */
const PORT_WORDS = 2
/** Ports that were seen lately, each where its numbers lead: nearly all are found without a search. */
const RECENT = 4096
const RECENT_SHIFT = 20

export interface UnitLimits {
  readonly max: number
  readonly perAgentMax: number
  /** Longer than anything remembered of a unit lives, so that its number is used again safely. */
  readonly idleMs: number
}

/** A unit's number is used again only when nothing that was remembered of it is left. */
export function unitLimits(
  limits: FlowLimits,
): Readonly<Record<'agents' | 'interfaces', UnitLimits>> {
  const idleMs = limits.rememberMs + limits.lingerMs + 2 * limits.holdMs
  return {
    agents: { max: limits.agents, perAgentMax: limits.agents, idleMs },
    interfaces: { max: limits.interfaces, perAgentMax: limits.interfacesPerAgent, idleMs },
  }
}

export class Units {
  readonly table: BoundedTable<number>
  /** For each unit: its agent's canonical address. */
  readonly agents: string[] = ['']
  readonly ifIndexes: number[] = [0]
  readonly #index: WordIndex
  readonly #keys: Int32Array[]
  readonly #key: Int32Array
  /** The unit of `#key`; NO_UNIT: look it up. */
  #last = NO_UNIT
  readonly #withPort: boolean
  /** Their units. What a unit stands for is compared, so that an old one does no harm. */
  readonly #recent: Int32Array
  /** By unit: the agent's unit, or -1 if it stands for nothing, and the ifIndex. */
  #ports: Int32Array
  #limits: UnitLimits
  #seen: Uint8Array
  readonly #free: number[] = []
  readonly #onGone: (unit: number) => void

  constructor(
    name: string,
    withPort: boolean,
    limits: UnitLimits,
    seed: number,
    onGone: (unit: number) => void,
  ) {
    this.#withPort = withPort
    this.#limits = limits
    this.#onGone = onGone
    const words = withPort ? PORT_WORDS : AGENT_WORDS
    this.#key = new Int32Array(words)
    this.#keys = [new Int32Array(words)]
    this.#index = new WordIndex(words, seed)
    this.#seen = new Uint8Array(limits.max + 1)
    this.#recent = new Int32Array(withPort ? RECENT : 0)
    this.#ports = new Int32Array(withPort ? PORT_WORDS * (limits.max + 1) : 0).fill(-1)
    this.table = new BoundedTable({
      name,
      max: limits.max,
      perOwnerMax: limits.perAgentMax,
      // Only age ends a unit: `tick` sees to it.
      idleMs: Number.POSITIVE_INFINITY,
      onGone: unit => this.#forget(unit),
    })
  }

  /** New limits after a reload: room for more is made, what is held stays. */
  relimit(limits: UnitLimits): void {
    this.#limits = limits
    const room = limits.max + 1
    if (room > this.#seen.length) {
      const seen = new Uint8Array(room)
      seen.set(this.#seen)
      this.#seen = seen
      if (this.#withPort) {
        const ports = new Int32Array(PORT_WORDS * room).fill(-1)
        ports.set(this.#ports)
        this.#ports = ports
      }
    }
    this.table.relimit({
      max: limits.max,
      perOwnerMax: limits.perAgentMax,
      idleMs: Number.POSITIVE_INFINITY,
    })
  }

  /**
   * The unit of this sample, or NO_UNIT. `owner` is the agent's own unit, whose quota it counts; the ports
   * of an agent that found no room find none either.
   */
  resolve(view: FlowView, owner: number): number {
    return this.#withPort ? this.#port(view, owner) : this.#agent(view, owner)
  }

  #agent(view: FlowView, owner: number): number {
    const key = this.#key
    const { address, addressType } = view
    // IPv4 leaves the other words as an IPv6 agent may have filled them.
    const wide = addressType !== 1
    // The samples of a datagram are of one agent, often of one port.
    const isLast =
      this.#last !== NO_UNIT &&
      key[0] === addressType &&
      key[1] === address[0] &&
      (!wide || (key[2] === address[1] && key[3] === address[2] && key[4] === address[3]))
    if (isLast) return this.#last
    key[0] = addressType
    key[1] = address[0] as number
    key[2] = wide ? (address[1] as number) : 0
    key[3] = wide ? (address[2] as number) : 0
    key[4] = wide ? (address[3] as number) : 0
    return this.#look(view, owner)
  }

  #port(view: FlowView, owner: number): number {
    if (owner === NO_UNIT) return NO_UNIT
    const key = this.#key
    const ifIndex = view.ifIndex | 0
    // The samples of a datagram are often of one port.
    if (this.#last !== NO_UNIT && key[0] === owner && key[1] === ifIndex) return this.#last
    const at = Math.imul(owner ^ Math.imul(ifIndex, 0x85ebca6b), 0x9e3779b1) >>> RECENT_SHIFT
    const recent = this.#recent[at] as number
    const port = recent * PORT_WORDS
    key[0] = owner
    key[1] = ifIndex
    if (this.#ports[port] === owner && this.#ports[port + 1] === ifIndex) {
      this.#seen[recent] = 1
      this.#last = recent
      return recent
    }
    this.#recent[at] = this.#look(view, owner)
    return this.#last
  }

  #look(view: FlowView, owner: number): number {
    const found = this.#index.find(this.#key)
    this.#last = found >= 0 ? found : this.#create(view, owner)
    this.#seen[this.#last] = 1
    return this.#last
  }

  /** Marks what was seen since the last tick as used, and forgets what has long been idle. */
  tick(nowMs: number): void {
    this.#last = NO_UNIT
    for (let unit = 1; unit < this.#keys.length; unit++) {
      if (this.#seen[unit] === 0) continue
      this.#seen[unit] = 0
      this.table.touch(unit, nowMs)
    }
    this.table.expire(nowMs, this.#limits.idleMs, () => this.#limits.idleMs)
  }

  #create(view: FlowView, owner: number): number {
    const unit = this.#free.pop() ?? this.#keys.length
    if (!this.table.admit(unit, owner, unit, view.nowMs)) {
      if (unit < this.#keys.length) this.#free.push(unit)
      return NO_UNIT
    }
    this.#describe(unit, view)
    return unit
  }

  #describe(unit: number, view: FlowView): void {
    const key = this.#key.slice()
    this.#keys[unit] = key
    this.agents[unit] = addressText(view.addressType, view.address)
    this.ifIndexes[unit] = this.#withPort ? view.ifIndex | 0 : 0
    this.#index.set(key, unit)
    if (this.#withPort) this.#ports.set(key, unit * PORT_WORDS)
  }

  #forget(unit: number): void {
    const key = this.#keys[unit]
    if (key === undefined || !this.#index.delete(key)) return
    if (this.#withPort) this.#ports.fill(-1, unit * PORT_WORDS, (unit + 1) * PORT_WORDS)
    this.#free.push(unit)
    this.#onGone(unit)
  }
}
