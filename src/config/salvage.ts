/**
 * What is left of a configuration when all that is wrong with its form is taken out of it: so that
 * `check` can judge the rest too, and every fault is told in one run. What is left is never put into force.
 */
import type { z } from 'zod'
import { type Config, configSchema } from './schema.ts'
import type { Path, Source } from './source.ts'

type Issue = z.core.$ZodIssue
type Container = Record<PropertyKey, unknown>

export interface Salvaged {
  readonly config: Config
  /** Places are told where they stand in the file, not in what is left. */
  readonly source: Source
  /** Rules over several entries that were not tried before, since one of the entries had a fault. */
  readonly found: readonly Issue[]
}

/** Each round takes something out; what was taken out seldom makes a third round. */
const ROUNDS_MAX = 32

/** Undefined if nothing is left that could be judged. `given` is not changed. */
export function salvage(given: unknown, error: z.ZodError, source: Source): Salvaged | undefined {
  const rest = new Rest(given)
  const found: Issue[] = []
  let { issues } = error
  for (let round = 0; round < ROUNDS_MAX; round++) {
    rest.without(issues)
    const parsed = configSchema.safeParse(rest.value)
    if (parsed.success) return { config: parsed.data, source: rest.placed(source), found }
    issues = parsed.error.issues
    const fresh = issues.filter(({ code, path }) => code === 'custom' && rest.isWhole(path))
    found.push(...fresh.map(issue => ({ ...issue, path: rest.original(issue.path) }) as Issue))
  }
  return undefined
}

/** A tree from which parts are taken out, and which remembers where list entries stood. */
class Rest {
  value: unknown
  readonly #origins = new WeakMap<object, number[]>()
  /** Lists and mappings from which something was taken, at any depth. */
  readonly #touched = new WeakSet<object>()

  constructor(value: unknown) {
    this.value = structuredClone(value)
  }

  without(issues: readonly Issue[]): void {
    const marks = new Map<Container, Set<string>>()
    for (const path of issues.flatMap(removals)) this.#mark(path, marks)
    for (const [container, keys] of marks) {
      if (!Array.isArray(container)) {
        for (const key of keys) delete container[key]
        continue
      }
      const origins = this.#originsOf(container)
      const kept = container.flatMap((_, index) => (keys.has(String(index)) ? [] : [index]))
      this.#origins.set(
        container,
        kept.map(index => origins[index] as number),
      )
      container.splice(0, container.length, ...kept.map(index => container[index] as unknown))
    }
  }

  /** The path with the list entries numbered as they were. */
  original(path: Path): PropertyKey[] {
    let node: unknown = this.value
    return path.map(step => {
      const container = node
      node = isContainer(node) ? node[step] : undefined
      if (!Array.isArray(container)) return step
      return this.#originsOf(container)[Number(step)] ?? step
    })
  }

  /** Was nothing taken out of what a rule at this path is about? */
  isWhole(path: Path): boolean {
    const node = this.#at(path)
    return node !== undefined && !(isContainer(node) && this.#touched.has(node))
  }

  placed(source: Source): Source {
    return {
      ...source,
      fault: (path, ...details) => source.fault(this.original(path), ...details),
    }
  }

  /** What is not there is missing: then what lacks it goes. */
  #mark(path: Path, marks: Map<Container, Set<string>>): void {
    for (let length = path.length; length > 0; length--) {
      const container = this.#at(path.slice(0, length - 1))
      const key = String(path[length - 1])
      if (!isContainer(container) || !Object.hasOwn(container, key)) continue
      marks.set(container, (marks.get(container) ?? new Set()).add(key))
      for (let depth = 0; depth < length; depth++) {
        const above = this.#at(path.slice(0, depth))
        if (isContainer(above)) this.#touched.add(above)
      }
      return
    }
    this.value = {}
  }

  #at(path: Path): unknown {
    return path.reduce<unknown>(
      (node, step) => (isContainer(node) ? node[step] : undefined),
      this.value,
    )
  }

  #originsOf(list: readonly unknown[]): readonly number[] {
    return this.#origins.get(list) ?? list.map((_, index) => index)
  }
}

function removals({ code, path, ...issue }: Issue): Path[] {
  if (code !== 'unrecognized_keys') return [path]
  const { keys } = issue as { readonly keys: readonly string[] }
  return keys.map(key => [...path, key])
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}
