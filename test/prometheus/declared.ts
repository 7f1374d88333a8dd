/**
 * What rules and dashboards may name, with its type: the families of the bridge, the flow families
 * of the shipped definitions, those of controller and ACL agent, and what Prometheus itself adds.
 */

import { metricCatalogue } from '../../src/metrics/catalogue.ts'
import { ControllerMetrics } from '../../src/metrics/controller-metrics.ts'
import { createProcessRegistry } from '../../src/metrics/process-page.ts'
import type { Rule } from './rule-files.ts'

export type MetricType = 'counter' | 'gauge'

/** Series that no scrape brings: of the scrape itself, of alerts, and of the file that names links. */
const OTHERS = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'ALERTS',
  'sflow_link_end_info',
]

export function declaredMetrics(): Map<string, MetricType> {
  const found = new Map<string, MetricType>(OTHERS.map(name => [name, 'gauge']))
  for (const { name, type } of metricCatalogue()) found.set(name, type)
  const registry = createProcessRegistry()
  new ControllerMetrics({
    registry,
    snapshot: () => {
      throw new Error('never scraped')
    },
  })
  for (const { name, type } of registry.getMetricsAsArray() as unknown as readonly {
    name: string
    type: string
  }[]) {
    if (type !== 'histogram') found.set(name, type === 'counter' ? 'counter' : 'gauge')
    else for (const suffix of ['_bucket', '_sum', '_count']) found.set(name + suffix, 'counter')
  }
  return found
}

export function recordedBy(rules: readonly Rule[]): Set<string> {
  return new Set(rules.flatMap(({ record }) => (record === undefined ? [] : [record])))
}
