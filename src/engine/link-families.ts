/**
 * The ends of links that the topology names, as a family to join the interface families with: what
 * one end sends can then be compared with what the other receives. An end is told while its interface
 * is, under the same `agent`, `ifindex` and `ifname`.
 */
import type { Topology } from '../flows/topology.ts'
import { labelText } from '../state/text.ts'
import type { FamilyHeader } from './families.ts'
import type { Registry } from './registry.ts'
import type { SmallFamily, SmallLine } from './render.ts'

export const LINK_END_INFO: FamilyHeader = {
  name: 'sflow_link_end_info',
  type: 'gauge',
  help: 'A port that is an end of a link of the topology: end a or b.',
}

export function linkFamilies(registry: Registry, topology: Topology): SmallFamily[] {
  const lines: SmallLine[] = []
  for (const agent of registry.agents.values()) {
    if (!topology.hasAgent(agent.address)) continue
    for (const { kind, exposed, sourceIndex, name } of agent.sources) {
      if (kind !== 'interface' || !exposed) continue
      const end = topology.endOf(agent.address, sourceIndex, name)
      if (end === undefined) continue
      const port = { agent: agent.address, ifindex: String(sourceIndex), ifname: name }
      lines.push({ labels: labelText({ link: end.link, end: end.end, ...port }), value: 1 })
    }
  }
  return lines.length === 0 ? [] : [{ ...LINK_END_INFO, lines }]
}
