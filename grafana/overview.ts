/** Overview: the whole fabric at a glance, and the way to everything else. */
import { bitsOf, gaugeOf, rateOf, topOf, topRateOf, WINDOW } from '../src/dashboards/queries.ts'
import type { DashboardSpec, PanelSpec } from '../src/dashboards/spec.ts'
import { AGENT, BY_AGENT } from './variables.ts'

const PORT = 'agent, ifindex, ifname'
const HOST = 'agent, host'
const CONTAINER = 'agent, host, container, pod'
const rate = (metric: string, by: string) => rateOf(metric, BY_AGENT, by)
const gauge = (metric: string, by: string) => gaugeOf(metric, BY_AGENT, by)
const utilisation = (way: string) =>
  `${rate(`sflow_interface_${way}_bytes_total`, PORT)} / ${gauge('sflow_interface_speed_bytes', PORT)}`
const busy = (at: string) => {
  const modes = (matcher: string) =>
    `sum by (${HOST}) (max by (${HOST}, mode) (rate(sflow_host_cpu_seconds_total{${BY_AGENT}, mode${matcher}}[${WINDOW}]${at})))`
  return `(1 - ${modes('=~"idle|iowait"')} / ${modes('!~"guest|guest_nice"')})`
}
const LARGEST_FLOWS = `topk(15, max by (source, destination) (sflow_flow_talkers_bytes_per_second{${BY_AGENT}}))`
const AGE = `time() - max by (agent) (sflow_agent_last_datagram_timestamp_seconds{${BY_AGENT}})`

function stat(
  title: string,
  description: string,
  expr: string,
  more: Partial<Extract<PanelSpec, { kind: 'stat' }>> = {},
): PanelSpec {
  return {
    kind: 'stat',
    title,
    description,
    width: 3,
    unit: 'short',
    base: 'text',
    empty: 'None',
    queries: [{ expr, legend: title }],
    ...more,
  }
}

const glance: readonly PanelSpec[] = [
  stat('Agents', 'Agents heard within three minutes.', `count(${AGE} < 180)`),
  stat(
    'Silent',
    'Agents known within a day and not heard for three minutes.',
    `count(${AGE} > 180)`,
    {
      base: 'green',
      steps: [[1, 'red']],
    },
  ),
  stat('Ports up', 'Ports with a link.', `count(${gauge('sflow_interface_oper_up', PORT)} == 1)`),
  stat('Hosts', 'Hosts that send host counters.', `count(${gauge('sflow_host_cpus', HOST)})`),
  stat(
    'Containers',
    'Running containers, pods and units.',
    `sum(max by (${CONTAINER}, kind) (sflow_container_state{${BY_AGENT}, state="running"}))`,
  ),
  stat(
    'sFlow lost',
    'Share of datagrams missing in the sequences of the agents.',
    `sum(rate(sflow_agent_datagrams_lost_total{${BY_AGENT}}[${WINDOW}])) / (sum(rate(sflow_agent_datagrams_total{${BY_AGENT}}[${WINDOW}])) + sum(rate(sflow_agent_datagrams_lost_total{${BY_AGENT}}[${WINDOW}])))`,
    {
      unit: 'percentunit',
      decimals: 2,
      base: 'green',
      steps: [
        [0.001, 'orange'],
        [0.01, 'red'],
      ],
    },
  ),
  stat(
    'Alerts',
    'Alerts that fire now, without those for information.',
    'count(ALERTS{alertstate="firing", severity!="info", agent=~"$agent|"})',
    {
      base: 'green',
      steps: [[1, 'red']],
    },
  ),
  stat(
    'ACL rules',
    'Marks, drops and limits in force on switches.',
    'sum(sflow_acl_controller_rules_active{job=~"sflow-controller"})',
    {
      base: 'blue',
    },
  ),
]

const toPort = {
  title: 'This port',
  uid: 'sflow-interfaces',
  with: { agent: 'agent', interface: 'ifname' },
} as const

