/** Applications and web servers: sflow_application.txt and sflow_http.txt. */
import { counter, defineCounters, gauge, text, u32, u64 } from './define.ts'

const AGENTS = 'programs that report through Host sFlow'

export const httpCounters = defineCounters({
  name: 'http_counters',
  format: 2201,
  spec: 'sflow_http.txt',
  about: 'Requests of a web server, by method and by status.',
  agents: 'mod-sflow (Apache), nginx-sflow-module, tomcat-sflow-valve',
  fields: [
    request('option', 'options'),
    request('get'),
    request('head'),
    request('post'),
    request('put'),
    request('delete'),
    request('trace'),
    u32('method_connect_count', requests('connect'), { tool: 'http_methd_connect_count' }),
    request('other'),
    response('1XX'),
    response('2XX'),
    response('3XX'),
    response('4XX'),
    response('5XX'),
    response('other'),
  ],
})

function requests(method: string) {
  return counter('sflow_http_requests_total', 'Requests, by method.', { labels: { method } })
}

function request(word: string, method = word) {
  return u32(`method_${word}_count`, requests(method), { tool: `http_method_${word}_count` })
}

function response(word: string) {
  return u32(
    `status_${word}_count`,
    counter('sflow_http_responses_total', 'Responses, by class of status.', {
      labels: { status: word.toLowerCase() },
    }),
    { tool: `http_status_${word}_count` },
  )
}

export const applicationOperations = defineCounters({
  name: 'app_operations',
  format: 2202,
  spec: 'sflow_application.txt',
  about: 'Operations of an application, by how they ended.',
  agents: AGENTS,
  fields: [
    text('application', { textMax: 32 }),
    operations('success', 'status_OK'),
    operations('other'),
    operations('timeout'),
    operations('internal_error'),
    operations('bad_request'),
    operations('forbidden'),
    operations('too_large'),
    operations('not_implemented'),
    operations('not_found'),
    operations('unavailable'),
    operations('unauthorized'),
  ],
})

function operations(status: string, tool = `errors_${status.toUpperCase()}`) {
  return u32(
    status,
    counter('sflow_application_operations_total', 'Operations, by how they ended.', {
      labels: { status },
    }),
    { tool },
  )
}

export const applicationResources = defineCounters({
  name: 'app_resources',
  format: 2203,
  spec: 'sflow_application.txt',
  about: 'What an application uses: processor time, memory, files, connections.',
  agents: `${AGENTS}; Open vSwitch about itself`,
  fields: [
    cpu('user_time', 'user'),
    cpu('system_time', 'system'),
    u64('mem_used', gauge('sflow_application_memory_used_bytes', 'Memory in use.'), {
      tool: 'memory_used',
    }),
    u64(
      'mem_max',
      gauge('sflow_application_memory_limit_bytes', 'Memory that it may use.', { unknown: [0] }),
      { tool: 'memory_max' },
    ),
    u32('fd_open', gauge('sflow_application_open_files', 'Files that are open.'), {
      tool: 'files_open',
    }),
    u32(
      'fd_max',
      gauge('sflow_application_open_files_max', 'Files that may be open.', { unknown: [0] }),
      { tool: 'files_max' },
    ),
    u32('conn_open', gauge('sflow_application_connections', 'Connections that are open.'), {
      tool: 'connections_open',
    }),
    u32(
      'conn_max',
      gauge('sflow_application_connections_max', 'Connections that may be open.', {
        unknown: [0],
      }),
      { tool: 'connections_max' },
    ),
  ],
})

function cpu(name: string, mode: string) {
  return u32(
    name,
    counter('sflow_application_cpu_seconds_total', 'Processor time used, by mode.', {
      divisor: 1_000,
      labels: { mode },
    }),
    { unit: 'ms' },
  )
}

export const applicationWorkers = defineCounters({
  name: 'app_workers',
  format: 2206,
  spec: 'sflow_application.txt',
  about: 'Workers of an application, and requests that found none.',
  agents: `${AGENTS}, web server modules`,
  fields: [
    workers('workers_active', 'active'),
    workers('workers_idle', 'idle'),
    u32(
      'workers_max',
      gauge('sflow_application_workers_max', 'Workers that there may be.', { unknown: [0] }),
    ),
    u32(
      'req_delayed',
      counter('sflow_application_requests_delayed_total', 'Requests that waited for a worker.'),
      { tool: 'requests_delayed' },
    ),
    u32(
      'req_dropped',
      counter('sflow_application_requests_dropped_total', 'Requests dropped for want of a worker.'),
      { tool: 'requests_dropped' },
    ),
  ],
})

function workers(name: string, state: string) {
  return u32(
    name,
    gauge('sflow_application_workers', 'Workers, by what they do.', { labels: { state } }),
  )
}
