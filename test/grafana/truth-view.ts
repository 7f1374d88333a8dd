/**
 * What the simulator knows, between two scrapes: two pictures of its truth, and rates and states from them
 * in base units. Everything is looked up by labels as Prometheus has them.
 */
import type { Layout } from '../../src/simulate/layout.ts'
import type { Simulation } from '../../src/simulate/simulate.ts'
import type { AgentTruth, InterfaceTruth, StreamTruth } from '../../src/simulate/truth.ts'

export type Labels = Readonly<Record<string, string>>
type Values = Readonly<Record<string, unknown>>

export interface Picture {
  /** Seconds of the simulation, which may have gone slower. */
  readonly simulated: number
  /** The same in a second, of late: smoothed as rates of flows are. */
  readonly pace: number
  readonly sent: number
  readonly sentBytes: number
  readonly streams: ReadonlyMap<number, StreamTruth>
  readonly interfaces: readonly InterfaceTruth[]
  readonly agents: ReadonlyMap<string, AgentTruth>
  /** By `agent source tag`. */
  readonly records: ReadonlyMap<string, Values>
}

export function pictureOf(
  { truth }: Simulation,
  { simulated, pace }: Pick<Picture, 'simulated' | 'pace'>,
  counts: { readonly sent: number; readonly sentBytes: number },
): Picture {
  return {
    simulated,
    pace,
    sent: counts.sent,
    sentBytes: counts.sentBytes,
    streams: new Map(truth.streams().map(one => [one.id, one])),
    interfaces: truth.interfaces(),
    agents: new Map(truth.agents().map(one => [one.agent, one])),
    records: new Map(
      truth
        .records()
        .map(({ agent, source, tag, values }) => [`${agent} ${source} ${tag}`, values]),
    ),
  }
}

/** What was true when Prometheus read a page. */
export interface Scrape {
  /** Unix seconds, as Prometheus has them. */
  readonly at: number
  readonly picture: Picture
}

const DESCRIPTION_TAG = 2_000

export class TruthView {
  readonly beginsAt: number
  readonly endsAt: number
  readonly seconds: number
  readonly before: Picture
  readonly now: Picture
  /** Seconds of the simulation in a second. */
  readonly speed: number

  /** `pace`: in place of what it was, for rates that are smoothed as it is. */
  constructor(begin: Scrape, end: Scrape, pace?: number) {
    this.beginsAt = begin.at
    this.endsAt = end.at
    this.before = begin.picture
    this.now = end.picture
    const simulated = this.now.simulated - this.before.simulated
    this.seconds = pace === undefined ? end.at - begin.at : simulated / pace
    this.speed = simulated / this.seconds
  }

  last({ tag }: Layout, place: string, field: string): number {
    return numberOf(this.now.records.get(`${place} ${tag}`)?.[field])
  }

  /** A second; 32-bit counters may have wrapped. */
  rate(layout: Layout, place: string, field: string): number {
    const before = this.before.records.get(`${place} ${layout.tag}`)?.[field]
    if (before === undefined) return 0
    const step = this.last(layout, place, field) - numberOf(before)
    return (step < 0 ? step + 2 ** 32 : step) / this.seconds
  }

  /** `AGENT CLASS:INDEX` of all that report the record. */
  places({ tag }: Layout): string[] {
    const end = ` ${tag}`
    const keys = [...this.now.records.keys()].filter(key => key.endsWith(end))
    return keys.map(key => key.slice(0, -end.length))
  }

  sumRate(layout: Layout, ...fields: readonly string[]): number {
    return this.sum(layout, place =>
      fields.reduce((n, one) => n + this.rate(layout, place, one), 0),
    )
  }

  sumLast(layout: Layout, field: string): number {
    return this.sum(layout, place => this.last(layout, place, field))
  }

  sum(layout: Layout, of: (place: string) => number): number {
    return this.places(layout).reduce((total, place) => total + of(place), 0)
  }

  /** Where a container or virtual machine reports: Kubernetes writes more than its name. */
  guest({ agent = '', container, vm, pod = '' }: Labels): string {
    const name = vm ?? container ?? ''
    for (const [key, { hostname }] of this.now.records) {
      if (!key.startsWith(`${agent} 3:`) || !key.endsWith(` ${DESCRIPTION_TAG}`)) continue
      const text = String(hostname)
      const found = pod === '' ? text === name : text.startsWith(`k8s_${name}_${pod}_`)
      if (found) return key.slice(0, -` ${DESCRIPTION_TAG}`.length)
    }
    throw new Error(`no guest ${name} ${pod} on ${agent}`)
  }

  /** Of packets that match, as an agent (or the one that saw most) sampled them. */
  flow(
    labels: Labels,
    matches: (stream: StreamTruth, agent: string) => boolean,
    what: 'bytes' | 'packets',
  ): number {
    const byAgent = new Map<string, number>()
    for (const [id, stream] of this.now.streams) {
      const amount = (stream[what] - (this.before.streams.get(id)?.[what] ?? 0)) / this.seconds
      for (const agent of new Set(stream.agents)) {
        if (!matches(stream, agent)) continue
        byAgent.set(agent, (byAgent.get(agent) ?? 0) + amount)
      }
    }
    if (labels.agent !== undefined) return byAgent.get(labels.agent) ?? 0
    return Math.max(0, ...byAgent.values())
  }

  /** Of packets that match, each as often as a sampler saw it whose datagrams arrived. */
  sampledBytes(matches: (stream: StreamTruth) => boolean): number {
    const arrived = new Map([...this.now.agents.keys()].map(one => [one, this.#arrivedShare(one)]))
    let total = 0
    for (const [id, stream] of this.now.streams) {
      if (!matches(stream)) continue
      const packets = stream.packetsOffered - (this.before.streams.get(id)?.packetsOffered ?? 0)
      const shares = stream.agents.map(agent => arrived.get(agent) as number)
      const share = shares.reduce((sum, one) => sum + one, 0) / Math.max(1, shares.length)
      total += packets * stream.frameBytes * share
    }
    return total / this.seconds
  }

  /** Of an agent's datagrams: what is in the others is in no estimate. */
  #arrivedShare(agent: string): number {
    const lost = this.agentRate(one => one.datagramsLost, agent)
    const made = this.agentRate(one => one.datagramsMade, agent)
    return made === 0 ? 1 : 1 - lost / made
  }

  agentRate(of: (agent: AgentTruth) => number, only?: string): number {
    let total = 0
    for (const [name, agent] of this.now.agents) {
      if (only !== undefined && name !== only) continue
      total += of(agent) - of(this.before.agents.get(name) as AgentTruth)
    }
    return total / this.seconds
  }
}

function numberOf(value: unknown): number {
  return typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN
}
