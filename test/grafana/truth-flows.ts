/** What panels over packet samples, agents and the bridge must show: from the simulator. */
import { BRIDGE_SAMPLES_MORE } from '../../src/simulate/fabric.ts'
import { HOST_CPU } from '../../src/simulate/host-layouts.ts'
import type { AgentTruth, StreamTruth } from '../../src/simulate/truth.ts'
import { type Check, inBits, type TruthOf } from './truth-check.ts'
import type { Labels, TruthView } from './truth-view.ts'

export const SAMPLING_RATE = 1_000
export const POLLING_SECONDS = 1
/** Of the odd agent and of the one with a second hand address: `INCIDENT_TICK_MS`. */
const TICKS_PER_SECOND = 2

const text = (bytes: Uint8Array) =>
  bytes.length === 4 ? bytes.join('.') : Buffer.from(bytes).toString('hex')

type Matches = (stream: StreamTruth, labels: Labels, agent: string) => boolean

const UDP = 17
const DSCP_CS1 = 8
const isFragment = ({ label, protocol, frameBytes }: StreamTruth) =>
  label === 'attack' && protocol === UDP && frameBytes === 1_514
/** A tunnel is UDP around the packet: that is what samplers see first, and it has no mark. */
const markOf = ({ tunnelled, dscp }: StreamTruth) => (tunnelled ? 0 : dscp)
const victimIs = ({ destination }: StreamTruth, { victim }: Labels) => text(destination) === victim

interface FlowOf {
  readonly matches: Matches
  /** Half of the pieces of packets come from port 53, half from 123. */
  readonly share?: number
  /** 1 in so many, where it is not the usual. */
  readonly samplingRate?: number
  readonly pick?: Check['pick']
}

const FLOWS: Readonly<Record<string, FlowOf>> = {
  talkers: {
    matches: (s, l) => text(s.source) === l.source && text(s.destination) === l.destination,
  },
  applications: {
    matches: (s, l) => [s.sourcePort, s.destinationPort].includes(Number(l.port)),
    pick: ({ port }) => port === '5201',
  },
  protocols: {
    matches: s => s.tunnelled || s.protocol === UDP,
    pick: ({ protocol }) => protocol === 'udp',
  },
  // By interface; hosts of the second and third leaf have one.
  dscp: {
    matches: s => markOf(s) === 0,
    pick: ({ dscp, agent = '' }) => dscp === 'be' && /^10\.[23]\./.test(agent),
  },
  vlans: {
    matches: (s, _, agent) => s.agents[1] === agent && s.from !== '',
    pick: ({ vlan }) => vlan === '10',
  },
  vnis: { matches: s => s.tunnelled },
  containers: {
    matches: (s, l) => s.from === l.source && s.to === l.destination,
    samplingRate: SAMPLING_RATE / BRIDGE_SAMPLES_MORE,
  },
  attack_reflection: { matches: (s, l) => isFragment(s) && victimIs(s, l), share: 0.5 },
  attack_syn: { matches: (s, l) => s.label === 'attack' && s.frameBytes === 64 && victimIs(s, l) },
  attack_icmp: { matches: (s, l) => s.protocol === 1 && victimIs(s, l) },
  attack_dns: { matches: (s, l) => isFragment(s) && victimIs(s, l), share: 0.5 },
  attack_ntp: { matches: (s, l) => isFragment(s) && victimIs(s, l), share: 0.5 },
  attack_fragments: { matches: (s, l) => isFragment(s) && victimIs(s, l) },
  discards: { matches: s => s.label === 'scan', pick: ({ reason }) => reason === 'acl' },
}

const BY_PORT = ['dscp', 'discards']

/** Of attacks the smoothed rate is drawn, of all others the rate of the total; the table has the smoothed one. */
const flows: readonly Check[] = Object.entries(FLOWS).flatMap(([name, flow]) => {
  const { share = 1, pick, matches } = flow
  const uid = name.startsWith('attack_')
    ? 'sflow-attacks'
    : name === 'discards'
      ? 'sflow-drops'
      : 'sflow-flows'
  const truth = inBits(
    (view, labels) =>
      share * view.flow(labels, (one, agent) => matches(one, labels, agent), 'bytes'),
  )
  const packets: TruthOf = (view, labels) =>
    share * view.flow(labels, (one, agent) => matches(one, labels, agent), 'packets')
  const check = (title: string, suffix: string): Check => ({
    uid,
    title,
    metric: `sflow_flow_${name}_${suffix}`,
    truth,
    samples: (view, labels) =>
      (packets(view, labels) * view.seconds) / (flow.samplingRate ?? SAMPLING_RATE),
    ...(pick === undefined ? {} : { pick }),
  })
  const smoothed: Check = {
    ...check(`Now: ${name}`, 'bytes_per_second'),
    isSmoothed: true,
    ...(BY_PORT.includes(name) ? {} : { isLargestView: true }),
  }
  if (name.startsWith('attack_') || name === 'dscp') return [smoothed]
  return [smoothed, check(`Largest: ${name}`, 'bytes_total')]
})

