/** The dashboard that `sflow-bridge dashboards` makes: a row for each flow definition of a configuration. */

import { flowRow } from './flow-row.ts'
import type { FlowShape } from './flow-shape.ts'
import type { DashboardSpec } from './spec.ts'

export function ownFlowsDashboard(shapes: readonly FlowShape[]): DashboardSpec {
  return {
    uid: 'sflow-own-flows',
    title: 'sFlow / Flow definitions',
    description:
      'A row for each flow definition of the configuration, made by sflow-bridge dashboards.',
    variables: [
      {
        name: 'agent',
        label: 'Agent',
        description: 'sFlow agents, by the address inside their datagrams.',
        query: 'label_values(sflow_agent_info, agent)',
      },
    ],
    rows: shapes.filter(({ series }) => series).map(shape => flowRow(shape)),
  }
}
