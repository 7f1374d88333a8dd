/** Tags of records and samples that nobody reads: counted by tag, at most so many, the rest together. */
import type { Sample } from '../sflow/samples.ts'
import { flowStructureByTag } from '../structures/index.ts'

const TAGS_MAX = 200
/** Most packet samples hold this record and no other: it needs no look-up. */
const SAMPLED_HEADER = 1

export class SkippedTags {
  readonly #counts = new Map<number, number>()
  #other = 0

  add(tag: number): void {
    const count = this.#counts.get(tag)
    if (count !== undefined) this.#counts.set(tag, count + 1)
    else if (this.#counts.size < TAGS_MAX) this.#counts.set(tag, 1)
    else this.#other += 1
  }

  /** The records of a packet or discard sample that no structure reads. */
  addUnknown({ recordTags, recordCount }: Sample): void {
    for (let index = 0; index < recordCount; index++) {
      const tag = recordTags[index] as number
      if (tag !== SAMPLED_HEADER && !flowStructureByTag.has(tag)) this.add(tag)
    }
  }

  /** `enterprise:format` and how often. */
  entries(): [string, number][] {
    const all = Array.from(this.#counts, ([tag, count]): [string, number] => {
      return [`${Math.floor(tag / 4096)}:${tag % 4096}`, count]
    })
    if (this.#other > 0) all.push(['other', this.#other])
    return all
  }
}
