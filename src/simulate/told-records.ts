/**
 * What agents told, as it arrived: the latest counter records as they were before they became bytes,
 * and how much of everything. What a monitor's metrics are held against.
 */
import type { Carried } from './agent-session.ts'

export interface ToldRecord {
  readonly agent: string
  /** `CLASS:INDEX` of the data source. */
  readonly source: string
  readonly tag: number
  readonly values: Readonly<Record<string, unknown>>
}

/** Of one agent, each once. */
export interface Arrived {
  readonly datagrams: number
  readonly flowSamples: number
  readonly discardSamples: number
  readonly counterSamples: number
  readonly counterRecords: number
}

const NOTHING: Arrived = {
  datagrams: 0,
  flowSamples: 0,
  discardSamples: 0,
  counterSamples: 0,
  counterRecords: 0,
}

export class ToldRecords {
  readonly #latest = new Map<string, ToldRecord>()
  readonly #arrived = new Map<string, Arrived>()

  /** A datagram arrived. */
  note(agent: string, { flowSamples, discardSamples, counters }: Carried): void {
    const before = this.arrived(agent)
    let counterRecords = 0
    for (const { sourceClass, sourceIndex, records } of counters) {
      const source = `${sourceClass}:${sourceIndex}`
      counterRecords += records.length
      for (const { tag, values } of records) {
        if (values !== undefined) {
          this.#latest.set(`${agent} ${source} ${tag}`, { agent, source, tag, values })
        }
      }
    }
    this.#arrived.set(agent, {
      datagrams: before.datagrams + 1,
      flowSamples: before.flowSamples + flowSamples,
      discardSamples: before.discardSamples + discardSamples,
      counterSamples: before.counterSamples + counters.length,
      counterRecords: before.counterRecords + counterRecords,
    })
  }

  all(): ToldRecord[] {
    return [...this.#latest.values()]
  }

  arrived(agent: string): Arrived {
    return this.#arrived.get(agent) ?? NOTHING
  }
}
