/** The keys of a definition under names by which other definitions may have them, too. */
import type { CompiledFlow } from './compiled.ts'
import type { FlowView } from './flow-view.ts'
import { multipliersOf } from './key-hash.ts'
import type { Expression } from './keys/expression.ts'

/** A key that definitions share if it is called the same. */
export interface SharedKey {
  readonly name: string
  readonly expression: Pick<Expression, 'read' | 'placeIn'>
  readonly width: number
}

export function sharedKeys(flow: CompiledFlow): readonly SharedKey[] {
  const { name } = flow.definition
  if (flow.keys === undefined || flow.keys.length === 0) {
    const read = (view: FlowView, into: Int32Array, at: number) => flow.readKey(view, into, at)
    return [{ name: `${name}/`, expression: { read }, width: flow.keyWords }]
  }
  return flow.keys.map((expression, index) => {
    const { signature = `${name}/${index}`, kind } = expression
    return { name: signature, expression, width: kind.width }
  })
}

/** For keys with a unit before them: two numbers a word, the same for every table and row. */
export function multipliersOfKeys(seed: number, keys: readonly SharedKey[]): Int32Array {
  const parts = keys.map(({ name, width }) => multipliersOf(seed, name, width))
  return Int32Array.from([multipliersOf(seed, '', 1), ...parts].flatMap(part => Array.from(part)))
}
