/** The list of all structures, and the way from a tag on the wire to its structure. */
import type { Structure } from './define.ts'
import { genericInterface } from './sflow5-interface.ts'

export const COUNTER_STRUCTURES: readonly Structure[] = numbered([genericInterface])

export const FLOW_STRUCTURES: readonly Structure[] = numbered([])

export const counterStructureByTag = byTag(COUNTER_STRUCTURES)
export const flowStructureByTag = byTag(FLOW_STRUCTURES)

function numbered(list: readonly Omit<Structure, 'id'>[]): readonly Structure[] {
  return list.map((structure, id) => ({ ...structure, id }))
}

function byTag(list: readonly Structure[]): ReadonlyMap<number, Structure> {
  const map = new Map<number, Structure>()
  for (const structure of list) {
    if (map.has(structure.tag))
      throw new Error(`${structure.name}: tag ${structure.label} is taken`)
    map.set(structure.tag, structure)
  }
  return map
}
