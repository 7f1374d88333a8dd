/** Interfaces: what runs through the ports, what goes wrong on them, and the state of optics and bundles. */
import {
  bitsOf,
  bottomOf,
  gaugeOf,
  POLLED,
  rateOf,
  topOf,
  topRateOf,
  totalRateOf,
  WINDOW,
} from '../src/dashboards/queries.ts'
import type { DashboardSpec, PanelSpec, RowSpec } from '../src/dashboards/spec.ts'
import { AGENT, BY_INTERFACE, INTERFACE } from './variables.ts'

const PORT = 'agent, ifindex, ifname'
const LEGEND = '{{agent}} {{ifname}}'
const rate = (metric: string) => rateOf(metric, BY_INTERFACE, PORT)
const gauge = (metric: string) => gaugeOf(metric, BY_INTERFACE, PORT)
const total = (metric: string) => totalRateOf(metric, BY_INTERFACE)

export const UP_OR_DOWN = {
  0: { text: 'down', color: 'red' },
  1: { text: 'up', color: 'green' },
} as const

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

const faults: readonly PanelSpec[] = [
  ...(['errors', 'discards'] as const).map(
    (what): PanelSpec => ({
      kind: 'time',
      title:
        what === 'errors'
          ? 'Errors, received up, transmitted down'
          : 'Discards, received up, transmitted down',
      description:
        what === 'errors'
          ? 'The five worst ports of the shown time in each direction. Received errors are made by cable, optic or the far end.'
          : 'The five worst ports of the shown time in each direction. Transmit discards are a full queue, receive discards mostly a filter or an unknown VLAN.',
      width: 12,
      unit: 'pps',
      mirrored: true,
      empty: `No port of the selection counted ${what} in the shown time.`,
      queries: [
        {
          expr: topRateOf(5, `sflow_interface_receive_${what}_total`, BY_INTERFACE, PORT),
          legend: `${LEGEND} in`,
        },
        {
          expr: topRateOf(5, `sflow_interface_transmit_${what}_total`, BY_INTERFACE, PORT),
          legend: `${LEGEND} out`,
        },
      ],
    }),
  ),
  {
    kind: 'states',
    title: 'Link state',
    description:
      'Ports that changed their state within the shown time. What happened between two polls is not seen.',
    width: 24,
    unit: 'short',
    empty: 'No port changed its state.',
    values: UP_OR_DOWN,
    queries: [
      {
        expr: `max by (${PORT}) (sflow_interface_oper_up{${BY_INTERFACE}} and on (agent, ifindex) max by (agent, ifindex) (changes(sflow_interface_oper_up{${BY_INTERFACE}}[$__range] @ end())) > 0)`,
        legend: LEGEND,
      },
    ],
  },
]

const weakest = (way: string) =>
  bottomOf(
    10,
    at =>
      `max by (${PORT}, lane) (sflow_interface_optics_${way}_power_watts{${BY_INTERFACE}}${at})`,
  )

const optics: RowSpec = {
  title: 'Ethernet and optics',
  collapsed: true,
  panels: [
    {
      kind: 'time',
      title: 'Ethernet faults',
      description:
        'By kind, all chosen ports. FCS, alignment, symbol: the wire. Late collision: duplex. Too long: MTU. Only ports that send Ethernet counters.',
      width: 24,
      unit: 'pps',
      empty: 'No port of the selection sends Ethernet counters.',
      queries: [
        ['fcs_errors', 'FCS'],
        ['alignment_errors', 'alignment'],
        ['symbol_errors', 'symbol'],
        ['late_collisions', 'late collision'],
        ['excessive_collisions', 'excessive collisions'],
        ['too_long_frames', 'too long'],
        ['carrier_sense_errors', 'carrier sense'],
        ['internal_receive_errors', 'internal, received'],
        ['internal_transmit_errors', 'internal, transmitted'],
      ].map(([name, legend]) => ({
        expr: total(`sflow_interface_ethernet_${name}_total`),
        legend: legend as string,
      })),
    },
    {
      kind: 'time',
      title: 'Receive power',
      description:
        'Light that arrives, the ten weakest lanes now. A slow fall is dirt or age, a sudden one a bend or a pull.',
      width: 8,
      unit: 'watt',
      empty: 'No port of the selection sends optics (sFlow 0:10).',
      queries: [
        {
          expr: weakest('receive'),
          legend: `${LEGEND} lane {{lane}}`,
        },
      ],
    },
    {
      kind: 'time',
      title: 'Transmit power',
      description: 'Light that is sent, the ten weakest lanes now.',
      width: 8,
      unit: 'watt',
      empty: 'No port of the selection sends optics (sFlow 0:10).',
      queries: [
        {
          expr: weakest('transmit'),
          legend: `${LEGEND} lane {{lane}}`,
        },
      ],
    },
    {
      kind: 'time',
      title: 'Temperature',
      description: 'Of the ten hottest optical modules now. Most are made for up to 70 °C.',
      width: 8,
      unit: 'celsius',
      steps: [[70, 'red']],
      showSteps: true,
      empty: 'No port of the selection sends optics (sFlow 0:10).',
      queries: [
        {
          expr: topOf(
            10,
            at =>
              `max by (${PORT}) (sflow_interface_optics_temperature_celsius{${BY_INTERFACE}}${at})`,
          ),
          legend: LEGEND,
        },
      ],
    },
  ],
}

const BUNDLE_FLAGS = [
  ['synchronized', 'In sync'],
  ['collecting', 'Collecting'],
  ['distributing', 'Distributing'],
  ['defaulted', 'No partner'],
  ['expired', 'Expired'],
] as const

const bundles: RowSpec = {
  title: 'Bundles (LAG)',
  collapsed: true,
  panels: [
    {
      kind: 'table',
      title: 'Members of bundles',
      description:
        'State of LACP for each member port. A member carries traffic when it is in sync, collecting and distributing.',
      width: 24,
      labels: { agent: 'Agent', ifname: 'Interface', ifindex: 'Index' },
      empty: 'No port of the selection is in a bundle (sFlow 0:7).',
      columns: [
        { title: 'Bundle', expr: gauge('sflow_interface_lag_attached_ifindex'), unit: 'none' },
        ...BUNDLE_FLAGS.map(([name, title]) => ({
          title,
          expr: gauge(`sflow_interface_lag_actor_${name}`),
          unit: 'short',
          values: {
            0: {
              text: 'no',
              color: title === 'No partner' || title === 'Expired' ? 'green' : 'red',
            },
            1: {
              text: 'yes',
              color: title === 'No partner' || title === 'Expired' ? 'red' : 'green',
            },
          },
        })),
        {
          title: 'LACP received',
          expr: `max by (${PORT}) (rate(sflow_interface_lag_receive_pdus_total{${BY_INTERFACE}, pdu="lacp"}[${WINDOW}]))`,
          unit: 'pps',
          decimals: 2,
        },
      ],
    },
  ],
}

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
