/** The configuration as the engine wants it. */
import type { Config } from '../config/schema.ts'
import type { EngineLimits } from '../engine/limits.ts'
import type { EngineSettings } from '../ingest/messages.ts'
import { flowLimits, flowSettings } from './flow-settings.ts'

export function engineSettings(config: Config): EngineSettings {
  const { names, listen } = config
  return {
    limits: engineLimits(config.limits),
    names: {
      interfaces: names.interfaces,
      hosts: names.hosts,
      kinds: names.kinds,
      asked: names.snmp.targets.flatMap(({ agents }) => agents),
    },
    allowedAgents: listen.allowed_agents,
    flowLimits: flowLimits(config),
    flows: flowSettings(config),
  }
}

function engineLimits(limits: Config['limits']): EngineLimits {
  return {
    agents: { max: limits.agents, perAgentMax: limits.sub_agents_per_agent },
    interfaces: { max: limits.interfaces, perAgentMax: limits.interfaces_per_agent },
    hosts: { max: limits.hosts, perAgentMax: limits.hosts_per_agent },
    containers: { max: limits.containers, perAgentMax: limits.containers_per_agent },
    sources: { max: limits.sources, perAgentMax: limits.sources_per_agent },
    labelBytesMax: limits.label_length,
    expiryFloorMs: limits.expiry_floor,
    expiryIntervals: limits.expiry_intervals,
    idleMs: limits.idle,
    agentSilenceMs: limits.agent_silence,
    unnamedWaitMs: limits.first_exposure,
    datagramsPerSecondMax: limits.datagrams_per_second,
    rtMetricsMax: limits.rt_metrics,
  }
}
