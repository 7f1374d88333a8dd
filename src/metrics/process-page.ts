/**
 * The process' own metrics, kept by prom-client, and the text of a registry in either format. The
 * registry's own writer is not used: switching its content type renames counters for good.
 */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { labelText } from '../state/text.ts'
import { headerText } from './headers.ts'
import { CONTENT_TYPES, type Format, negotiate } from './negotiate.ts'

/** Names that `promtool check metrics` refuses: gauges in _total, names that tell their type. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_utilization_histogram',
  'nodejs_eventloop_utilization_summary',
]

/** From one look at the event loop to the next: each wakes the main thread, also of an idle program. */
const LOOK_MS = 50

export interface BuildInfo {
  readonly version: string
  readonly component: string
}

/** A registry with CPU, memory, event loop and garbage collection, and who we are. */
export function createProcessRegistry(build?: BuildInfo): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOK_MS })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  if (build !== undefined) {
    const info = new Gauge({
      name: 'sflow_bridge_build_info',
      help: 'Version of the program that answers.',
      labelNames: ['version', 'node_version', 'component'],
      registers: [registry],
    })
    const { version, component } = build
    info.set({ version, component, node_version: process.versions.node }, 1)
  }
  return registry
}

interface JsonValue {
  readonly value: number
  readonly labels?: Readonly<Record<string, string | number>>
  readonly metricName?: string
}

/** The lines of a registry, without the end mark. */
export async function registryText(registry: Registry, format: Format): Promise<string> {
  let text = ''
  for (const metric of await registry.getMetricsAsJSON()) {
    const { name, help, type, values } = metric as unknown as {
      name: string
      help: string
      type: string
      values: readonly JsonValue[]
    }
    if (values.length === 0) continue
    text += headerText({ name, type, help }, format)
    for (const { value, labels, metricName } of values) {
      const shown = labelText(stringLabels(labels ?? {}))
      const number = Number.isNaN(value) ? 'NaN' : formatNumber(value)
      text += `${metricName ?? name}${shown === '' ? '' : `{${shown}}`} ${number}\n`
    }
  }
  return text
}

/** A whole page of one registry: what the controller and the ACL agent serve. */
export async function renderRegistry(
  registry: Registry,
  accept: string,
): Promise<{ contentType: string; body: string }> {
  const format = negotiate(accept)
  const end = format === 'openmetrics' ? '# EOF\n' : ''
  return { contentType: CONTENT_TYPES[format], body: (await registryText(registry, format)) + end }
}

function stringLabels(labels: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]))
}

function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
