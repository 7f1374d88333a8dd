/** The label text of a flow that becomes a series. */
import { labelText } from '../state/text.ts'
import type { CompiledFlow } from './compiled.ts'
import type { Units } from './units.ts'

/** Names that the engine knows and flows show. */
export interface NameSource {
  /** The ifName of a port, if it is known. */
  interfaceName(agent: string, ifIndex: number): string | undefined
  /** Is a name of this port still to be expected? Its flows become series when it is not. */
  awaitsName?(agent: string, ifIndex: number): boolean
}

/** The first word of the key is its unit. Undefined: a name is still waited for. */
export function flowLabels(
  flow: CompiledFlow,
  units: Units | undefined,
  names: NameSource,
  key: Int32Array,
): string | undefined {
  const labels: Record<string, string | undefined> = {}
  const unit = key[0] as number
  if (units !== undefined) labels.agent = units.agents[unit]
  if (flow.definition.by === 'interface' && units !== undefined) {
    const ifIndex = (units.ifIndexes[unit] as number) >>> 0
    labels.ifindex = String(ifIndex)
    if (names.awaitsName?.(units.agents[unit] as string, ifIndex)) return undefined
    labels.ifname = names.interfaceName(units.agents[unit] as string, ifIndex)
  }
  const values = flow.formatKey(key, 1)
  flow.labels.forEach((name, position) => {
    labels[name] = values[position]
  })
  return labelText(labels)
}
