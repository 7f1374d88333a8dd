/**
 * The latest counter records as the agents made them, before they became bytes: what a monitor's
 * metrics are held against.
 */
import type { CounterSampleData } from './encode.ts'

export interface ToldRecord {
  readonly agent: string
  /** `CLASS:INDEX` of the data source. */
  readonly source: string
  readonly tag: number
  readonly values: Readonly<Record<string, unknown>>
}

export class ToldRecords {
  readonly #latest = new Map<string, ToldRecord>()

  /** As an agent session hands its samples on. */
  note(agent: string, { sourceClass, sourceIndex, records }: CounterSampleData): void {
    const source = `${sourceClass}:${sourceIndex}`
    for (const { tag, values } of records) {
      if (values !== undefined) {
        this.#latest.set(`${agent} ${source} ${tag}`, { agent, source, tag, values })
      }
    }
  }

  all(): ToldRecord[] {
    return [...this.#latest.values()]
  }
}