const traffic: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Traffic by agent, received up, transmitted down',
    description:
      'All ports of each agent together, the ten busiest. Exact counters, averaged over five minutes.',
    width: 14,
    height: 9,
    unit: 'bps',
    mirrored: true,
    legend: 'table',
    empty: 'No interface counters arrive.',
    queries: (['receive', 'transmit'] as const).map(way => ({
      expr: bitsOf(
        topOf(
          10,
          at =>
            `sum by (agent) (max by (${PORT}) (rate(sflow_interface_${way}_bytes_total{${BY_AGENT}}[${WINDOW}]${at})))`,
        ),
      ),
      legend: `{{agent}} ${way === 'receive' ? 'in' : 'out'}`,
    })),
  },
  {
    kind: 'bars',
    title: 'Busiest ports',
    description:
      'Utilisation of the fuller direction, over five minutes. A click leads to the port.',
    width: 10,
    height: 9,
    unit: 'percentunit',
    decimals: 1,
    min: 0,
    max: 1,
    steps: [
      [0.7, 'orange'],
      [0.9, 'red'],
    ],
    empty: 'No port tells its speed.',
    drillDown: toPort,
    queries: [
      {
        expr: `topk(10, max by (${PORT}) (${utilisation('receive')} or label_replace(${utilisation('transmit')}, "way", "out", "", "")))`,
        legend: '{{agent}} {{ifname}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Discards and errors',
    description:
      'The five worst ports of the shown time for each. Any steady rate is worth a look at Drops.',
    width: 14,
    unit: 'pps',
    empty: 'No port discarded or damaged anything in the shown time.',
    queries: [
      {
        expr: topRateOf(5, 'sflow_interface_transmit_discards_total', BY_AGENT, PORT),
        legend: '{{agent}} {{ifname}} discards',
      },
      {
        expr: topRateOf(5, 'sflow_interface_receive_errors_total', BY_AGENT, PORT),
        legend: '{{agent}} {{ifname}} errors',
      },
    ],
  },
  {
    kind: 'table',
    title: 'Largest flows now',
    height: 8,
    description:
      'Estimates from packet samples, with half of the 95 % interval; the largest view of all agents.',
    width: 10,
    labels: { source: 'Source', destination: 'Destination' },
    empty: 'No packet samples arrive.',
    columns: [
      {
        title: 'Rate',
        expr: bitsOf(LARGEST_FLOWS),
        unit: 'bps',
        decimals: 1,
      },
      {
        title: '±',
        width: 70,
        expr: `min by (source, destination) (sflow_flow_talkers_error_ratio{${BY_AGENT}}) and ${LARGEST_FLOWS}`,
        unit: 'percentunit',
        decimals: 0,
        steps: [
          [0.2, 'orange'],
          [0.5, 'red'],
        ],
      },
    ],
    sort: 'Rate',
  },
]

const machines: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Busiest hosts',
    description: 'Processor time that is neither idle nor waiting, the ten busiest.',
    width: 12,
    unit: 'percentunit',
    min: 0,
    max: 1,
    empty: 'No host sends host counters.',
    drillDown: { title: 'This host', uid: 'sflow-hosts', with: { agent: 'agent', host: 'host' } },
    queries: [{ expr: topOf(10, busy), legend: '{{host}}' }],
  },
  {
    kind: 'time',
    title: 'Busiest containers',
    description: 'Processors in use, the ten that use most.',
    width: 12,
    unit: 'short',
    empty: 'No container reports.',
    drillDown: {
      title: 'This container',
      uid: 'sflow-containers',
      with: { agent: 'agent', host: 'host', container: 'container' },
    },
    queries: [
      {
        expr: topRateOf(10, 'sflow_container_cpu_seconds_total', BY_AGENT, CONTAINER),
        legend: '{{container}} {{pod}} on {{host}}',
      },
    ],
  },
]

const trouble: readonly PanelSpec[] = [
  {
    kind: 'table',
    title: 'Alerts that fire',
    description:
      'Of the chosen agents, and those about no agent in particular. What to do is in the runbook of each.',
    width: 17,
    widths: { Alert: 180, Severity: 80, Agent: 110, Link: 200 },
    labels: {
      alertname: 'Alert',
      severity: 'Severity',
      agent: 'Agent',
      ifname: 'Interface',
      host: 'Host',
      container: 'Container',
      link: 'Link',
      victim: 'Victim',
    },
    empty: 'No alert fires.',
    columns: [
      {
        title: 'Since',
        expr: 'time() - max by (alertname, severity, agent, ifname, host, container, link, victim) (ALERTS_FOR_STATE{agent=~"$agent|"}) and on (alertname, severity, agent, ifname, host, container, link, victim) max by (alertname, severity, agent, ifname, host, container, link, victim) (ALERTS{alertstate="firing", agent=~"$agent|"})',
        unit: 's',
        decimals: 0,
        width: 90,
      },
    ],
    sort: 'Since',
  },
  {
    kind: 'table',
    title: 'ACL rules by policy',
    description: 'What the controller wants and has on switches, waits for, or only observed.',
    width: 7,
    labels: { policy: 'Policy', phase: 'Phase' },
    empty: 'No controller is scraped, or it has made no rule.',
    columns: [
      {
        title: 'Rules',
        expr: 'sum by (policy, phase) (sflow_acl_controller_rules{job=~"sflow-controller", phase=~"pending|observed|active"}) > 0',
        unit: 'short',
        decimals: 0,
      },
    ],
    sort: 'Rules',
  },
]

export const overview: DashboardSpec = {
  uid: 'sflow-overview',
  title: 'sFlow / Overview',
  description: 'The fabric at a glance: agents, links, hosts, containers, flows, alerts and ACLs.',
  tags: ['overview'],
  variables: [AGENT],
  step: '75s',
  from: 'now-3h',
  rows: [
    { title: 'At a glance', panels: glance },
    { title: 'Network', panels: traffic },
    { title: 'Hosts and containers', panels: machines },
    { title: 'Alerts and ACLs', panels: trouble },
  ],
}
