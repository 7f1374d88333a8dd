/** Containers, pods, units and virtual machines: who uses what, and which of them run. */
import { bitsOf, gaugeOf, POLLED, rateOf, topOf, topRateOf } from '../src/dashboards/queries.ts'
import type { DashboardSpec, PanelSpec } from '../src/dashboards/spec.ts'
import { AGENT, BY_CONTAINER, BY_VM, CONTAINER, HOST, VM } from './variables.ts'

const STATES = ['no_state', 'running', 'blocked', 'paused', 'shutting_down', 'shut_off', 'crashed']

const STATE_VALUES = {
  0: { text: 'unknown', color: 'text' },
  1: { text: 'running', color: 'green' },
  2: { text: 'blocked', color: 'orange' },
  3: { text: 'paused', color: 'blue' },
  4: { text: 'ended', color: 'purple' },
  5: { text: 'shut off', color: 'dark-blue' },
  6: { text: 'crashed', color: 'red' },
} as const

/** What differs between the two kinds; the families have the same names but for the word. */
interface Kind {
  readonly word: 'container' | 'vm'
  readonly people: string
  readonly matchers: string
  readonly by: string
  readonly legend: string
  readonly labels: Readonly<Record<string, string>>
}

/** Of columns, in pixels: names of pods are long. */
const WIDTHS = { Container: 130, Pod: 220, Namespace: 100, Kind: 85, Host: 100, Agent: 100 }
const NUMBER_WIDTH = 105

const CONTAINERS: Kind = {
  word: 'container',
  people: 'containers',
  matchers: BY_CONTAINER,
  by: 'agent, host, container, pod, namespace, kind',
  legend: '{{container}} {{pod}} on {{host}}',
  labels: {
    container: 'Container',
    pod: 'Pod',
    namespace: 'Namespace',
    kind: 'Kind',
    host: 'Host',
    agent: 'Agent',
  },
}

const VMS: Kind = {
  word: 'vm',
  people: 'virtual machines',
  matchers: BY_VM,
  by: 'agent, host, vm',
  legend: '{{vm}} on {{host}}',
  labels: { vm: 'Virtual machine', host: 'Host', agent: 'Agent' },
}

function glance(kind: Kind): PanelSpec[] {
  const name = (rest: string) => `sflow_${kind.word}_${rest}`
  const rate = (rest: string) => rateOf(name(rest), kind.matchers, kind.by)
  const state = (which: string) => `${kind.matchers}, state="${which}"`
  const stat = (title: string, description: string, unit: string, expr: string): PanelSpec => ({
    kind: 'stat',
    title,
    description,
    unit,
    width: 6,
    trend: true,
    empty: `No ${kind.people}`,
    queries: [{ expr, legend: title }],
  })
  return [
    stat(
      'Running',
      `Running ${kind.people} in the selection.`,
      'short',
      `sum(${gaugeOf(name('state'), state('running'), kind.by)})`,
    ),
    stat(
      'Processors in use',
      `All ${kind.people} of the selection together.`,
      'short',
      `sum(${rate('cpu_seconds_total')})`,
    ),
    stat(
      'Memory in use',
      `All ${kind.people} of the selection together.`,
      'bytes',
      `sum(${gaugeOf(name('memory_used_bytes'), kind.matchers, kind.by)})`,
    ),
    stat(
      'Network',
      `Received and transmitted, all ${kind.people} of the selection together.`,
      'bps',
      bitsOf(
        `sum(${rate('network_receive_bytes_total')}) + sum(${rate('network_transmit_bytes_total')})`,
      ),
    ),
  ]
}

