/** Sources that still wait for their names: looked at once a second, until each is exposed or shadowed. */
import type { Source } from '../state/source.ts'
import type { Naming } from './naming.ts'

export class UnsettledSources {
  readonly #naming: Naming
  readonly #sources = new Set<Source>()

  constructor(naming: Naming) {
    this.#naming = naming
  }

  /** A counter sample of the source was taken. The flag is cheaper to ask than the set. */
  note(source: Source): void {
    if (source.exposed || source.shadowed || source.isUnsettled) return
    source.isUnsettled = true
    this.#sources.add(source)
  }

  forget(source: Source): void {
    this.#sources.delete(source)
  }

  tick(nowMs: number): void {
    for (const source of this.#sources) {
      this.#naming.settle(source, nowMs)
      if (source.exposed || source.shadowed) this.#sources.delete(source)
    }
  }
}
