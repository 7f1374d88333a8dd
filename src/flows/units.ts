/**
 * Dense numbers for what `by` tells apart: agents, and interfaces of agents. Bounded in number and
 * age; what does not fit is unit 0, whose traffic is counted as `other` without an agent.
 */
import { BoundedTable } from '../state/bounded.ts'
import { addressText } from '../state/text.ts'
import { WordIndex } from '../state/word-index.ts'
import type { FlowView } from './compiled.ts'

export const NO_UNIT = 0

/** Agent address type, its four words, and the ifIndex (0 for an agent as such). */
const KEY_WORDS = 6

export interface UnitLimits {
  readonly max: number
  readonly perAgentMax: number
  /** Longer than anything remembered of a unit lives, so that its number is used again safely. */
  readonly idleMs: number
}

export class Units {
  readonly table: BoundedTable<number>
  /** For each unit: its agent's canonical address. */
  readonly agents: string[] = ['']
  readonly ifIndexes: number[] = [0]
  readonly #index: WordIndex
  readonly #keys: Int32Array[] = [new Int32Array(KEY_WORDS)]
  readonly #key = new Int32Array(KEY_WORDS)
  /** The unit of `#key`; NO_UNIT: look it up. */
  #last = NO_UNIT
  readonly #withPort: boolean
  readonly #limits: UnitLimits
  readonly #seen: Uint8Array
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
    this.#index = new WordIndex(KEY_WORDS, seed)
    this.#seen = new Uint8Array(limits.max + 1)
    this.table = new BoundedTable({
      name,
      max: limits.max,
      perOwnerMax: limits.perAgentMax,
      // Only age ends a unit: `tick` sees to it.
      idleMs: Number.POSITIVE_INFINITY,
      onGone: unit => this.#forget(unit),
    })
  }

  /** The unit of this sample, or NO_UNIT. `owner` is the agent's own unit: whose quota it counts. */
  resolve(view: FlowView, owner: number): number {
    // The samples of a datagram are of one agent, often of one port.
    if (this.#last !== NO_UNIT && this.#isLast(view)) return this.#last
    const key = this.#key
    const { address } = view
    const wide = view.addressType !== 1
    key[0] = view.addressType
    key[1] = address[0] as number
    // IPv4 leaves the other words as an IPv6 agent may have filled them.
    key[2] = wide ? (address[1] as number) : 0
    key[3] = wide ? (address[2] as number) : 0
    key[4] = wide ? (address[3] as number) : 0
    key[5] = this.#withPort ? view.ifIndex | 0 : 0
    const found = this.#index.find(key)
    this.#last = found >= 0 ? found : this.#create(view, owner)
    this.#seen[this.#last] = 1
    return this.#last
  }

  #isLast(view: FlowView): boolean {
    const key = this.#key
    const { address } = view
    if (key[0] !== view.addressType || key[1] !== address[0]) return false
    if (this.#withPort && key[5] !== (view.ifIndex | 0)) return false
    if (view.addressType === 1) return true
    return key[2] === address[1] && key[3] === address[2] && key[4] === address[3]
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
    this.ifIndexes[unit] = key[5] as number
    this.#index.set(key, unit)
  }

  #forget(unit: number): void {
    const key = this.#keys[unit]
    if (key === undefined || !this.#index.delete(key)) return
    this.#free.push(unit)
    this.#onGone(unit)
  }
}
