/** Interfaces: what runs through the ports, what goes wrong on them, and the state of optics and bundles. */
import { bitsOf, POLLED, topRateOf, totalRateOf, WINDOW } from '../src/dashboards/queries.ts'
import type { DashboardSpec, PanelSpec } from '../src/dashboards/spec.ts'
import { bundles, faults, optics } from './interface-faults.ts'
import { gauge, LEGEND, PORT, rate, total, UP_OR_DOWN } from './interface-ports.ts'
import { AGENT, BY_INTERFACE, INTERFACE } from './variables.ts'

const glance: readonly PanelSpec[] = [
  {
    kind: 'stat',
    title: 'Ports up',
    description: 'Ports with a link, of the chosen agents and interfaces.',
    width: 3,
    unit: 'short',
    empty: 'No port',
    queries: [{ expr: `count(${gauge('sflow_interface_oper_up')} == 1)`, legend: 'up' }],
  },
  {
    kind: 'stat',
    title: 'Ports down',
    description: 'Ports that are switched on and have no link. Never plugged ones count, too.',
    width: 3,
    unit: 'short',
    base: 'text',
    empty: 'None',
    queries: [
      {
        expr: `count(${gauge('sflow_interface_oper_up')} == 0 and on (agent, ifindex) ${gauge('sflow_interface_admin_up')} == 1)`,
        legend: 'down',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Received',
    description: 'All chosen ports together. A packet that crosses two of them counts twice.',
    width: 4,
    unit: 'bps',
    trend: true,
    empty: 'No traffic counters',
    queries: [{ expr: bitsOf(total('sflow_interface_receive_bytes_total')), legend: 'received' }],
  },
  {
    kind: 'stat',
    title: 'Transmitted',
    description: 'All chosen ports together. A packet that crosses two of them counts twice.',
    width: 4,
    unit: 'bps',
    trend: true,
    empty: 'No traffic counters',
    queries: [
      { expr: bitsOf(total('sflow_interface_transmit_bytes_total')), legend: 'transmitted' },
    ],
  },
  {
    kind: 'stat',
    title: 'Fullest port',
    description: 'Highest utilisation of a chosen port in either direction, over five minutes.',
    width: 4,
    unit: 'percentunit',
    decimals: 1,
    max: 1,
    steps: [
      [0.7, 'orange'],
      [0.9, 'red'],
    ],
    empty: 'Speed unknown',
    queries: [
      {
        expr: `max(${rate('sflow_interface_receive_bytes_total')} / ${gauge('sflow_interface_speed_bytes')} or ${rate('sflow_interface_transmit_bytes_total')} / ${gauge('sflow_interface_speed_bytes')})`,
        legend: 'utilisation',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Errors',
    description: 'Packets with errors, all chosen ports together. Any steady rate is worth a look.',
    width: 3,
    unit: 'pps',
    steps: [
      [0.01, 'orange'],
      [1, 'red'],
    ],
    empty: 'No error counters',
    queries: [
      {
        expr: `${total('sflow_interface_receive_errors_total')} + ${total('sflow_interface_transmit_errors_total')}`,
        legend: 'errors',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Discards',
    description: 'Packets thrown away without an error, all chosen ports together.',
    width: 3,
    unit: 'pps',
    steps: [
      [1, 'orange'],
      [100, 'red'],
    ],
    empty: 'No discard counters',
    queries: [
      {
        expr: `${total('sflow_interface_receive_discards_total')} + ${total('sflow_interface_transmit_discards_total')}`,
        legend: 'discards',
      },
    ],
  },
]

/** Of the ports that are fullest at the end: chosen first, divided then. */
function utilisation(way: string): string {
  const bytes = (at: string) =>
    `rate(sflow_interface_${way}_bytes_total{${BY_INTERFACE}}[${WINDOW}]${at})`
  const speed = (at: string) => `sflow_interface_speed_bytes{${BY_INTERFACE}}${at}`
  const end = ' @ end()'
  const fullest = `topk(5, max by (${PORT}) (${bytes(end)}) / max by (${PORT}) (${speed(end)}))`
  return `max by (${PORT}) ((${bytes('')} and on (${PORT}) ${fullest}) / on (job, instance, ${PORT}) ${speed('')})`
}

const toFlows = {
  title: 'Flows of this agent',
  uid: 'sflow-flows',
  with: { agent: 'agent' },
} as const

const traffic: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Traffic, received up, transmitted down',
    description:
      'The ten ports with most traffic in the shown time, averaged over five minutes since agents poll every 20 to 30 s.',
    width: 24,
    height: 10,
    unit: 'bps',
    mirrored: true,
    legend: 'table',
    drillDown: toFlows,
    queries: [
      {
        expr: bitsOf(topRateOf(10, 'sflow_interface_receive_bytes_total', BY_INTERFACE, PORT)),
        legend: `${LEGEND} in`,
      },
      {
        expr: bitsOf(topRateOf(10, 'sflow_interface_transmit_bytes_total', BY_INTERFACE, PORT)),
        legend: `${LEGEND} out`,
      },
    ],
  },
  {
    kind: 'time',
    title: 'Utilisation',
    description:
      'Share of the speed that the port tells, of the five that are fullest now in each direction. Ports that do not tell it are missing.',
    width: 12,
    unit: 'percentunit',
    min: 0,
    max: 1,
    steps: [
      [0.7, 'orange'],
      [0.9, 'red'],
    ],
    showSteps: true,
    queries: (['receive', 'transmit'] as const).map(way => ({
      expr: utilisation(way),
      legend: `${LEGEND} ${way === 'receive' ? 'in' : 'out'}`,
    })),
  },
  {
    kind: 'time',
    title: 'Packets by kind of address, received up, transmitted down',
    description:
      'All chosen ports together. Broadcast beyond a few hundred a second is a loop or a scan.',
    width: 12,
    unit: 'pps',
    mirrored: true,
    queries: (['receive', 'transmit'] as const).map(way => ({
      expr: totalRateOf(`sflow_interface_${way}_packets_total`, BY_INTERFACE, 'cast'),
      legend: `{{cast}} ${way === 'receive' ? 'in' : 'out'}`,
    })),
  },
]

const ports: readonly PanelSpec[] = [
  {
    kind: 'table',
    title: 'Ports',
    description: 'One line for each port. A click on the agent shows that agent alone.',
    width: 24,
    height: 11,
    labels: { agent: 'Agent', ifname: 'Interface', ifindex: 'Index' },
    empty: 'No interface matches the selection.',
    drillDown: {
      title: 'Only this port',
      uid: 'sflow-interfaces',
      with: { agent: 'Agent', interface: 'Interface' },
    },
    columns: [
      {
        title: 'Link',
        expr: gauge('sflow_interface_oper_up'),
        unit: 'short',
        values: UP_OR_DOWN,
        width: 80,
      },
      { title: 'Speed', expr: bitsOf(gauge('sflow_interface_speed_bytes')), unit: 'bps' },
      {
        title: 'In',
        expr: bitsOf(rate('sflow_interface_receive_bytes_total')),
        unit: 'bps',
        decimals: 1,
      },
      {
        title: 'Out',
        expr: bitsOf(rate('sflow_interface_transmit_bytes_total')),
        unit: 'bps',
        decimals: 1,
      },
      {
        title: 'In %',
        expr: `${rate('sflow_interface_receive_bytes_total')} / ${gauge('sflow_interface_speed_bytes')}`,
        unit: 'percentunit',
        decimals: 1,
        gauge: { max: 1 },
        steps: [
          [0.7, 'orange'],
          [0.9, 'red'],
        ],
      },
      {
        title: 'Out %',
        expr: `${rate('sflow_interface_transmit_bytes_total')} / ${gauge('sflow_interface_speed_bytes')}`,
        unit: 'percentunit',
        decimals: 1,
        gauge: { max: 1 },
        steps: [
          [0.7, 'orange'],
          [0.9, 'red'],
        ],
      },
      {
        title: 'Errors',
        expr: `${rate('sflow_interface_receive_errors_total')} + ${rate('sflow_interface_transmit_errors_total')}`,
        unit: 'pps',
        decimals: 2,
        steps: [
          [0.01, 'orange'],
          [1, 'red'],
        ],
      },
      {
        title: 'Discards',
        expr: `${rate('sflow_interface_receive_discards_total')} + ${rate('sflow_interface_transmit_discards_total')}`,
        unit: 'pps',
        decimals: 2,
        steps: [
          [1, 'orange'],
          [100, 'red'],
        ],
      },
    ],
    sort: 'In',
  },
]
export const interfaces: DashboardSpec = {
  uid: 'sflow-interfaces',
  title: 'sFlow / Interfaces',
  description:
    'Ports of switches and hosts: traffic, utilisation, errors, discards, optics, bundles.',
  variables: [AGENT, INTERFACE],
  step: POLLED,
  from: 'now-3h',
  rows: [
    { title: 'At a glance', panels: glance },
    { title: 'Traffic', panels: traffic },
    { title: 'Ports', panels: ports },
    { title: 'Faults', panels: faults },
    optics,
    bundles,
  ],
}
