/** Rows of the dashboard Interfaces that tell what goes wrong: faults, links, optics, bundles. */
import { bottomOf, topOf, topRateOf, WINDOW } from '../src/dashboards/queries.ts'
import type { PanelSpec, RowSpec } from '../src/dashboards/spec.ts'
import { gauge, LEGEND, PORT, total, UP_OR_DOWN } from './interface-ports.ts'
import { BY_INTERFACE } from './variables.ts'

export const faults: readonly PanelSpec[] = [
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

export const optics: RowSpec = {
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

export const bundles: RowSpec = {
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
