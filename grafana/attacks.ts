/** Elephants and attacks: what is seen, what is done about it, where, and how long that took. */
import { flowRow } from '../src/dashboards/flow-row.ts'
import { bitsOf, gaugeOf, totalRateOf, WINDOW } from '../src/dashboards/queries.ts'
import type { DashboardSpec, PanelSpec } from '../src/dashboards/spec.ts'
import { shapeOf } from './flows.ts'
import { AGENT, BY_AGENT } from './variables.ts'

/** Every selector of the controller's metrics has a matcher: one controller of several can be named. */
const BY_CONTROLLER = 'job=~"sflow-controller"'
const RULES = `sflow_acl_controller_rules{${BY_CONTROLLER}, phase=~"pending|observed|active"}`
const QUIET = 'Nothing is above its threshold.'

const glance: readonly PanelSpec[] = [
  {
    kind: 'stat',
    title: 'Attacks now',
    description:
      'Victims for whom an alert asks for a drop or a limit, once for each kind of attack.',
    width: 4,
    unit: 'short',
    base: 'green',
    steps: [[1, 'red']],
    empty: 'None',
    queries: [
      {
        expr: 'count(count by (alertname, victim) (ALERTS{alertstate="firing", acl_action=~"drop|limit"}))',
        legend: 'attacks',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Above a threshold',
    description:
      'Flows or ports above a threshold of the bridge: elephants and whatever else is configured.',
    width: 4,
    unit: 'short',
    base: 'blue',
    empty: 'None',
    queries: [
      {
        expr: `sum(${gaugeOf('sflow_threshold_active', 'agent=~"$agent|"', 'agent, threshold, ifindex')})`,
        legend: 'active',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Rules in force',
    description:
      'Marks, drops and limits that belong on switches now, against the limit of the controller.',
    width: 4,
    unit: 'short',
    base: 'blue',
    empty: 'No controller',
    queries: [
      { expr: `sum(sflow_acl_controller_rules_active{${BY_CONTROLLER}})`, legend: 'rules' },
    ],
  },
  {
    kind: 'stat',
    title: 'Waiting for approval',
    description: 'Rules of policies in manual mode that nobody approved or rejected yet.',
    width: 4,
    unit: 'short',
    steps: [[1, 'orange']],
    empty: 'None',
    queries: [
      {
        expr: `sum(sflow_acl_controller_rules{${BY_CONTROLLER}, phase="pending"})`,
        legend: 'pending',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Failed rules',
    description: 'Rules that a switch refused or could not put in force.',
    width: 4,
    unit: 'short',
    steps: [[1, 'red']],
    empty: 'None',
    queries: [
      { expr: `sum(sflow_acl_controller_rules_failed{${BY_CONTROLLER}})`, legend: 'failed' },
    ],
  },
  {
    kind: 'stat',
    title: 'Kill switch',
    description: 'Whether the controller is stopped from making rules.',
    width: 4,
    unit: 'short',
    values: { 0: { text: 'off', color: 'green' }, 1: { text: 'ON', color: 'red' } },
    empty: 'No controller',
    queries: [
      { expr: `max(sflow_acl_controller_kill_switch{${BY_CONTROLLER}})`, legend: 'kill switch' },
    ],
  },
]

const timeline: readonly PanelSpec[] = [
  {
    kind: 'states',
    title: 'Alerts that ask for a rule',
    description: 'One line for each alert while it fires.',
    width: 12,
    unit: 'short',
    values: { 1: { text: 'firing', color: 'red' } },
    empty: 'No alert asks for a rule.',
    queries: [
      {
        expr: 'max by (alertname, victim, ipsource, ipdestination, acl_action) (ALERTS{alertstate="firing", acl_action=~".+", agent=~"$agent"})',
        legend: '{{acl_action}}: {{alertname}} {{victim}}{{ipsource}} {{ipdestination}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Above their threshold',
    description:
      'Flows or ports, by threshold. Fast ones come and go between two scrapes: the events beside count each.',
    width: 6,
    unit: 'short',
    stacked: true,
    empty: QUIET,
    queries: [
      {
        expr: `sum by (threshold) (${gaugeOf('sflow_threshold_active', 'agent=~"$agent|"', 'agent, threshold, ifindex')})`,
        legend: '{{threshold}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Events',
    description: 'Crossings a minute, by threshold; all bridges.',
    width: 6,
    unit: 'opm',
    bars: true,
    empty: QUIET,
    queries: [
      {
        expr: `60 * sum by (threshold) (rate(sflow_threshold_events_total{threshold=~".+"}[${WINDOW}]))`,
        legend: '{{threshold}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Marked and unmarked traffic',
    description:
      'By DSCP, all chosen agents. When elephants are marked, their traffic moves from the default class to the mark.',
    width: 12,
    unit: 'bps',
    stacked: true,
    empty: 'No packet samples arrive.',
    queries: [
      {
        expr: bitsOf(totalRateOf('sflow_flow_dscp_bytes_total', BY_AGENT, 'dscp')),
        legend: '{{dscp}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Rules by phase',
    description: 'Rules of the controller: waiting, observed only, in force.',
    width: 12,
    unit: 'short',
    stacked: true,
    empty: 'No controller is scraped, or it has made no rule yet.',
    queries: [
      {
        expr: `sum by (policy, phase) (${RULES}) and on (policy, phase) sum by (policy, phase) (max_over_time(${RULES}[$__range] @ end())) > 0`,
        legend: '{{policy}}, {{phase}}',
      },
    ],
  },
]

const STAGES = ['detect', 'decide', 'commit', 'effect'] as const

const mitigation: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Time to mitigate, 95th percentile',
    description:
      'Stages: detect, from the start of the alert to its arrival; decide, to the wish for a rule, approvals included; commit, to the rule on the switch; effect, to traffic falling.',
    width: 12,
    unit: 's',
    logarithmic: true,
    empty: 'No rule was made in the shown time.',
    queries: STAGES.map(stage => ({
      expr: `histogram_quantile(0.95, sum by (le) (rate(sflow_acl_controller_${stage}_seconds_bucket{${BY_CONTROLLER}}[${WINDOW}]))) >= 0`,
      legend: stage,
    })),
  },
  {
    kind: 'time',
    title: 'Rules that ended, by reason',
    description: 'A minute. `resolved` is the normal end.',
    width: 12,
    unit: 'opm',
    bars: true,
    empty: 'No rule ended in the shown time.',
    queries: [
      {
        expr: `60 * sum by (reason) (rate(sflow_acl_controller_ended_total{${BY_CONTROLLER}}[${WINDOW}]))`,
        legend: '{{reason}}',
      },
    ],
  },
  {
    kind: 'table',
    title: 'Switches (ACL agents)',
    description:
      'Whether the controller reaches each, what it holds, and how much still differs from what is wanted.',
    width: 14,
    labels: { acl_agent: 'ACL agent' },
    empty: 'No controller is scraped, or it knows no ACL agent.',
    columns: [
      {
        title: 'Reachable',
        expr: `max by (acl_agent) (sflow_acl_controller_agent_up{${BY_CONTROLLER}})`,
        unit: 'short',
        values: { 0: { text: 'no', color: 'red' }, 1: { text: 'yes', color: 'green' } },
      },
      {
        title: 'Rules',
        expr: `max by (acl_agent) (sflow_acl_controller_agent_rules{${BY_CONTROLLER}})`,
        unit: 'short',
      },
      {
        title: 'Of limit',
        expr: `max by (acl_agent) (sflow_acl_controller_agent_rules{${BY_CONTROLLER}} / sflow_acl_controller_agent_rules_limit{${BY_CONTROLLER}})`,
        unit: 'percentunit',
        decimals: 1,
        gauge: { max: 1 },
        steps: [
          [0.8, 'orange'],
          [0.95, 'red'],
        ],
      },
      {
        title: 'Not yet done',
        expr: `max by (acl_agent) (sflow_acl_controller_agent_queue_length{${BY_CONTROLLER}})`,
        unit: 'short',
        steps: [[1, 'orange']],
      },
    ],
  },
  {
    kind: 'table',
    title: 'Wanted, not given',
    description: 'Rules that alerts asked for and that were refused in the shown time, by reason.',
    width: 10,
    labels: { policy: 'Policy', reason: 'Reason' },
    empty: 'Nothing was refused.',
    columns: [
      {
        title: 'Refused',
        expr: `sum by (policy, reason) (increase(sflow_acl_controller_refusals_total{${BY_CONTROLLER}}[$__range])) > 0`,
        unit: 'short',
        decimals: 0,
      },
    ],
    sort: 'Refused',
  },
]

const ATTACKS = [
  [
    'attack_reflection',
    'UDP reflection, by victim and source port',
    'UDP from ports of services that answer more than they are asked.',
  ],
  ['attack_syn', 'Connection requests (SYN), by victim', 'TCP packets that open a connection.'],
  ['attack_icmp', 'ICMP, by victim', 'All ICMP and ICMPv6.'],
  ['attack_dns', 'DNS, by victim', 'Questions and answers.'],
  ['attack_ntp', 'NTP, by victim', 'Questions and answers.'],
  ['attack_fragments', 'Fragments, by victim', 'Pieces of IP packets: rare in a healthy network.'],
] as const

export const attacks: DashboardSpec = {
  uid: 'sflow-attacks',
  title: 'sFlow / Elephants and attacks',
  description: 'From traffic above a limit to the rule on a switch, and back again.',
  variables: [AGENT],
  rows: [
    { title: 'Now', panels: glance },
    { title: 'Time line', panels: timeline },
    { title: 'Mitigation', panels: mitigation },
    ...ATTACKS.map(([name, title, about], index) =>
      flowRow(shapeOf(name), { title, about, collapsed: index > 2, live: true }),
    ),
  ],
}
