/** A configuration that is good by itself, completed by the files that it names. */
import { loadLookups } from './lookups.ts'
import { loadNames } from './names-file.ts'
import type { Config } from './schema.ts'
import type { Fault, Source } from './source.ts'
import { loadTopology } from './topology.ts'

/** What could not be read stays as the configuration file alone says it, and is a fault. */
export function withFiles(
  config: Config,
  source: Source,
): { readonly config: Config; readonly faults: readonly Fault[] } {
  const names = loadNames(config.names, source)
  const topology = loadTopology(config.topology, source)
  const lookups = loadLookups(config.lookups, source)
  const faults = [names, topology, lookups].flatMap(read => ('faults' in read ? read.faults : []))
  return {
    config: {
      ...config,
      ...('faults' in names ? {} : names),
      ...('faults' in topology ? {} : topology),
      ...(Object.keys(lookups.files).length === 0 ? {} : { lookupFiles: lookups.files }),
    },
    faults,
  }
}
