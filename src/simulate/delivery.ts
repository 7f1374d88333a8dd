/**
 * The way of datagrams from their agents to the collector: each arrives once and in order, but for
 * those of agents that are mistreated. Counts what happened to them.
 */
import type { Carried } from './agent-session.ts'
import type { Mistreatment } from './incidents.ts'
import type { Random } from './random.ts'

export interface Delivered {
  readonly agent: string
  readonly bytes: Uint8Array
  /** Of one that arrives twice, once. */
  readonly carried: Carried | undefined
}

export interface DeliveryCounts {
  lost: number
  twice: number
  late: number
}

export class Delivery {
  readonly #random: Random
  readonly #mistreated = new Map<string, Mistreatment>()
  readonly #counts = new Map<string, DeliveryCounts>()
  /** One of an agent that waits to be overtaken by its next. */
  readonly #held = new Map<string, Delivered>()
  #arrived: Delivered[] = []

  constructor(random: Random) {
    this.#random = random
  }

  mistreat(agent: string, how: Mistreatment | undefined): void {
    if (how !== undefined) {
      this.#mistreated.set(agent, how)
      return
    }
    this.#mistreated.delete(agent)
    this.#release(agent)
  }

  send(agent: string, bytes: Uint8Array, carried?: Carried): void {
    const datagram = { agent, bytes, carried }
    const how = this.#mistreated.get(agent)
    if (how === undefined) {
      this.#arrived.push(datagram)
      return
    }
    const counts = this.counts(agent)
    const draw = this.#random.fraction()
    if (draw < how.lost) {
      counts.lost += 1
      // Nothing overtakes the one that waits.
      if (this.#held.has(agent)) counts.late -= 1
    } else if (draw < how.lost + how.twice) {
      counts.twice += 1
      this.#arrived.push(datagram, { agent, bytes, carried: undefined })
    } else if (draw < how.lost + how.twice + how.late && !this.#held.has(agent)) {
      counts.late += 1
      this.#held.set(agent, datagram)
      return
    } else this.#arrived.push(datagram)
    this.#release(agent)
  }

  /** What arrived since it was asked last. */
  take(): readonly Delivered[] {
    const taken = this.#arrived
    this.#arrived = []
    return taken
  }

  counts(agent: string): DeliveryCounts {
    const known = this.#counts.get(agent) ?? { lost: 0, twice: 0, late: 0 }
    this.#counts.set(agent, known)
    return known
  }

  #release(agent: string): void {
    const held = this.#held.get(agent)
    if (held === undefined) return
    this.#held.delete(agent)
    this.#arrived.push(held)
  }
}
