/**
 * What rules and dashboards may name, with its type: the families of the bridge, the flow families
 * of the shipped definitions, those of controller and ACL agent, and what Prometheus itself adds.
 */

import { SHIPPED_SHAPES } from '../../grafana/flows.ts'
import { flowMetrics } from '../../src/dashboards/flow-shape.ts'
import { AclAgentMetrics } from '../../src/metrics/acl-agent-metrics.ts'
import { metricCatalogue } from '../../src/metrics/catalogue.ts'
import { ControllerMetrics } from '../../src/metrics/controller-metrics.ts'
import { createProcessRegistry } from '../../src/metrics/process-page.ts'
import type { Rule } from './rule-files.ts'

export type MetricType = 'counter' | 'gauge'

/** Series that no scrape of ours brings: of the scrape itself, and of alerts. */
const OTHERS = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'ALERTS',
  'ALERTS_FOR_STATE',
]

/** Written in `flows/engine.ts`, where they are made. */
const THRESHOLDS: readonly (readonly [string, MetricType])[] = [
  ['sflow_threshold_active', 'gauge'],
  ['sflow_threshold_events_total', 'counter'],
]

export function declaredMetrics(): Map<string, MetricType> {
  const found = new Map<string, MetricType>(OTHERS.map(name => [name, 'gauge']))
  for (const { name, type } of metricCatalogue()) found.set(name, type)
  for (const shape of SHIPPED_SHAPES.values()) {
    for (const [name, type] of flowMetrics(shape)) found.set(name, type)
  }
  for (const [name, type] of [...THRESHOLDS, ...ownMetrics()]) found.set(name, type)
  return found
}

/** Of the processes themselves, by their libraries' registries. Nothing here is ever scraped. */
function ownMetrics(): [string, MetricType][] {
  const snapshot = () => {
    throw new Error('never scraped')
  }
  // One each: both have metrics of the same name.
  const controller = createProcessRegistry()
  new ControllerMetrics({ registry: controller, snapshot })
  const agent = createProcessRegistry()
  new AclAgentMetrics({ registry: agent, levels: snapshot, told: snapshot })
  const metrics = [controller, agent].flatMap(registry =>
    registry.getMetricsAsArray(),
  ) as unknown as readonly { readonly name: string; readonly type: string }[]
  return metrics.flatMap(({ name, type }): [string, MetricType][] => {
    if (type !== 'histogram') return [[name, type === 'counter' ? 'counter' : 'gauge']]
    return ['_bucket', '_sum', '_count'].map(suffix => [name + suffix, 'counter'])
  })
}

/** Labels by metric, with those that a scrape adds; only of families whose labels are declared. */
export function labelsOfMetrics(): Map<string, ReadonlySet<string>> {
  const target = ['instance', 'job']
  const found = new Map<string, ReadonlySet<string>>()
  for (const { name, labels } of metricCatalogue()) {
    // Pods are containers with two labels more; the catalogue leaves out labels of the bridge itself.
    const more = name.startsWith('sflow_container_') ? ['pod', 'namespace'] : []
    if (labels.length > 0) found.set(name, new Set([...labels, ...more, ...target]))
  }
  for (const shape of SHIPPED_SHAPES.values()) {
    const place = { all: [], agent: ['agent'], interface: ['agent', 'ifindex', 'ifname'] }[shape.by]
    for (const name of flowMetrics(shape).keys()) {
      const keys = name.includes('_other_') ? ['agent'] : [...shape.labels, ...place]
      found.set(name, new Set([...keys, ...target]))
    }
  }
  return found
}

export function recordedBy(rules: readonly Rule[]): Set<string> {
  return new Set(rules.flatMap(({ record }) => (record === undefined ? [] : [record])))
}
