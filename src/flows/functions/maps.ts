/**
 * Maps: named tables from the text of a key to another text. As with groups, compiled flows hold on
 * to a table's handle and see at once when it changes.
 */

export type MapContent = Readonly<Record<string, string>>

export class MapTable {
  entries: ReadonlyMap<string, string> = new Map()
  /** Changes with the content. */
  revision = 0
}

export class Maps {
  readonly #tables = new Map<string, MapTable>()
  readonly #contents = new Map<string, MapContent>()

  constructor(maps: Readonly<Record<string, MapContent>> = {}) {
    for (const [name, content] of Object.entries(maps)) this.set(name, content)
  }

  set(name: string, content: MapContent): void {
    this.#contents.set(name, content)
    const table = this.#tables.get(name) ?? new MapTable()
    this.#tables.set(name, table)
    table.entries = new Map(Object.entries(content))
    table.revision += 1
  }

  /** Whether there was such a map. Flows that use it find nothing from now on. */
  delete(name: string): boolean {
    if (!this.#contents.delete(name)) return false
    const table = this.#tables.get(name) as MapTable
    table.entries = new Map()
    table.revision += 1
    return true
  }

  get(name: string): MapContent | undefined {
    return this.#contents.get(name)
  }

  names(): string[] {
    return [...this.#contents.keys()]
  }

  table(name: string): MapTable | undefined {
    return this.#contents.has(name) ? this.#tables.get(name) : undefined
  }
}
