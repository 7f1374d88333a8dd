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
    .filter(([quota, table]) => limits[quota] > limits[table] && isWritten(source, quota))
    .map(([quota, table]) =>
      source.fault(['limits', quota], `more than limits.${table}, which is ${limits[table]}`),
    )
}

function isWritten(source: Source, key: string): boolean {
  const limits = (source.value as { readonly limits?: object }).limits
  return limits !== undefined && limits !== null && Object.hasOwn(limits, key)
}
