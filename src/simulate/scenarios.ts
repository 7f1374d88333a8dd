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
