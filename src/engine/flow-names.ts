/**
 * What flow keys ask of the rest of the engine while a sample is read: names of ports, devices and
 * entities, and what the topology says of a port. Nothing here makes a text for a sample.
 */

import type { FlowTableStats } from '../flows/families.ts'
import type { FlowView } from '../flows/flow-view.ts'
import type { NameSource } from '../flows/functions/context.ts'
import type { HostAttribute } from '../flows/functions/name-functions.ts'
import type { PortRoles } from '../flows/queries.ts'
import type { DnsSettings, FlowSettings } from '../flows/settings.ts'
import { Topology, type TopologyContent } from '../flows/topology.ts'
import { AddressNames, type NameLookup } from '../state/address-names.ts'
import type { Agent } from '../state/agent.ts'
import type { Source } from '../state/source.ts'
import { labelText } from '../state/text.ts'
import type { Engine } from './engine.ts'
import type { FamilyHeader } from './families.ts'
import { hostAttribute } from './host-index.ts'
import { linkFamilies } from './link-families.ts'
import type { SmallFamily } from './render.ts'

export const DNS_LOOKUPS: FamilyHeader = {
  name: 'sflow_bridge_dns_lookups_total',
  type: 'counter',
  help: 'Reverse look-ups for dns: keys, by outcome: named, nameless, failed (nobody answered).',
}

/** Makes the asking part of reverse look-ups: there is no network in here. */
export type ReverseLookups = (settings: DnsSettings) => NameLookup

export class FlowNames implements NameSource, PortRoles {
  /** The agent of the sample that is read now. */
  agent!: Agent
  /** Undefined: no links are known. */
  topology: Topology | undefined
  /** Undefined: no reverse look-ups are made. */
  addressNames: AddressNames | undefined
  readonly #engine: Engine
  readonly #reverse: ReverseLookups | undefined
  readonly #seed: number
  #dns = ''

  constructor(engine: Engine, seed: number, reverse: ReverseLookups | undefined) {
    this.#engine = engine
    this.#seed = seed
    this.#reverse = reverse
  }

  /** The settings were checked: config/topology.ts, config/lookups.ts. */
  configure({ topology, dns }: FlowSettings): void {
    this.#setTopology(topology)
    // What is known of addresses stays unless their settings change.
    const next = JSON.stringify(dns ?? '')
    if (next === this.#dns) return
    this.#dns = next
    this.addressNames =
      dns === undefined || this.#reverse === undefined
        ? undefined
        : new AddressNames(dns, this.#reverse(dns), this.#seed)
  }

  #setTopology(content: TopologyContent | undefined): void {
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

  hostOfMac(high: number, low: number, attribute: HostAttribute): string | undefined {
    return this.#attributeOf(this.#engine.counters.hosts.ofMac(high, low), attribute)
  }

  hostOfAddress(words: Int32Array, at: number, attribute: HostAttribute): string | undefined {
    return this.#attributeOf(this.#engine.counters.hosts.ofAddress(words, at), attribute)
  }

  dnsName(words: Int32Array): string | undefined {
    return this.addressNames?.nameOf(words)
  }

  isCore(agent: string, ifIndex: number): boolean {
    if (this.topology === undefined) return false
    const name = this.#engine.naming.interfaceOf(agent, ifIndex)?.name
    return this.topology.endOf(agent, ifIndex, name) !== undefined
  }

  #attributeOf(source: Source | undefined, attribute: HostAttribute): string | undefined {
    if (source === undefined) return undefined
    const { parentClass = 2, parentIndex = 1 } = source.texts
    const parent = this.#engine.registry.find(source.agent, parentClass, parentIndex)
    return hostAttribute(source, parent, attribute)
  }

  /** Once a second. */
  tick(nowMs: number): void {
    this.addressNames?.tick(nowMs)
  }

  /** Once a minute. */
  sweep(): void {
    this.addressNames?.sweep()
  }

  stats(): FlowTableStats[] {
    const hosts = this.#engine.counters.hosts.stats('host_adapters')
    return this.addressNames === undefined ? [hosts] : [hosts, this.addressNames.stats('dns_names')]
  }

  /** Families without an agent label, to be added up over workers. */
  totals(): SmallFamily[] {
    if (this.addressNames === undefined) return []
    const { named, nameless, failed } = this.addressNames
    const lines = Object.entries({ named, nameless, failed }).map(([outcome, value]) => {
      return { labels: labelText({ outcome }), value }
    })
    return [{ ...DNS_LOOKUPS, lines }]
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
