/**
 * Where a rule goes. Sampler and filter may be different boxes: each ACL agent says which sFlow
 * agents, and which of their ports, it guards. Traffic seen on a link between switches is guarded
 * where it entered, so such a port gives no rule.
 */
import type { Narrowed } from './alert.ts'
import { refuse } from './alert.ts'
import type { Caps, Policy } from './policy.ts'

export interface Guard {
  /** The agent address of sFlow, or `*` for any (and for alerts that name none). */
  readonly agent: string
  /** Only these ports; empty: all. */
  readonly ifindexes: readonly number[]
  /** Links between switches: no rule for what is seen there. */
  readonly uplinks: readonly number[]
  /** ifindex → name of the interface on the ACL agent. */
  readonly interfaces: Readonly<Record<string, string>>
}

export interface PlacedAgent extends Caps {
  readonly name: string
  readonly guards: readonly Guard[]
  /** Named in rules that are for the whole agent, such as `swp+`. */
  readonly inInterface?: string
}

export interface Place {
  readonly aclAgent: string
  readonly inInterface?: string
}

export const PLACEMENT_REFUSALS = ['no_acl_agent', 'inter_switch_link', 'no_interface'] as const
export type PlacementRefusal = (typeof PLACEMENT_REFUSALS)[number]

const INTERFACE = /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/

export function placesOf(
  labels: Readonly<Record<string, string>>,
  policy: Policy,
  agents: readonly PlacedAgent[],
): Narrowed<readonly Place[], PlacementRefusal> {
  const ifindexText = labels.ifindex ?? ''
  const ifindex = /^[1-9]\d{0,9}$/.test(ifindexText) ? Number(ifindexText) : undefined
  const places: Place[] = []
  let reason: PlacementRefusal = 'no_acl_agent'
  for (const agent of agents) {
    const guard = agent.guards.find(one => guards(one, labels.agent ?? '', ifindex))
    if (guard === undefined) continue
    if (ifindex !== undefined && guard.uplinks.includes(ifindex)) {
      reason = 'inter_switch_link'
      continue
    }
    if (policy.placement === 'agent') {
      places.push(place(agent.name, agent.inInterface))
      continue
    }
    const named = guard.interfaces[ifindexText] ?? labels.ifname ?? ''
    if (INTERFACE.test(named)) places.push(place(agent.name, named))
    else reason = 'no_interface'
  }
  return places.length > 0 ? { ok: true, value: places } : refuse(reason)
}

function place(aclAgent: string, inInterface: string | undefined): Place {
  return inInterface === undefined ? { aclAgent } : { aclAgent, inInterface }
}

function guards(guard: Guard, agent: string, ifindex: number | undefined): boolean {
  if (guard.agent !== '*' && guard.agent !== agent) return false
  return (
    guard.ifindexes.length === 0 || (ifindex !== undefined && guard.ifindexes.includes(ifindex))
  )
}
