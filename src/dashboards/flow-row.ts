/**
 * A row of panels for one flow definition: its largest flows over time, how sure their rates are,
 * and what is outside of them. For the shipped definitions and for everybody's own.
 */
import type { FlowShape } from './flow-shape.ts'
import { bitsOf, peaksOf, topRateOf } from './queries.ts'
import type { PanelSpec, RowSpec } from './spec.ts'

const TOP = 10
/** One unit a second: what a flow decays to long after its end is not worth a line. */
const NOTICEABLE = 1

export interface FlowRowOptions {
  /** Title of the row; absent: the definition's name. */
  readonly title?: string
  /** A sentence before the standard ones. */
  readonly about?: string
  readonly collapsed?: boolean
  /** Draws the smoothed rate, which is of the moment, in place of rates of totals: for attacks. */
  readonly live?: boolean
}

export function flowRow(shape: FlowShape, options: FlowRowOptions = {}): RowSpec {
  return {
    title: options.title ?? `Flow ${shape.name}`,
    ...(options.collapsed === undefined ? {} : { collapsed: options.collapsed }),
    panels: flowPanels(shape, options),
  }
}

/** How a rate is drawn: what is neither bytes nor frames is a plain number. */
function drawn(rate: string, expr: string): { readonly unit: string; readonly expr: string } {
  if (rate === 'bytes') return { unit: 'bps', expr: bitsOf(expr) }
  return { unit: rate === 'frames' ? 'pps' : 'cps', expr }
}

/** `a → b` from a source to its destination, `tcp port 443` for ports, else one after the other. */
function legendOf(labels: readonly string[]): string {
  return labels
    .map((label, index) => {
      const before = labels[index - 1]
      const isPair = before?.replace('source', 'destination') === label
      const word = label === 'port' ? 'port ' : ''
      return `${before === undefined ? '' : isPair ? ' → ' : ' '}${word}{{${label}}}`
    })
    .join('')
}

/** `by: all` has no agent to choose by. */
function matchersOf({ by }: FlowShape): string {
  return by === 'all' ? '' : 'agent=~"$agent"'
}

function flowPanels(shape: FlowShape, options: FlowRowOptions): PanelSpec[] {
  const { about = `Keys: ${shape.keys.join(', ')}.`, live } = options
  const { name, labels, rate } = shape
  const matchers = matchersOf(shape)
  const metric = (suffix: string) => `sflow_flow_${name}_${suffix}`
  const by = labels.join(', ')
  const legend = legendOf(labels)
  const empty = `No traffic matches "${name}" now.`
  const largest = live
    ? peaksOf(TOP, metric(`${rate}_per_second`), matchers, by, NOTICEABLE)
    : topRateOf(TOP, metric(`${rate}_total`), matchers, by)
  const { unit, expr } = drawn(rate, largest)
  return [
    {
      kind: 'time',
      title: `Largest: ${name}`,
      description: `${about} The ${TOP} largest of the shown time. A packet that several agents sample counts once: the largest view is taken.`,
      width: 14,
      height: 9,
      unit,
      legend: 'table',
      empty,
      queries: [{ expr, legend }],
    },
    flowTable(shape, empty),
  ]
}

/** Now, with the half width of the 95 % interval; and what the agents saw beside the exported flows. */
function flowTable(shape: FlowShape, empty: string): PanelSpec {
  const { name, labels, rate, extras } = shape
  const matchers = matchersOf(shape)
  const metric = (suffix: string) => `sflow_flow_${name}_${suffix}`
  const place =
    shape.by === 'all' ? [] : shape.by === 'agent' ? ['agent'] : ['agent', 'ifname', 'ifindex']
  const by = [...labels, ...place].join(', ')
  const smoothed = `max by (${by}) (${metric(`${rate}_per_second`)}{${matchers}})`
  const views = `${smoothed} > ${NOTICEABLE}`
  const isOnce = shape.by === 'agent' && !shape.dropped
  const chosen = `topk(${2 * TOP}, ${isOnce ? `topk by (${labels.join(', ')}) (1, ${views})` : views})`
  const besides = (suffix: string) =>
    `max by (${by}) (${metric(suffix)}{${matchers}}) and ${chosen}`
  const shown = [...labels, ...place].filter(label => label !== 'ifindex')
  const titles = Object.fromEntries(shown.map(label => [label, titleOf(label)]))
  return {
    kind: 'table',
    title: `Now: ${name}`,
    description: `Smoothed rate of this moment. The true rate lies within ± of it in 95 of 100 cases; few samples make it wide.${isOnce ? ' Of several agents that see a flow, the largest view.' : ''}`,
    width: 10,
    height: 9,
    labels: titles,
    empty,
    ...(place.includes('ifname')
      ? {
          drillDown: {
            title: 'The port that it enters by',
            uid: 'sflow-interfaces',
            with: { agent: 'Agent', interface: 'Interface' },
          },
        }
      : {}),
    columns: [
      { title: 'Rate', ...drawn(rate, chosen), decimals: 1 },
      {
        title: '±',
        expr: besides('error_ratio'),
        unit: 'percentunit',
        decimals: 0,
        width: 70,
        steps: [
          [0.2, 'orange'],
          [0.5, 'red'],
        ],
      },
      ...extras
        .filter(({ isTotal }) => !isTotal)
        .map(extra => ({ title: titleOf(extra.name), expr: besides(extra.name), unit: 'short' })),
    ],
    sort: 'Rate',
  }
}

const TITLES: Readonly<Record<string, string>> = {
  ifname: 'Interface',
  dscp: 'DSCP',
  vlan: 'VLAN',
  vni: 'VNI',
}

/** `source_port` to `Source port`, `ifname` to `Interface`. */
function titleOf(label: string): string {
  const known = TITLES[label]
  if (known !== undefined) return known
  const words = label.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
