/** What happens in each scenario and when: a table. How each thing is done is in `incidents.ts`. */

export const INCIDENT_KINDS = [
  'elephant',
  'reflection',
  'syn_flood',
  'icmp_flood',
  'link_errors',
  'port_down',
  'host_unplugged',
  'datagram_loss',
  'container_churn',
  'fragments',
  'duplex_mismatch',
  'filtered_scan',
  'memory_pressure',
  'rough_path',
  'agent_silent',
  'same_address',
  'odd_agent',
] as const

export type IncidentKind = (typeof INCIDENT_KINDS)[number]

/** It begins at `firstMs` after the start, lasts `durationMs`, and comes again every `periodMs`. */
export interface PlannedIncident {
  readonly kind: IncidentKind
  readonly firstMs: number
  readonly durationMs: number
  readonly periodMs: number
}

export interface Scenario {
  readonly about: string
  /** Conversations begun a second at the busiest hour, for each host. */
  readonly conversationsPerHost: number
  readonly incidents: readonly PlannedIncident[]
}

const SECOND = 1_000
const MINUTE = 60 * SECOND

export const SCENARIOS = {
  fabric: {
    about: 'an ordinary day: services, now and then a backup, a bad cable, a port that goes down',
    conversationsPerHost: 0.8,
    incidents: [
      planned('container_churn', 45 * SECOND, MINUTE, 2 * MINUTE),
      planned('elephant', 90 * SECOND, 30 * SECOND, 4 * MINUTE),
      planned('link_errors', 2 * MINUTE, 90 * SECOND, 10 * MINUTE),
      planned('datagram_loss', 3 * MINUTE, 20 * SECOND, 10 * MINUTE),
      planned('port_down', 5 * MINUTE, MINUTE, 10 * MINUTE),
      planned('host_unplugged', 7 * MINUTE, 30 * SECOND, 10 * MINUTE),
    ],
  },
  elephant: {
    about: 'an ordinary day with large transfers, one after the other',
    conversationsPerHost: 0.5,
    incidents: [planned('elephant', 10 * SECOND, 40 * SECOND, 30 * SECOND)],
  },
  ddos: {
    about: 'an ordinary day with attacks from outside: reflection, SYN flood, ICMP flood',
    conversationsPerHost: 0.5,
    incidents: [
      planned('reflection', 20 * SECOND, MINUTE, 5 * MINUTE),
      planned('syn_flood', 2 * MINUTE, MINUTE, 5 * MINUTE),
      planned('icmp_flood', 220 * SECOND, MINUTE, 5 * MINUTE),
    ],
  },
  demo: {
    about: 'something to see at once: transfers, attacks and faults, one after the other',
    conversationsPerHost: 0.8,
    incidents: [
      planned('elephant', 10 * SECOND, 30 * SECOND, MINUTE),
      planned('reflection', 30 * SECOND, 45 * SECOND, 5 * MINUTE),
      planned('container_churn', 45 * SECOND, MINUTE, 2 * MINUTE),
      planned('syn_flood', 2 * MINUTE, 45 * SECOND, 5 * MINUTE),
      planned('datagram_loss', 3 * MINUTE, 10 * SECOND, 5 * MINUTE),
      planned('icmp_flood', 200 * SECOND, 45 * SECOND, 5 * MINUTE),
      planned('port_down', 260 * SECOND, 30 * SECOND, 5 * MINUTE),
      planned('link_errors', 90 * SECOND, 2 * MINUTE, 7 * MINUTE),
      planned('filtered_scan', 100 * SECOND, 40 * SECOND, 4 * MINUTE),
      planned('fragments', 160 * SECOND, 30 * SECOND, 6 * MINUTE),
      planned('memory_pressure', 240 * SECOND, 3 * MINUTE, 11 * MINUTE),
      planned('duplex_mismatch', 5 * MINUTE, 2 * MINUTE, 13 * MINUTE),
      planned('host_unplugged', 6 * MINUTE, 30 * SECOND, 17 * MINUTE),
      planned('rough_path', 7 * MINUTE, MINUTE, 9 * MINUTE),
      planned('odd_agent', 8 * MINUTE, 20 * SECOND, 19 * MINUTE),
      planned('same_address', 9 * MINUTE, 20 * SECOND, 23 * MINUTE),
      planned('agent_silent', 10 * MINUTE, 6 * MINUTE, 30 * MINUTE),
    ],
  },
  everything: {
    about: 'all that can go wrong within a minute, again each minute: for tests of what shows it',
    conversationsPerHost: 0.8,
    incidents: [
      planned('elephant', 2 * SECOND, 55 * SECOND, MINUTE),
      planned('link_errors', 2 * SECOND, 55 * SECOND, MINUTE),
      planned('duplex_mismatch', 2 * SECOND, 55 * SECOND, MINUTE),
      planned('filtered_scan', 2 * SECOND, 55 * SECOND, MINUTE),
      planned('memory_pressure', 2 * SECOND, 55 * SECOND, MINUTE),
      planned('rough_path', 2 * SECOND, 55 * SECOND, MINUTE),
      planned('odd_agent', 2 * SECOND, 55 * SECOND, MINUTE),
      planned('reflection', 3 * SECOND, 22 * SECOND, MINUTE),
      planned('syn_flood', 3 * SECOND, 54 * SECOND, MINUTE),
      planned('icmp_flood', 4 * SECOND, 53 * SECOND, MINUTE),
      planned('fragments', 4 * SECOND, 53 * SECOND, MINUTE),
      planned('same_address', 4 * SECOND, 53 * SECOND, MINUTE),
      planned('container_churn', 5 * SECOND, 10 * SECOND, MINUTE),
      planned('port_down', 8 * SECOND, 49 * SECOND, MINUTE),
      planned('host_unplugged', 10 * SECOND, 5 * SECOND, MINUTE),
      planned('agent_silent', 6 * SECOND, 6 * SECOND, MINUTE),
    ],
  },
} as const satisfies Readonly<Record<string, Scenario>>

export type ScenarioName = keyof typeof SCENARIOS

function planned(
  kind: IncidentKind,
  firstMs: number,
  durationMs: number,
  periodMs: number,
): PlannedIncident {
  return { kind, firstMs, durationMs, periodMs }
}
