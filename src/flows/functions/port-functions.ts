/** Functions on ports of the agent: ifname, node, link. */
import type { FlowView } from '../flow-view.ts'
import { CustomExpression, OncePerSample } from '../keys/expression.ts'
import { textKind } from '../keys/kinds.ts'
import { PORT } from '../keys/source.ts'
import type { Call, FunctionDeclaration } from './call.ts'
import { Fault } from './fault.ts'

function portName(call: Call, find: (view: FlowView, port: number) => string | undefined) {
  call.arity(1)
  const key = call.key(0)
  if (key.kind !== PORT) throw new Fault(call.position(0), `${key.kind.name} is no ifIndex`)
  const { texts } = call.context
  const words = new Int32Array(1)
  const read = (view: FlowView, into: Int32Array, at: number): boolean => {
    if (!key.read(view, words, 0)) return false
    const name = find(view, words[0] as number)
    if (name === undefined) return false
    into[at] = texts.ofText(name)
    return true
  }
  return new OncePerSample(new CustomExpression(textKind(texts), read))
}

export const PORT_FUNCTIONS: readonly FunctionDeclaration[] = [
  {
    name: 'ifname',
    usage: 'ifname:KEY',
    help: 'Name of a port: ifname:inputifindex. Nothing for internal, unknown, multiple and discard.',
    compile: call => {
      const { names } = call.context
      return portName(call, (view, port) => (port > 0 ? names.ifName?.(view, port) : undefined))
    },
  },
  {
    name: 'node',
    usage: 'node:KEY',
    help: 'Name of the device that a port belongs to: the host name of the agent.',
    compile: call => portName(call, view => call.context.names.nodeName?.(view)),
  },
  {
    name: 'link',
    usage: 'link:KEY',
    help: 'Name of the link of the topology that a port ends.',
    compile: call => {
      const { names } = call.context
      return portName(call, (view, port) => (port > 0 ? names.linkName?.(view, port) : undefined))
    },
  },
]
