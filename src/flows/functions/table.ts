/** All functions, in the order of the reference page. */
import { ADDRESS_FUNCTIONS } from './address-functions.ts'
import type { FunctionDeclaration } from './call.ts'
import { CHOICE_FUNCTIONS } from './choose.ts'
import { LOOKUP_FUNCTIONS } from './lookup-functions.ts'
import { NAME_FUNCTIONS } from './name-functions.ts'
import { PORT_FUNCTIONS } from './port-functions.ts'
import { TEXT_FUNCTIONS } from './text-functions.ts'

export const FUNCTIONS: readonly FunctionDeclaration[] = [
  ...CHOICE_FUNCTIONS,
  ...ADDRESS_FUNCTIONS,
  ...LOOKUP_FUNCTIONS,
  ...NAME_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...PORT_FUNCTIONS,
]

const byName = new Map(FUNCTIONS.map(one => [one.name, one]))

export function findFunction(name: string): FunctionDeclaration | undefined {
  return byName.get(name)
}
