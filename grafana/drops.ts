/** Drops: where packets are lost, why, and whose they were. */
import { flowRow } from '../src/dashboards/flow-row.ts'
import { rateOf, topOf, topRateOf, WINDOW } from '../src/dashboards/queries.ts'
import type { DashboardSpec, PanelSpec } from '../src/dashboards/spec.ts'
import { shapeOf } from './flows.ts'
import { AGENT, BY_AGENT, BY_INTERFACE, INTERFACE } from './variables.ts'

const PORT = 'agent, ifindex, ifname'

/** `counted` makes a number of a counter's selector. */
function shareDiscarded(counted: (selector: string) => string): string {
  const of = (metric: string, more = '') =>
    `max by (${PORT}) (${counted(`${metric}{${BY_INTERFACE}${more}}`)})`
  const discards = of('sflow_interface_transmit_discards_total')
  return `${discards} / (${discards} + ${of('sflow_interface_transmit_packets_total', ', cast="unicast"')})`
}

const WORST = `topk(10, ${shareDiscarded(selector => `increase(${selector}[$__range] @ end())`)} > 0)`

const ports: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Discards by port, received up, transmitted down',
    description:
      'Exact counters, the five worst ports of the shown time in each direction. Transmit: a full queue. Receive: mostly a filter or an unknown VLAN.',
    width: 12,
    unit: 'pps',
    mirrored: true,
    empty: 'No port of the selection discarded anything in the shown time.',
    queries: [
      {
        expr: topRateOf(5, 'sflow_interface_receive_discards_total', BY_INTERFACE, PORT),
        legend: '{{agent}} {{ifname}} in',
      },
      {
        expr: topRateOf(5, 'sflow_interface_transmit_discards_total', BY_INTERFACE, PORT),
        legend: '{{agent}} {{ifname}} out',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Share of packets discarded',
    description:
      'Of the packets to one receiver that should have left the port, the ten worst of the shown time. TCP slows down visibly from one in a thousand.',
    width: 12,
    unit: 'percentunit',
    min: 0,
    steps: [
      [0.001, 'orange'],
      [0.01, 'red'],
    ],
    showSteps: true,
    empty: 'No port of the selection discarded anything in the shown time.',
    queries: [
      {
        expr: `${shareDiscarded(selector => `rate(${selector}[${WINDOW}])`)} and on (${PORT}) ${WORST}`,
        legend: '{{agent}} {{ifname}}',
      },
    ],
  },
]

const notified: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Drop notifications by reason',
    description:
      'Each dropped packet that switches or hosts reported (sFlow 0:5), all chosen agents. Reports are limited by the agent, so this is at least as many.',
    width: 14,
    unit: 'pps',
    stacked: true,
    empty: 'No agent of the selection sends drop notifications.',
    queries: [
      {
        expr: `sum by (reason) (${rateOf('sflow_dropped_packets_total', BY_AGENT, 'agent, reason')})`,
        legend: '{{reason}}',
      },
    ],
  },
  {
    kind: 'table',
    title: 'Agents and reasons',
    description: 'Where packets were dropped in the last five minutes, and why.',
    width: 10,
    height: 8,
    labels: { agent: 'Agent', reason: 'Reason' },
    empty: 'No agent of the selection sends drop notifications.',
    columns: [
      {
        title: 'Dropped',
        expr: `max by (agent, reason) (rate(sflow_dropped_packets_total{${BY_AGENT}}[${WINDOW}])) > 0`,
        unit: 'pps',
        decimals: 2,
      },
    ],
    sort: 'Dropped',
  },
]

const sentAgain = (at: string) => {
  const rate = (which: string) =>
    `max by (agent, host) (rate(sflow_host_tcp_${which}_segments_total{${BY_AGENT}}[${WINDOW}]${at}))`
  return `${rate('retransmitted')} / ${rate('transmit')}`
}

const links: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Loss on links',
    description:
      'Sent by one end and not received by the other, over an hour; the five worst now. The ends are not polled at one moment: a little is noise. Needs the rules and the section topology of the configuration.',
    width: 12,
    unit: 'percentunit',
    steps: [[0.03, 'red']],
    showSteps: true,
    empty: 'No links are written down.',
    queries: [
      {
        expr: `clamp_min(${topOf(5, at => `link:sflow_packet_loss:ratio1h{link=~".+"}${at}`)}, 0)`,
        legend: '{{link}}, from end {{end}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'TCP segments sent again, by host',
    description:
      'What loss does to hosts, the ten worst now. Several at once have a piece of network in common.',
    width: 12,
    unit: 'percentunit',
    min: 0,
    steps: [[0.01, 'red']],
    showSteps: true,
    empty: 'No host sends TCP counters.',
    queries: [
      {
        expr: topOf(10, sentAgain),
        legend: '{{host}}',
      },
    ],
  },
]

export const drops: DashboardSpec = {
  uid: 'sflow-drops',
  title: 'sFlow / Drops',
  description:
    'Packets that do not arrive: discards of ports, drop notifications with their reason, loss on links.',
  variables: [AGENT, INTERFACE],
  step: '75s',
  from: 'now-3h',
  rows: [
    { title: 'Ports', panels: ports },
    { title: 'Drop notifications', panels: notified },
    flowRow(shapeOf('discards'), {
      title: 'Discards seen in packet samples, by port',
      about:
        'Samples whose output says that the packet was dropped: an estimate, in another unit than the counters above.',
    }),
    flowRow(shapeOf('drops'), {
      title: 'Dropped packets, by reason',
      about: 'From the headers in drop notifications.',
      collapsed: true,
    }),
    { title: 'Links and hosts', panels: links },
  ],
}
