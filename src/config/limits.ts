/**
 * Section `limits`: how much is remembered, for how long. Reaching one is visible as
 * `sflow_bridge_series_refused_total` or `sflow_bridge_series_evicted_total`, and as
 * `sflow_bridge_series` near `sflow_bridge_series_limit` before that.
 */
import { z } from 'zod'
import { count, duration } from './kinds.ts'

const tables = {
  agents: count({
    default: 10_000,
    max: 1_000_000,
    unit: 'agents',
    what: 'Agents (agent address and sub-agent) that are remembered.',
    reason: 'a large data centre; spoofed agent addresses fill the table and no more.',
  }),
  sub_agents_per_agent: count({
    default: 16,
    max: 1_024,
    unit: 'sub-agents',
    what: 'Sub-agents behind one agent address.',
    reason: 'a chassis has one for each line card.',
  }),
  interfaces: count({
    default: 50_000,
    max: 1_000_000,
    unit: 'interfaces',
    what: 'Interfaces with counters.',
    reason: '1,000 switches of 48 ports, at some 20 series each one million series and 1 GB.',
  }),
  interfaces_per_agent: count({
    default: 4_096,
    max: 1_000_000,
    unit: 'interfaces',
    what: 'Interfaces of one agent.',
    reason: 'a chassis with its LAGs and VLAN interfaces; one agent must not take the whole table.',
  }),
  hosts: count({
    default: 10_000,
    max: 1_000_000,
    unit: 'hosts',
    what: 'Hosts with counters.',
    reason: 'one for each agent.',
  }),
  hosts_per_agent: count({
    default: 64,
    max: 1_000_000,
    unit: 'hosts',
    what: 'Hosts behind one agent address.',
    reason: 'a host reports itself; a gateway may report a rack.',
  }),
  containers: count({
    default: 50_000,
    max: 1_000_000,
    unit: 'containers',
    what: 'Containers, pods, services, virtual machines and JVMs with counters.',
    reason: '1,000 hosts of 50.',
  }),
  containers_per_agent: count({
    default: 2_048,
    max: 1_000_000,
    unit: 'containers',
    what: 'Containers and virtual machines of one agent.',
    reason: 'Kubernetes asks for at most 110 pods a node, large nodes run 500.',
  }),
  others: count({
    default: 20_000,
    max: 1_000_000,
    unit: 'rows',
    what: 'Rows of everything else: applications, Open vSwitch datapaths, optics, queues.',
    reason: 'one or two for each agent, and lanes of optics.',
  }),
  others_per_agent: count({
    default: 2_048,
    max: 1_000_000,
    unit: 'rows',
    what: 'Such rows of one agent.',
    reason: 'a switch with eight lanes of optics in 128 ports has 1,024.',
  }),
  skipped_tags: count({
    default: 256,
    max: 10_000,
    unit: 'tags',
    what: 'Tags of unknown records that have a series of their own.',
    reason: 'some 100 are registered; further ones share the tag "other".',
  }),
}

const flows = {
  flow_definitions: count({
    default: 64,
    max: 1_024,
    unit: 'definitions',
    what: 'Flow definitions, of the file and of the API together.',
    reason: 'each costs some 50 ns a sample.',
  }),
  flows: count({
    default: 1_000,
    max: 100_000,
    unit: 'flows',
    what: 'Live flows of a definition that says no `max` of its own.',
    reason: 'five series each: 5,000 series a definition.',
  }),
  flow_budget: count({
    default: 5_000,
    max: 10_000_000,
    unit: 'flows an hour',
    what: 'Flows that may newly appear in an hour, of a definition that says no `budget` of its own.',
    reason: 'Prometheus keeps every series it ever saw for hours: 25,000 series an hour are light.',
  }),
  flow_hold: duration({
    default: '35s',
    min: '0s',
    max: '10m',
    what: 'How long a new flow shows 0 before its traffic counts as its own.',
    reason:
      'more than two scrapes at 15 s, so that increase() sees the 0; use 3s where scrapes come each second.',
  }),
  flow_linger: duration({
    default: '10m',
    min: '10s',
    max: '1d',
    what: 'How long a flow that fell out of the top stays.',
    reason: 'flows that come and go would else be new series each time.',
  }),
  events: count({
    default: 1_000,
    max: 100_000,
    unit: 'events',
    what: 'Events that can still be asked for.',
    reason: 'what sFlow-RT keeps; a minute of a bad day.',
  }),
}

const ages = {
  expiry_floor: duration({
    default: '3m',
    min: '10s',
    max: '1d',
    what: 'A source is never forgotten sooner.',
    reason: 'polling each 30 s with some datagrams lost.',
  }),
  expiry_intervals: count({
    default: 5,
    min: 2,
    max: 100,
    unit: 'polling intervals',
    what: 'A source is forgotten after so many of its own observed polling intervals.',
    reason: 'four losses in a row are an outage, not bad luck.',
  }),
  idle: duration({
    default: '2m',
    min: '10s',
    max: '1d',
    what: 'An entry that has been silent for longer gives way to a new one when a table is full.',
    reason: 'four polling intervals of 30 s.',
  }),
  first_exposure: duration({
    default: '30s',
    min: '0s',
    max: '10m',
    what: 'How long an unnamed row waits for its name, until the polling interval is known.',
    reason: 'names come with the next poll, by default of hsflowd 30 s later.',
  }),
  agent_silence: duration({
    default: '24h',
    min: '1m',
    max: '31d',
    what: 'How long the time of the last datagram of a silent agent is still told.',
    reason: 'silence must be able to alert over a night.',
  }),
}

const inputs = {
  label_length: count({
    default: 256,
    min: 16,
    max: 4_096,
    unit: 'bytes of UTF-8',
    what: 'Longer label values are cut.',
    reason: 'host names have 253; ifAlias may have 64, vendors allow 240.',
  }),
  datagrams_per_second: count({
    default: 0,
    min: 0,
    max: 10_000_000,
    unit: 'datagrams a second, 0 for no limit',
    what: 'Datagrams of one agent address that are processed; the rest is refused and counted.',
    reason: 'sampling rates bound honest agents already; set it where senders are not trusted.',
  }),
  http_connections: count({
    default: 512,
    min: 8,
    max: 65_536,
    unit: 'connections',
    what: 'Connections to the web server; beyond that the longest idle one is ended.',
    reason: 'scrapers and some browsers; 15 MB.',
  }),
}

export const limitsSchema = z.strictObject({ ...tables, ...flows, ...ages, ...inputs })

export type Limits = z.output<typeof limitsSchema>
