/**
 * Section `limits`: how much is remembered, for how long. Reaching one is visible as
 * `sflow_bridge_series_refused_total` or `sflow_bridge_series_evicted_total`, and as
 * `sflow_bridge_series` near `sflow_bridge_series_limit` before that.
 */
import { z } from 'zod'
import { DEFAULT_LIMITS as engine } from '../engine/limits.ts'
import { FLOW_LIMITS as flowEngine } from '../flows/limits.ts'
import { formatDuration } from '../text.ts'
import { count, duration } from './kinds.ts'

const tables = {
  agents: count({
    default: engine.agents.max,
    max: 1_000_000,
    unit: 'agents',
    what: 'Agents (agent address and sub-agent) that are remembered.',
    reason: 'a data centre of 4,000 devices; spoofed agent addresses fill the table and no more.',
  }),
  sub_agents_per_agent: count({
    default: engine.agents.perAgentMax,
    max: 1_024,
    unit: 'sub-agents',
    what: 'Sub-agents behind one agent address.',
    reason: 'a chassis has one for each line card.',
  }),
  interfaces: count({
    default: engine.interfaces.max,
    max: 1_000_000,
    unit: 'interfaces',
    what: 'Interfaces with counters.',
    reason: '2,000 switches of 64 ports; each interface is some 20 series.',
  }),
  interfaces_per_agent: count({
    default: engine.interfaces.perAgentMax,
    max: 1_000_000,
    unit: 'interfaces',
    what: 'Interfaces of one agent.',
    reason: 'a chassis with its LAGs and VLANs; one agent must not take the whole table.',
  }),
  hosts: count({
    default: engine.hosts.max,
    max: 1_000_000,
    unit: 'hosts',
    what: 'Hosts with counters.',
    reason: 'four for each agent.',
  }),
  hosts_per_agent: count({
    default: engine.hosts.perAgentMax,
    max: 1_000_000,
    unit: 'hosts',
    what: 'Hosts behind one agent address.',
    reason: 'a host reports itself; a gateway may report a rack.',
  }),
  containers: count({
    default: engine.containers.max,
    max: 1_000_000,
    unit: 'containers',
    what: 'Containers, pods, units, virtual machines and JVMs with counters.',
    reason: 'sixteen for each agent.',
  }),
  containers_per_agent: count({
    default: engine.containers.perAgentMax,
    max: 1_000_000,
    unit: 'containers',
    what: 'Containers and virtual machines of one agent.',
    reason: 'Kubernetes advises 110 pods a node; dense nodes run ten times as many.',
  }),
  sources: count({
    default: engine.sources.max,
    max: 1_000_000,
    unit: 'rows',
    what: 'Rows of all else, with the label `source`: applications, datapaths, optics, queues.',
    reason: 'eight for each agent.',
  }),
  sources_per_agent: count({
    default: engine.sources.perAgentMax,
    max: 1_000_000,
    unit: 'rows',
    what: 'Such rows of one agent.',
    reason: 'lanes of optics and queues of a switch of 512 ports.',
  }),
  rt_metrics: count({
    default: engine.rtMetricsMax,
    max: 100_000,
    unit: 'names',
    what: 'Names of metrics that applications invent (rtmetrics).',
    reason: 'each is a family of its own on the page.',
  }),
}

const flows = {
  flow_definitions: count({
    default: flowEngine.definitions,
    max: 1_024,
    unit: 'definitions',
    what: 'Flow definitions, of the file and of the API together.',
    reason: 'each costs processor time for every sample.',
  }),
  flows: count({
    default: 10_000,
    max: 100_000,
    unit: 'flows',
    what: 'Live flows of any one definition: its `max` may not be more.',
    reason: 'with five series each it is 50,000 series, the size of a small fabric.',
  }),
  flow_hold: duration({
    default: formatDuration(flowEngine.holdMs),
    min: '0s',
    max: '10m',
    what: 'How long a new flow shows 0 before its traffic counts as its own.',
    reason:
      'more than two scrapes at 15 s, so that increase() sees the 0; use 3s where scrapes come each second.',
  }),
  flow_linger: duration({
    default: formatDuration(flowEngine.lingerMs),
    min: '1s',
    max: '1d',
    what: 'How long a flow that fell out of the top stays.',
    reason: 'flows that come and go would else be new series each time.',
  }),
  flow_memory: duration({
    default: formatDuration(flowEngine.rememberMs),
    min: '1m',
    max: '31d',
    what: 'How long the total of a flow that left is remembered, so that it goes on when it returns.',
    reason: 'flows follow the day; a total that begins anew is a counter reset.',
  }),
  flow_entries: count({
    default: flowEngine.entries,
    min: 256,
    max: 1_048_576,
    unit: 'entries',
    what: 'Entries of the table that finds the largest flows of a definition; twice as many with `by: interface`.',
    reason: 'the true top 100 is found even under nine parts of spoofed noise.',
  }),
  thresholds: count({
    default: flowEngine.thresholds,
    max: 10_000,
    unit: 'thresholds',
    what: 'Thresholds, of the file and of the API together.',
    reason: 'more than people can act on.',
  }),
  threshold_crossings: count({
    default: flowEngine.activeMax,
    max: 100_000,
    unit: 'crossings',
    what: 'Crossings of one threshold that are active at a time.',
    reason: 'a threshold that a thousand flows cross is set too low.',
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
    default: formatDuration(engine.expiryFloorMs),
    min: '1s',
    max: '1d',
    what: 'A source is never forgotten sooner.',
    reason: 'six polls of 30 s.',
  }),
  expiry_intervals: count({
    default: engine.expiryIntervals,
    min: 2,
    max: 100,
    unit: 'polling intervals',
    what: 'A source is forgotten after so many of its own observed polling intervals.',
    reason: 'three losses in a row are an outage, not bad luck.',
  }),
  idle: duration({
    default: formatDuration(engine.idleMs),
    min: '1s',
    max: '1d',
    what: 'An entry that has been silent for longer gives way to a new one when a table is full.',
    reason: 'six polls of 30 s.',
  }),
  first_exposure: duration({
    default: formatDuration(engine.unnamedWaitMs),
    min: '0s',
    max: '10m',
    what: 'How long an unnamed row waits for its name, until the polling interval is known.',
    reason: 'names come with the next poll, as a rule.',
  }),
  agent_silence: duration({
    default: formatDuration(engine.agentSilenceMs),
    min: '1s',
    max: '31d',
    what: 'How long the time of the last datagram of a silent agent is still told.',
    reason: 'silence must be able to alert over a night.',
  }),
}

const inputs = {
  label_length: count({
    default: engine.labelBytesMax,
    min: 16,
    max: 4_096,
    unit: 'bytes of UTF-8',
    what: 'Longer label values are cut.',
    reason: 'ifAlias has at most 64 by its MIB, names of pods seldom more than 100.',
  }),
  datagrams_per_second: count({
    default: engine.datagramsPerSecondMax,
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
    reason: 'scrapers and some browsers.',
  }),
}

export const limitsSchema = z.strictObject({ ...tables, ...flows, ...ages, ...inputs })

export type Limits = z.output<typeof limitsSchema>
