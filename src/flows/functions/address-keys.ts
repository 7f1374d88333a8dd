/** What functions on addresses share: which kinds of key they take, and texts found by a key's words. */
import type { FlowView } from '../flow-view.ts'
import { CustomExpression, type Expression, OncePerSample } from '../keys/expression.ts'
import { ADDRESS, IP4, IP6, type Kind, MAC, textKind } from '../keys/kinds.ts'
import type { Call } from './call.ts'
import { Fault } from './fault.ts'

export function isAddress(kind: Kind): boolean {
  return kind === IP4 || kind === IP6 || kind === ADDRESS
}

export function addressKey(call: Call): Expression {
  const key = call.key(0)
  if (!isAddress(key.kind)) throw new Fault(call.position(0), `${key.kind.name} is no IP address`)
  return key
}

export function macKey(call: Call): Expression {
  const key = call.key(0)
  if (key.kind !== MAC) throw new Fault(call.position(0), `${key.kind.name} is no MAC address`)
  return key
}

/** An expression whose text comes from the words of a key; -1 where there is none. */
export function lookUp(
  call: Call,
  key: Expression,
  find: (words: Int32Array, view: FlowView) => number,
): Expression {
  const words = new Int32Array(key.kind.width)
  return new OncePerSample(
    new CustomExpression(textKind(call.context.texts), (view, into, at) => {
      if (!key.read(view, words, 0)) return false
      const word = find(words, view)
      into[at] = word
      return word >= 0
    }),
  )
}
