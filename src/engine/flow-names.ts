/**
 * What flow keys ask of the rest of the engine while a sample is read: names of ports, devices and
 * entities, and what the topology says of a port. Nothing here makes a text for a sample.
 */
import type { FlowView } from '../flows/compiled.ts'
import type { NameSource } from '../flows/functions/context.ts'
import { Topology, type TopologyContent } from '../flows/topology.ts'
import type { Agent } from '../state/agent.ts'
import type { Engine } from './engine.ts'
import { linkFamilies } from './link-families.ts'
import type { SmallFamily } from './render.ts'

export class FlowNames implements NameSource {
  /** The agent of the sample that is read now. */
  agent!: Agent
  /** Undefined: no links are known. */
  topology: Topology | undefined
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** `content` was checked: config/topology.ts. */
  setTopology(content: TopologyContent | undefined): void {
    const { nodes = {}, links = {} } = content ?? {}
    const isEmpty = Object.keys(nodes).length === 0 && Object.keys(links).length === 0
    this.topology = isEmpty
      ? undefined
      : new Topology({ nodes, links }, (view, ifIndex) => this.ifName(view, ifIndex))
  }

  ifName(_: FlowView, ifIndex: number): string | undefined {
    return this.#engine.registry.find(this.agent, 0, ifIndex)?.name || undefined
  }

  /** The topology's name for the device, else the host name that it reports. */
  nodeName(view: FlowView): string | undefined {
    return this.topology?.node(view) ?? hostOf(this.agent)
  }

  linkName(view: FlowView, ifIndex: number): string | undefined {
    return this.topology?.link(view, ifIndex)
  }

  entityName(_: FlowView, sourceClass: number, index: number): string | undefined {
    return this.#engine.registry.find(this.agent, sourceClass, index)?.name || undefined
  }

  families(): SmallFamily[] {
    return this.topology === undefined ? [] : linkFamilies(this.#engine.registry, this.topology)
  }
}

/** The name of the agent's own host, where it reports one. */
function hostOf(agent: Agent): string | undefined {
  for (const source of agent.sources) if (source.hostName !== undefined) return source.hostName
  return undefined
}
