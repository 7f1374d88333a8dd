/** As many series as asked, with names and labels as a bridge and a controller expose them. */
import type { Engine } from '../../../src/engine/engine.ts'
import { FlowSamples } from '../../../src/engine/flow-samples.ts'
import { FLOW_LIMITS } from '../../../src/flows/limits.ts'
import { SHIPPED_FLOWS } from '../../../src/flows/shipped.ts'
import { simulate } from '../../../src/simulate/simulate.ts'
import { DASHBOARDS, queriesOf } from '../../grafana/dashboard-files.ts'
import { readings, receive, testEngine } from '../../support/engine.ts'

export interface Series {
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly isCounter: boolean
  /** What it stands at. */
  readonly value: number
}

const SIMULATED_MS = 70_000
const START_MS = Date.UTC(2026, 0, 5, 9)

/** The network grows until the page is long enough; of the last one the first `count`, mixed. */
export function seriesLikeABridge(count: number): Series[] {
  const own = controlSeries()
  let leaves = 2
  for (;;) {
    const page = simulatedPage(leaves)
    if (page.length + own.length >= count) return [...own, ...thinned(page, count - own.length)]
    leaves = Math.ceil((leaves * 1.1 * count) / page.length)
  }
}

/** Whole switches and hosts stay, since what one agent tells belongs together. */
function thinned(page: readonly Series[], count: number): Series[] {
  const agentOf = ({ labels }: Series) => labels.find(([name]) => name === 'agent')?.[1] ?? ''
  return page.toSorted((a, b) => (agentOf(a) < agentOf(b) ? -1 : 1)).slice(0, count)
}

function simulatedPage(leaves: number): Series[] {
  const simulation = simulate({
    scenario: 'everything',
    startMs: START_MS,
    durationMs: SIMULATED_MS,
    samplingRate: 20_000,
    pollingMs: 10_000,
    size: { spines: 2, leaves, hostsPerLeaf: leaves < 3 ? 1 : 4, guestsPerHost: 3 },
    trafficFactor: 0.5,
  })
  const engine = testEngine()
  engine.flows = shippedFlows(engine)
  let nowMs = START_MS
  for (const { timeMs, bytes } of simulation) {
    for (; nowMs + 1_000 <= timeMs; nowMs += 1_000) engine.tick(nowMs)
    receive(engine, bytes, timeMs)
  }
  engine.tick(nowMs)
  return [...readings(engine)].map(([text, value]) => seriesOf(text, value, 'sflow-bridge'))
}

function shippedFlows(engine: Engine): FlowSamples {
  const samples = new FlowSamples(engine, { limits: FLOW_LIMITS, seed: 7, onEvent: () => {} })
  const flows = Object.fromEntries(SHIPPED_FLOWS.map(flow => [flow.name, flow]))
  samples.apply({ flows, thresholds: {}, groups: {}, maps: {} })
  return samples
}

/** `name{a="b"}` as a target of Prometheus. */
function seriesOf(text: string, value: number, job: string): Series {
  const [, name = '', body = ''] = /^([^{]+)(?:\{(.*)\})?$/s.exec(text) ?? []
  const own = [...body.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(
    ([, label = '', quoted = '']) => [label, quoted] as const,
  )
  const labels = [['__name__', name], ...own, ['instance', 'bridge:16343'], ['job', job]] as const
  return {
    labels: labels.filter(([, set]) => set !== '').toSorted(([a], [b]) => (a < b ? -1 : 1)),
    isCounter: /_(total|bucket|sum|count)$/.test(name),
    value,
  }
}

/** Ten of each family of the controller, links and alerts. */
function controlSeries(): Series[] {
  const names = new Set(
    DASHBOARDS.flatMap(queriesOf).flatMap(({ expr }) => expr.match(/\bsflow_acl_\w+/g) ?? []),
  )
  const tens = [...Array(10).keys()]
  const acl = [...names].flatMap(name =>
    tens.map(n =>
      seriesOf(
        `${name}{policy="p${n}",phase="active",acl_agent="a${n}",reason="r${n}",le="${n}"}`,
        n,
        'sflow-controller',
      ),
    ),
  )
  const alerts = tens.map(n =>
    seriesOf(
      `ALERTS{alertname="A${n}",alertstate="firing",severity="critical",acl_action="drop",agent="10.255.1.${n}"}`,
      1,
      'sflow-bridge',
    ),
  )
  const links = tens.map(n =>
    seriesOf(`link:sflow_packet_loss:ratio1h{link="l${n}",end="a"}`, 0.01, ''),
  )
  return [...acl, ...alerts, ...links]
}
