/** Faults that no section can see alone: names given twice, references to what is not there. */
import { flowFaults } from './flow-check.ts'
import type { Config } from './schema.ts'
import type { Fault, Source } from './source.ts'

export function crossFaults(config: Config, source: Source): readonly Fault[] {
  return [...quotasBeyondTables(config, source), ...flowFaults(config, source)]
}

/** A quota above its table's maximum means that one agent may fill the table. */
function quotasBeyondTables({ limits }: Config, source: Source): readonly Fault[] {
  const pairs = [
    ['interfaces_per_agent', 'interfaces'],
    ['hosts_per_agent', 'hosts'],
    ['containers_per_agent', 'containers'],
    ['sources_per_agent', 'sources'],
  ] as const
  return pairs
    .filter(([quota, table]) => limits[quota] > limits[table])
    .filter(
      ([quota, table]) =>
        isWritten(source, quota, limits[quota]) && !isRefused(source, table, limits[table]),
    )
    .map(([quota, table]) =>
      source.fault(['limits', quota], `more than limits.${table}, which is ${limits[table]}`),
    )
}

function isWritten(source: Source, key: string, value: number): boolean {
  return written(source, key) === value
}

/** The file says something else than what is in force: that has a fault of its own. */
function isRefused(source: Source, key: string, value: number): boolean {
  const found = written(source, key)
  return found !== undefined && found !== value
}

function written(source: Source, key: string): unknown {
  const { limits } = source.value as { readonly limits?: Readonly<Record<string, unknown>> | null }
  return limits?.[key]
}
