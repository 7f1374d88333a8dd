/** Flows: who talks to whom, with what, and how sure the estimate is; a row for each shipped definition. */

import { flowRow } from '../src/dashboards/flow-row.ts'
import { type FlowShape, flowShape } from '../src/dashboards/flow-shape.ts'
import { bitsOf, totalRateOf, WINDOW } from '../src/dashboards/queries.ts'
import type { DashboardSpec, PanelSpec, RowSpec } from '../src/dashboards/spec.ts'
import { compileFlow } from '../src/flows/compile-flow.ts'
import { FlowContext } from '../src/flows/functions/context.ts'
import { SHIPPED_FLOWS } from '../src/flows/shipped.ts'
import { AGENT, BY_AGENT, FLOW } from './variables.ts'

const context = new FlowContext()

/** Shapes of the shipped definitions, by name. */
export const SHIPPED_SHAPES: ReadonlyMap<string, FlowShape> = new Map(
  SHIPPED_FLOWS.map(definition => {
    const { flow, fault } = compileFlow(definition, context)
    if (flow === undefined) throw new Error(`${definition.name}: ${fault.message}`)
    return [definition.name, flowShape(flow)]
  }),
)

export function shapeOf(name: string): FlowShape {
  const shape = SHIPPED_SHAPES.get(name)
  if (shape === undefined) throw new Error(`no flow definition ${name} is shipped`)
  return shape
}

const ROWS = [
  ['talkers', 'Who talks to whom', 'Source and destination address.'],
  ['applications', 'Applications', 'Protocol and the port of the service, of either direction.'],
  ['protocols', 'Protocols', 'Protocol above IP.'],
  [
    'dscp',
    'Marks (DSCP), by port',
    'Mark of the packets: elephants that were marked show here beside the unmarked rest.',
  ],
  ['vlans', 'VLANs', 'VLAN of the packet, or of the port where it was sampled.'],
  ['vnis', 'Overlay networks (VNI)', 'VXLAN network identifier.'],
  [
    'containers',
    'Containers',
    'Containers or hosts behind source and destination, where the agent marks its samples.',
  ],
] as const

const share: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Protocol mix',
    description:
      'Traffic by protocol, stacked. Each agent’s view is added: a packet that crosses two sampling switches counts twice.',
    width: 12,
    unit: 'bps',
    stacked: true,
    empty: 'No packet samples arrive.',
    queries: [
      {
        expr: bitsOf(totalRateOf('sflow_flow_protocols_bytes_total', BY_AGENT, 'protocol')),
        legend: '{{protocol}}',
      },
    ],
  },
  {
    kind: 'time',
    title: 'Share of the traffic that the named flows explain',
    description:
      'Bytes in exported flows, of all that match. What is missing is in `other`: many small flows, or a budget that is spent.',
    width: 12,
    unit: 'percentunit',
    min: 0,
    max: 1,
    empty: 'No packet samples arrive.',
    queries: ['talkers', 'applications', 'protocols'].map(name => {
      const named = totalRateOf(`sflow_flow_${name}_bytes_total`, BY_AGENT)
      const other = totalRateOf(`sflow_flow_${name}_other_bytes_total`, BY_AGENT)
      // named / (named + other), each worked out once.
      return { expr: `1 / (1 + ${other} / ${named})`, legend: name }
    }),
  },
]

const ANY = `{__name__=~"sflow_flow_\${flow:regex}_bytes_total", agent=~"$agent"}`
/** Where a flow was seen; all other labels are its keys, whatever they are called. */
const PLACE = 'instance, job, agent, ifindex, ifname'
const LARGEST = `topk(15, max without (${PLACE}) (increase(${ANY}[$__range] @ end())) > 0)`

const explorer: RowSpec = {
  title: 'Any definition: $flow',
  panels: [
    {
      kind: 'time',
      title: 'Largest flows of $flow',
      description:
        'The 15 largest of the shown time of the chosen definition, your own among them; the largest view of all agents. `sflow-bridge dashboards` makes a full row for each.',
      width: 24,
      height: 9,
      unit: 'bps',
      namedByLabels: true,
      legend: 'table',
      empty: 'No flow of this definition is exported now.',
      queries: [
        {
          expr: bitsOf(
            `max without (${PLACE}) (rate(${ANY}[${WINDOW}]) and ignoring (${PLACE}) ${LARGEST})`,
          ),
        },
      ],
    },
  ],
}

export const flows: DashboardSpec = {
  uid: 'sflow-flows',
  title: 'sFlow / Flows',
  description:
    'Estimates from packet samples: the largest flows of each definition, with their error. Totals are at Interfaces, exact.',
  variables: [AGENT, FLOW],
  rows: [
    { title: 'Mix', panels: share },
    ...ROWS.map(([name, title, about], index) =>
      flowRow(shapeOf(name), { title, about, collapsed: index > 3 }),
    ),
    explorer,
  ],
}
