/** sFlow health: does each agent say what it should, as often as it should, and does all of it arrive. */
import { gaugeOf, rateOf, topOf, topRateOf, WINDOW } from '../src/dashboards/queries.ts'
import type { DashboardSpec, PanelSpec } from '../src/dashboards/spec.ts'
import { AGENT, BY_AGENT } from './variables.ts'

const ONE = 'agent, sub_agent'
const LEGEND = '{{agent}}/{{sub_agent}}'
const rate = (metric: string) => rateOf(metric, BY_AGENT, ONE)
const gauge = (metric: string) => gaugeOf(metric, BY_AGENT, ONE)
const AGE = `time() - ${gauge('sflow_agent_last_datagram_timestamp_seconds')}`
/** Nothing sent is no share of it: `>= 0` leaves that out. */
const LOSS = `${rate('sflow_agent_datagrams_lost_total')} / (${rate('sflow_agent_datagrams_total')} + ${rate('sflow_agent_datagrams_lost_total')}) >= 0`

const agents: readonly PanelSpec[] = [
  {
    kind: 'stat',
    title: 'Agents that report',
    description: 'Agents and sub-agents heard within three minutes.',
    width: 4,
    unit: 'short',
    empty: 'None',
    queries: [{ expr: `count(${AGE} < 180)`, legend: 'agents' }],
  },
  {
    kind: 'stat',
    title: 'Silent agents',
    description: 'Known within the last day, and not heard for three minutes.',
    width: 4,
    unit: 'short',
    steps: [[1, 'red']],
    empty: 'None',
    queries: [{ expr: `count(${AGE} > 180)`, legend: 'silent' }],
  },
  {
    kind: 'stat',
    title: 'Datagrams lost',
    description: 'Share of all datagrams of the chosen agents, by gaps in their sequence.',
    width: 4,
    unit: 'percentunit',
    decimals: 2,
    trend: true,
    steps: [
      [0.001, 'orange'],
      [0.01, 'red'],
    ],
    empty: 'No agent',
    queries: [
      {
        expr: `sum(${rate('sflow_agent_datagrams_lost_total')}) / (sum(${rate('sflow_agent_datagrams_total')}) + sum(${rate('sflow_agent_datagrams_lost_total')}))`,
        legend: 'lost',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Packet samples',
    description: 'A second, from the chosen agents.',
    width: 4,
    unit: 'cps',
    trend: true,
    empty: 'None',
    queries: [
      {
        expr: `sum(${rateOf('sflow_agent_samples_total', `${BY_AGENT}, kind="flow"`, ONE)})`,
        legend: 'samples',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Counter samples',
    description: 'A second, from the chosen agents.',
    width: 4,
    unit: 'cps',
    trend: true,
    empty: 'None',
    queries: [
      {
        expr: `sum(${rateOf('sflow_agent_samples_total', `${BY_AGENT}, kind="counters"`, ONE)})`,
        legend: 'samples',
      },
    ],
  },
  {
    kind: 'stat',
    title: 'Conflicts of identity',
    description: 'Datagrams a second of devices that use the address of another. Should be none.',
    width: 4,
    unit: 'cps',
    steps: [[0.001, 'red']],
    empty: 'None',
    queries: [
      { expr: `sum(${rate('sflow_agent_identity_conflicts_total')})`, legend: 'conflicts' },
    ],
  },
  {
    kind: 'table',
    title: 'Agents',
    description:
      'One line for each agent and sub-agent. Old: not heard for long. Restarts, and moved to another sender’s address, within the shown time.',
    width: 24,
    height: 10,
    labels: { agent: 'Agent', sub_agent: 'Sub-agent' },
    empty: 'No agent has sent anything within a day.',
    drillDown: {
      title: 'Interfaces of this agent',
      uid: 'sflow-interfaces',
      with: { agent: 'Agent' },
    },
    columns: [
      {
        title: 'Last heard',
        expr: AGE,
        unit: 's',
        decimals: 0,
        steps: [
          [90, 'orange'],
          [180, 'red'],
        ],
      },
      { title: 'Up', expr: gauge('sflow_agent_uptime_seconds'), unit: 's', decimals: 0 },
      {
        title: 'Polling',
        expr: gauge('sflow_agent_polling_interval_seconds'),
        unit: 's',
        decimals: 0,
      },
      { title: 'Datagrams', expr: rate('sflow_agent_datagrams_total'), unit: 'cps', decimals: 1 },
      {
        title: 'Lost',
        expr: LOSS,
        unit: 'percentunit',
        decimals: 2,
        steps: [
          [0.001, 'orange'],
          [0.01, 'red'],
        ],
      },
      {
        title: 'Restarts',
        expr: `max by (${ONE}) (increase(sflow_agent_restarts_total{${BY_AGENT}}[$__range]))`,
        unit: 'short',
        decimals: 0,
        steps: [[1, 'orange']],
      },
      {
        title: 'Moved',
        expr: `max by (${ONE}) (increase(sflow_agent_source_changes_total{${BY_AGENT}}[$__range]))`,
        unit: 'short',
        decimals: 0,
      },
    ],
    sort: 'Last heard',
  },
]

const arrival: readonly PanelSpec[] = [
  {
    kind: 'time',
    title: 'Datagrams by agent',
    description: 'The ten that send most.',
    width: 12,
    unit: 'cps',
    queries: [
      { expr: topRateOf(10, 'sflow_agent_datagrams_total', BY_AGENT, ONE), legend: LEGEND },
    ],
  },
  {
    kind: 'time',
    title: 'Lost, late and twice',
    description:
      'Datagrams of the chosen agents: missing in the sequence, behind a later one (used all the same), or seen before (left out).',
    width: 12,
    unit: 'cps',
    queries: [
      { expr: `sum(${rate('sflow_agent_datagrams_lost_total')})`, legend: 'lost' },
      { expr: `sum(${rate('sflow_agent_datagrams_reordered_total')})`, legend: 'late' },
      { expr: `sum(${rate('sflow_agent_datagrams_duplicated_total')})`, legend: 'twice' },
    ],
  },
]

const SOURCE = 'agent, sub_agent, source'

const sampling: readonly PanelSpec[] = [
  {
    kind: 'table',
    title: 'Sampling',
    description:
      'Set and found rate for each data source (class:index; 0:3 is port 3). Found much above set: the agent cannot keep up, and says how many samples it dropped.',
    width: 14,
    height: 9,
    labels: { agent: 'Agent', source: 'Source', sub_agent: 'Sub-agent' },
    empty: 'No agent of the selection samples packets.',
    columns: [
      {
        title: 'Set: 1 in',
        expr: gaugeOf('sflow_agent_sampling_rate', BY_AGENT, SOURCE),
        unit: 'none',
        decimals: 0,
      },
      {
        title: 'Found: 1 in',
        expr: gaugeOf('sflow_agent_sampling_rate_effective', BY_AGENT, SOURCE),
        unit: 'none',
        decimals: 0,
      },
      {
        title: 'Found / set',
        expr: `${gaugeOf('sflow_agent_sampling_rate_effective', BY_AGENT, SOURCE)} / ${gaugeOf('sflow_agent_sampling_rate', BY_AGENT, SOURCE)}`,
        unit: 'none',
        decimals: 2,
        steps: [
          [1.5, 'orange'],
          [2, 'red'],
        ],
      },
      {
        title: 'Dropped',
        expr: `max by (${SOURCE}) (rate(sflow_agent_samples_dropped_total{${BY_AGENT}}[${WINDOW}]))`,
        unit: 'cps',
        decimals: 2,
        steps: [[0.01, 'orange']],
      },
    ],
    sort: 'Found / set',
  },
  {
    kind: 'time',
    title: 'Polling interval',
    description:
      'Observed time between two counter samples of one source, the ten longest now. Rules and dashboards are made for up to 75 s.',
    width: 10,
    height: 9,
    unit: 's',
    min: 0,
    steps: [[75, 'orange']],
    showSteps: true,
    queries: [
      {
        expr: topOf(
          10,
          at => `max by (${ONE}) (sflow_agent_polling_interval_seconds{${BY_AGENT}}${at})`,
        ),
        legend: LEGEND,
      },
    ],
  },
]

export const health: DashboardSpec = {
  uid: 'sflow-health',
  title: 'sFlow / Health of agents',
  description: 'Silence, loss, restarts, sampling and polling of the sFlow agents.',
  variables: [AGENT],
  rows: [
    { title: 'Agents', panels: agents },
    { title: 'What arrives', panels: arrival },
    { title: 'Sampling and polling', panels: sampling },
  ],
}
