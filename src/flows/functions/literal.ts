/** Values written in a definition, as the words of a kind. */
import type { Kind } from '../keys/kinds.ts'

/** All that the text can mean: none, one, or for a key of several kinds one of each. */
export function parsedWords(kind: Kind, text: string): readonly (readonly number[])[] {
  if (kind.parseAll !== undefined) return kind.parseAll(text)
  const words = kind.parse(text)
  return words === undefined ? [] : [words]
}
