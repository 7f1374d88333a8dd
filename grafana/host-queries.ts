/** What the rows of the dashboard Hosts share: queries over the chosen hosts, each at `at`, which is nothing or an `@` modifier. */
import { WINDOW } from '../src/dashboards/queries.ts'
import { BY_HOST } from './variables.ts'

export const ONE = 'agent, host'
export const rate = (metric: string, at = '') =>
  `max by (${ONE}) (rate(${metric}{${BY_HOST}}[${WINDOW}]${at}))`
export const gauge = (metric: string, at = '') => `max by (${ONE}) (${metric}{${BY_HOST}}${at})`

export const busy = (at = '') => {
  const modes = (matcher: string) =>
    `sum by (${ONE}) (max by (${ONE}, mode) (rate(sflow_host_cpu_seconds_total{${BY_HOST}, mode${matcher}}[${WINDOW}]${at})))`
  return `(1 - ${modes('=~"idle|iowait"')} / ${modes('!~"guest|guest_nice"')})`
}
export const load = (at = '') =>
  `${gauge('sflow_host_load1', at)} / ${gauge('sflow_host_cpus', at)}`
export const available = (at = '') =>
  `(${gauge('sflow_host_memory_free_bytes', at)} + ${gauge('sflow_host_memory_buffers_bytes', at)} + ${gauge('sflow_host_memory_cached_bytes', at)})`
export const memoryUsed = (at = '') =>
  `(1 - ${available(at)} / ${gauge('sflow_host_memory_bytes', at)})`
export const sentAgain = (at = '') =>
  `${rate('sflow_host_tcp_retransmitted_segments_total', at)} / ${rate('sflow_host_tcp_transmit_segments_total', at)}`
/** Lines of a picture; the table has all hosts. */
export const TOP = 10
export const SHARE = [
  [0.8, 'orange'],
  [0.95, 'red'],
] as const