function pictures(kind: Kind): PanelSpec[] {
  const name = (rest: string) => `sflow_${kind.word}_${rest}`
  const topRate = (count: number, rest: string) =>
    topRateOf(count, name(rest), kind.matchers, kind.by)
  const used = (at: string) =>
    `max by (${kind.by}) (${name('memory_used_bytes')}{${kind.matchers}}${at})`
  const state = (which: string) => `${name('state')}{${kind.matchers}, state="${which}"}`
  // Each state is a series of 1 or 0: the number of the one that holds.
  const numbers = STATES.map((which, number) => `${number} * (${state(which)} == 1)`)
  const leastRunning = `bottomk(20, max by (${kind.by}) (avg_over_time(${state('running')}[$__range] @ end())))`
  return [
    {
      kind: 'time',
      title: 'Processors in use',
      description: `The ten ${kind.people} that used most in the shown time. 1 is one processor all the time.`,
      width: 12,
      unit: 'short',
      height: 10,
      legend: 'table',
      queries: [{ expr: topRate(10, 'cpu_seconds_total'), legend: kind.legend }],
    },
    {
      kind: 'time',
      title: 'Memory in use',
      description: `The ten ${kind.people} that use most now.`,
      width: 12,
      unit: 'bytes',
      height: 10,
      legend: 'table',
      queries: [{ expr: topOf(10, used), legend: kind.legend }],
    },
    {
      kind: 'time',
      title: 'Network, received up, transmitted down',
      description: `The five ${kind.people} with most traffic in each direction. Pods send no network counters of their own.`,
      width: 12,
      unit: 'bps',
      mirrored: true,
      queries: [
        { expr: bitsOf(topRate(5, 'network_receive_bytes_total')), legend: `${kind.legend} in` },
        { expr: bitsOf(topRate(5, 'network_transmit_bytes_total')), legend: `${kind.legend} out` },
      ],
    },
    {
      kind: 'time',
      title: 'Disk, read up, written down',
      description: `The five ${kind.people} with most disk traffic of each kind.`,
      width: 12,
      unit: 'Bps',
      mirrored: true,
      queries: [
        { expr: topRate(5, 'disk_read_bytes_total'), legend: `${kind.legend} in` },
        { expr: topRate(5, 'disk_written_bytes_total'), legend: `${kind.legend} out` },
      ],
    },
    {
      kind: 'states',
      title: 'States',
      description:
        'The 20 that ran for the least share of the shown time. A stopped one shows its last state for a few minutes, then ends.',
      width: 24,
      height: 10,
      unit: 'short',
      values: STATE_VALUES,
      empty: `No ${kind.people} in the selection.`,
      queries: [
        {
          expr: `max by (${kind.by}) ((${numbers.join(' or ')}) and on (${kind.by}) ${leastRunning})`,
          legend: kind.legend,
        },
      ],
    },
  ]
}

function table(kind: Kind): PanelSpec {
  const name = (rest: string) => `sflow_${kind.word}_${rest}`
  const rate = (rest: string) => rateOf(name(rest), kind.matchers, kind.by)
  const gauge = (rest: string) => gaugeOf(name(rest), kind.matchers, kind.by)
  return {
    kind: 'table',
    title: kind.word === 'vm' ? 'Virtual machines' : 'Containers',
    description:
      'One line each, the present values. No limit of its own: its host’s memory is the limit.',
    width: 24,
    height: 10,
    labels: kind.labels,
    widths: WIDTHS,
    empty: `No ${kind.people} in the selection.`,
    columns: [
      {
        title: 'CPU',
        expr: rate('cpu_seconds_total'),
        unit: 'short',
        decimals: 2,
        width: NUMBER_WIDTH,
      },
      {
        title: 'Memory',
        expr: gauge('memory_used_bytes'),
        unit: 'bytes',
        decimals: 1,
        width: NUMBER_WIDTH,
      },
      {
        title: 'Of limit',
        expr: `${gauge('memory_used_bytes')} / ${gauge('memory_limit_bytes')}`,
        unit: 'percentunit',
        decimals: 1,
        gauge: { max: 1 },
        steps: [
          [0.8, 'orange'],
          [0.95, 'red'],
        ],
      },
      {
        title: 'Received',
        expr: bitsOf(rate('network_receive_bytes_total')),
        unit: 'bps',
        decimals: 1,
        width: NUMBER_WIDTH,
      },
      {
        title: 'Transmitted',
        expr: bitsOf(rate('network_transmit_bytes_total')),
        unit: 'bps',
        decimals: 1,
        width: NUMBER_WIDTH,
      },
      {
        title: 'Read',
        expr: rate('disk_read_bytes_total'),
        unit: 'Bps',
        decimals: 1,
        width: NUMBER_WIDTH,
      },
      {
        title: 'Written',
        expr: rate('disk_written_bytes_total'),
        unit: 'Bps',
        decimals: 1,
        width: NUMBER_WIDTH,
      },
    ],
    sort: 'CPU',
  }
}

export const containers: DashboardSpec = {
  uid: 'sflow-containers',
  title: 'sFlow / Containers and VMs',
  description: 'Containers, pods, units and virtual machines on hosts that run Host sFlow.',
  variables: [AGENT, HOST, CONTAINER, VM],
  step: POLLED,
  from: 'now-3h',
  rows: [
    { title: 'Containers at a glance', panels: glance(CONTAINERS) },
    { title: 'Containers', panels: [...pictures(CONTAINERS), table(CONTAINERS)] },
    { title: 'Virtual machines at a glance', panels: glance(VMS) },
    { title: 'Virtual machines', panels: [...pictures(VMS), table(VMS)] },
  ],
}
