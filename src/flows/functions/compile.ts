/** A parsed key or function becomes an expression: names are looked up, arguments checked. */
import type { Expression } from '../keys/expression.ts'
import { FLOW_KEYS, findKey } from '../keys/table.ts'
import { Call } from './call.ts'
import type { FlowContext } from './context.ts'
import { Fault, nearest } from './fault.ts'
import type { Node } from './parse.ts'
import { FUNCTIONS, findFunction } from './table.ts'

/** Throws a Fault. */
export function compileNode(node: Node, context: FlowContext): Expression {
  const declaration = findFunction(node.name)
  if (declaration !== undefined && node.args.length > 0) {
    const call = new Call(node, context, declaration.usage, inner => compileNode(inner, context))
    return declaration.compile(call)
  }
  if (node.args.length > 0) throw unknown(node, 'function', FUNCTIONS)
  if (declaration !== undefined) throw new Fault(node.position, `expected ${declaration.usage}`)
  return compileKey(node, context)
}

function compileKey(node: Node, context: FlowContext): Expression {
  const [, name, suffix] = /^(.*?)(?:\.(\d+))?$/.exec(node.name) ?? []
  const key = findKey(name ?? '')
  if (key === undefined) throw unknown(node, 'key', FLOW_KEYS)
  const depth = suffix === undefined ? 0 : Number(suffix)
  if (depth >= key.depths) {
    const most = key.depths - 1
    const rule = most === 0 ? `${key.name} takes no .${suffix}` : `.${most} is the innermost header`
    throw new Fault(node.position + key.name.length, rule)
  }
  return key.compile(context, depth)
}

function unknown(node: Node, what: string, known: readonly { readonly name: string }[]): Fault {
  const near = nearest(
    node.name,
    known.map(one => one.name),
  )
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  return new Fault(node.position, `no ${what} is called ${node.name.slice(0, 40)}${hint}`)
}
