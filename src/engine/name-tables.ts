/** Names that the operator gave, as plain tables that cross threads, and the look-ups over them. */
import { inRanges } from '../state/address-ranges.ts'
import type { KindOverride } from '../state/entity.ts'
import type { Names } from './naming.ts'

export interface NameTables {
  readonly interfaces: Readonly<
    Record<
      string,
      Readonly<Record<string, { name?: string | undefined; alias?: string | undefined }>>
    >
  >
  /** By agent address or reported host name. */
  readonly hosts: Readonly<Record<string, string>>
  /** By reported name, `*` standing for any text. */
  readonly kinds: Readonly<Record<string, KindOverride['kind']>>
  /** Ranges of agents that are asked for names by another protocol; their interfaces wait for the answer. */
  readonly asked: readonly string[]
}

export const NO_NAME_TABLES: NameTables = { interfaces: {}, hosts: {}, kinds: {}, asked: [] }

export function namesOf(tables: NameTables): Names {
  const interfaces = (agent: string, ifIndex: number) => own(own(tables.interfaces, agent), ifIndex)
  return {
    interfaceName: (agent, ifIndex) => interfaces(agent, ifIndex)?.name,
    interfaceAlias: (agent, ifIndex) => interfaces(agent, ifIndex)?.alias,
    hostName: (agent, hostname) => own(tables.hosts, hostname) ?? own(tables.hosts, agent),
    isAsked: inRanges(tables.asked),
    kinds: Object.entries(tables.kinds).map(([pattern, kind]) => ({
      pattern: globPattern(pattern),
      kind,
    })),
  }
}

/** Names come from the wire: `__proto__` must find nothing. */
function own<V>(
  table: Readonly<Record<string, V>> | undefined,
  key: string | number,
): V | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined
}

function globPattern(glob: string): RegExp {
  const parts = glob.split('*').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}
