/**
 * Every fault of one flow definition, for `check`. Compiling ends at the first; here what it was about
 * is taken out, and the rest is tried again.
 */
import { compileFlow } from '../flows/compile-flow.ts'
import type { CompiledFlow, DefinitionFault } from '../flows/compiled.ts'
import { readKeys } from '../flows/definition.ts'
import type { FlowContext } from '../flows/functions/context.ts'

type Given = Readonly<Record<string, unknown>>

export type Judged =
  | { readonly flow: CompiledFlow; readonly faults: readonly [] }
  | { readonly flow?: undefined; readonly faults: readonly DefinitionFault[] }

/** More than a definition has attributes and entries. */
const ROUNDS_MAX = 40

export function judgeFlow(given: Given, context: FlowContext): Judged {
  const { flow, fault: first } = compileFlow(given, context)
  if (flow !== undefined) return { flow, faults: [] }
  const { keys, offsets } = listed(given.keys)
  const faults = [first]
  let rest: Given | undefined = without(
    keys === undefined ? given : { ...given, keys },
    first,
    offsets,
  )
  while (rest !== undefined && faults.length < ROUNDS_MAX) {
    const { fault } = compileFlow(rest, context)
    if (fault === undefined) break
    const offset = fault.attribute === 'keys' ? offsets?.get(fault.text) : undefined
    faults.push(
      offset === undefined
        ? fault
        : { ...fault, text: String(given.keys), position: offset + fault.position },
    )
    rest = without(rest, fault, offsets)
  }
  return { faults }
}

/** sFlow-RT's comma text as a list, and where in the text each key stands. */
function listed(keys: unknown): {
  keys?: readonly string[]
  offsets?: ReadonlyMap<string, number>
} {
  if (typeof keys !== 'string') return {}
  try {
    const nodes = readKeys(keys)
    const offsets = new Map(nodes.map(({ key, node }) => [key, node.position]))
    return { keys: nodes.map(({ key }) => key), offsets }
  } catch {
    return {}
  }
}

/** Undefined: nothing more can be taken out. Labels go with keys, which they count. */
function without(
  given: Given,
  { attribute, text, position }: DefinitionFault,
  offsets?: ReadonlyMap<string, number>,
): Given | undefined {
  const { [attribute]: value, ...rest } = given
  if (value === undefined) return undefined
  if (attribute === 'keys') delete (rest as Record<string, unknown>).labels
  if (!Array.isArray(value)) return attribute === 'name' ? undefined : rest
  const at = value.includes(text) ? value.indexOf(text) : keyAt(value, position, offsets)
  return at < 0 ? rest : { ...rest, [attribute]: value.toSpliced(at, 1) }
}

/** The last key that begins at or before a character of the comma text. */
function keyAt(
  keys: readonly string[],
  position: number,
  offsets?: ReadonlyMap<string, number>,
): number {
  return keys.findLastIndex(key => (offsets?.get(key) ?? Number.POSITIVE_INFINITY) <= position)
}