const ticks = ({ speed }: TruthView) => TICKS_PER_SECOND * speed

/** Of the agent that the labels name, or of all. */
const arrived =
  (what: keyof AgentTruth['arrived']): TruthOf =>
  (truth, { agent }) =>
    truth.agentRate(one => one.arrived[what], agent)
const sentRate = ({ now, before, seconds }: TruthView) => (now.sent - before.sent) / seconds

const row = (
  uid: string,
  title: string,
  metric: string,
  truth: TruthOf,
  pick?: Check['pick'],
): Check => ({
  uid: `sflow-${uid}`,
  title,
  metric: `sflow_${metric}`,
  truth,
  ...(pick === undefined ? {} : { pick }),
})

const agents: readonly Check[] = [
  // The odd one is an agent, too.
  row(
    'health',
    'Agents that report',
    'agent_last_datagram_timestamp_seconds',
    t => t.now.agents.size + 1,
  ),
  row('health', 'Packet samples', 'agent_samples_total', t => arrived('flowSamples')(t, {})),
  row(
    'health',
    'Counter samples',
    'agent_samples_total',
    t => arrived('counterSamples')(t, {}) + ticks(t),
  ),
  row('health', 'Datagrams by agent', 'agent_datagrams_total', arrived('datagrams')),
  row('health', 'Lost, late and twice', 'agent_datagrams_lost_total', t =>
    t.agentRate(one => one.datagramsLost),
  ),
  row('health', 'Lost, late and twice', 'agent_datagrams_reordered_total', t =>
    t.agentRate(one => one.datagramsLate),
  ),
  row('health', 'Lost, late and twice', 'agent_datagrams_duplicated_total', t =>
    t.agentRate(one => one.datagramsTwice),
  ),
  row('health', 'Conflicts of identity', 'agent_identity_conflicts_total', ticks),
  row(
    'health',
    'Agents',
    'agent_polling_interval_seconds',
    () => POLLING_SECONDS,
    ({ agent }) => agent === '10.255.1.1',
  ),
  row(
    'health',
    'Agents',
    'agent_uptime_seconds',
    (t, { agent }) => t.last(HOST_CPU, `${agent} 2:1`, 'uptimeSeconds'),
    ({ agent }) => agent === '10.1.0.1',
  ),
  row('health', 'Agents', 'agent_restarts_total', () => 0),
  row('health', 'Agents', 'agent_source_changes_total', () => 0),
  row('health', 'Sampling', 'agent_sampling_rate', () => SAMPLING_RATE),
  row(
    'health',
    'Sampling',
    'agent_sampling_rate_effective',
    () => SAMPLING_RATE,
    ({ agent, source }) => agent === '10.255.1.4' && source === '0:49',
  ),
  row('health', 'Sampling', 'agent_samples_dropped_total', () => 0),
]

const drops: readonly Check[] = [
  {
    ...row('drops', 'Now: drops', 'flow_drops_frames_per_second', arrived('discardSamples')),
    isSmoothed: true,
    samples: (t, labels) => arrived('discardSamples')(t, labels) * t.seconds,
  },
  row(
    'attacks',
    'Marked and unmarked traffic',
    'flow_dscp_bytes_total',
    inBits(t => t.sampledBytes(one => markOf(one) === DSCP_CS1)),
    ({ dscp }) => dscp === 'cs1',
  ),
  row('drops', 'Agents and reasons', 'dropped_packets_total', arrived('discardSamples')),
  row('drops', 'Largest: drops', 'flow_drops_frames_total', t =>
    Math.max(...[...t.now.agents.keys()].map(agent => arrived('discardSamples')(t, { agent }))),
  ),
]

const bridge: readonly Check[] = [
  row('bridge', 'Datagrams', 'bridge_datagrams_received_total', sentRate),
  row(
    'bridge',
    'sFlow received',
    'bridge_received_bytes_total',
    inBits(({ now, before, seconds }) => (now.sentBytes - before.sentBytes) / seconds),
  ),
  row(
    'bridge',
    'Refused',
    'bridge_datagrams_refused_total',
    // Two odd agents, and what came before.
    t => (2 * ticks(t) + t.agentRate(one => one.datagramsTwice)) / sentRate(t),
  ),
  row('bridge', 'What is in them', 'bridge_flow_samples_total', arrived('flowSamples')),
  row('bridge', 'What is in them', 'bridge_records_read_total', arrived('counterRecords')),
  row('bridge', 'What is in them', 'bridge_discard_samples_total', arrived('discardSamples')),
  row('bridge', 'Records refused, by reason', 'bridge_records_refused_total', ticks),
  row('bridge', 'Records of unknown structures', 'bridge_records_skipped_total', ticks),
  row(
    'bridge',
    'Tables and their limits',
    'bridge_series',
    t => t.now.agents.size + 1,
    ({ table }) => table === 'agents',
  ),
]

export const FLOW_CHECKS: readonly Check[] = [...flows, ...agents, ...drops, ...bridge]
