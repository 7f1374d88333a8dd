/**
 * Groups: names for ranges of addresses. A group is a list of prefixes under its own name, or, as in
 * sFlow-RT, a table of several names. The longest prefix wins. Compiled flows hold on to a table's
 * handle, so a changed group takes effect at once; a deleted one matches nothing.
 */

import { parsePrefix } from '../../packet/format.ts'
import { isMapped } from '../keys/kinds.ts'
import { PrefixTrie } from './prefix-trie.ts'

export type GroupContent = readonly string[] | Readonly<Record<string, readonly string[]>>

export const PREFIXES_MAX = 200_000

export class GroupTable {
  /** Names by number, as the trie answers them. */
  labels: readonly string[] = []
  /** Changes with the content. */
  revision = 0
  trie = new PrefixTrie()

  /** The number of the label, or -1. `width` 1 is an IPv4 address, 4 one of either version. */
  find(words: Int32Array, at: number, width: number): number {
    if (width === 1) return this.trie.find4(words[at] as number)
    if (isMapped(words, at)) return this.trie.find4(words[at + 3] as number)
    return this.trie.find6(words, at)
  }
}

export class Groups {
  readonly #tables = new Map<string, GroupTable>()
  readonly #contents = new Map<string, GroupContent>()
  /** All groups as one table: what `group:KEY` without a name looks into. */
  readonly all = new GroupTable()

  constructor(groups: Readonly<Record<string, GroupContent>> = {}) {
    for (const [name, content] of Object.entries(groups)) this.#contents.set(name, content)
    for (const name of this.#contents.keys()) this.#fill(name)
    this.#fillAll()
  }

  /** Sets or replaces a group. Throws a RangeError, and changes nothing, if a prefix is none. */
  set(name: string, content: GroupContent): void {
    checkContent(content)
    this.#contents.set(name, content)
    this.#fill(name)
    this.#fillAll()
  }

  /** Whether there was such a group. Flows that use it match nothing from now on. */
  delete(name: string): boolean {
    if (!this.#contents.delete(name)) return false
    const table = this.#tables.get(name)
    if (table !== undefined) replace(table, [])
    this.#fillAll()
    return true
  }

  get(name: string): GroupContent | undefined {
    return this.#contents.get(name)
  }

  names(): string[] {
    return [...this.#contents.keys()]
  }

  table(name: string): GroupTable | undefined {
    return this.#contents.has(name) ? this.#tables.get(name) : undefined
  }

  #fill(name: string): void {
    const content = this.#contents.get(name) as GroupContent
    let table = this.#tables.get(name)
    if (table === undefined) {
      table = new GroupTable()
      this.#tables.set(name, table)
    }
    replace(table, entriesOf(name, content))
  }

  #fillAll(): void {
    replace(
      this.all,
      [...this.#contents].flatMap(([name, content]) => entriesOf(name, content)),
    )
  }
}

type Entry = readonly [label: string, prefixes: readonly string[]]

function entriesOf(name: string, content: GroupContent): Entry[] {
  return isList(content) ? [[name, content]] : Object.entries(content)
}

function isList(content: GroupContent): content is readonly string[] {
  return Array.isArray(content)
}

function checkContent(content: GroupContent): void {
  const lists = isList(content) ? [content] : Object.values(content)
  let count = 0
  for (const prefix of lists.flat()) {
    count += 1
    if (parsePrefix(prefix) === undefined) throw new RangeError(`${prefix} is no address range`)
  }
  if (count > PREFIXES_MAX) throw new RangeError(`more than ${PREFIXES_MAX} address ranges`)
}

function replace(table: GroupTable, entries: readonly Entry[]): void {
  const trie = new PrefixTrie()
  for (const [label, [, prefixes]] of entries.entries()) {
    for (const text of prefixes) {
      const prefix = parsePrefix(text)
      if (prefix !== undefined) trie.add(prefix, label)
    }
  }
  table.labels = entries.map(([label]) => label)
  table.trie = trie
  table.revision += 1
}
