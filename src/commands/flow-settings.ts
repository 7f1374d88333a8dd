/** The limits of flows as their engine wants them; what is in force is told by config/flow-check.ts. */
import type { Config } from '../config/schema.ts'
import { FLOW_LIMITS, type FlowLimits } from '../flows/limits.ts'

export { flowSettings } from '../config/flow-check.ts'

export function flowLimits({ limits }: Config): FlowLimits {
  return {
    ...FLOW_LIMITS,
    agents: limits.agents,
    interfaces: limits.interfaces,
    interfacesPerAgent: limits.interfaces_per_agent,
    definitions: limits.flow_definitions,
    holdMs: limits.flow_hold,
    lingerMs: limits.flow_linger,
    rememberMs: limits.flow_memory,
    entries: limits.flow_entries,
    thresholds: limits.thresholds,
    activeMax: limits.threshold_crossings,
  }
}
