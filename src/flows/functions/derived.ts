/** Texts that functions work out from the text of a key, each once as long as it is remembered. */
import { CustomExpression, type Expression, OncePerSample } from '../keys/expression.ts'
import { textKind } from '../keys/kinds.ts'
import type { Call } from './call.ts'
import { NOTHING_DERIVED, WordCache } from './word-cache.ts'

/** A text worked out from the text of a key; remembered by the key's words. */
export function derivedText(
  call: Call,
  key: Expression,
  derive: (text: string) => string | undefined,
): Expression {
  const { texts } = call.context
  const words = new Int32Array(key.kind.width)
  const cache = new WordCache(
    key.kind.width,
    (from, at) => {
      const text = derive(key.kind.format(from, at))
      return text === undefined ? NOTHING_DERIVED : texts.ofText(text)
    },
    texts,
  )
  return new OncePerSample(
    new CustomExpression(textKind(texts), (view, into, at) => {
      if (!key.read(view, words, 0)) return false
      const word = cache.get(words, 0)
      into[at] = word
      return word !== NOTHING_DERIVED
    }),
  )
}
