/** What panels over hosts, guests and applications must show: from the simulator. */
import { APP_OPERATIONS, APP_RESOURCES, APP_WORKERS } from '../../src/simulate/counter-layouts.ts'
import {
  HOST_CPU,
  HOST_DISK,
  HOST_MEMORY,
  HOST_NETWORK,
  JVM_STATISTICS,
  MIB2_TCP,
  MIB2_UDP,
  VIRTUAL_CPU,
  VIRTUAL_DISK,
  VIRTUAL_MEMORY,
  VIRTUAL_NETWORK,
} from '../../src/simulate/host-layouts.ts'
import type { Layout } from '../../src/simulate/layout.ts'
import { HTTP, MEMCACHE, NVIDIA_GPU } from '../../src/simulate/service-layouts.ts'
import {
  app,
  type Check,
  host,
  inBits,
  last,
  of,
  rate,
  sum,
  type TruthOf,
  total,
} from './truth-check.ts'
import type { TruthView } from './truth-view.ts'

const MODES = {
  user: 'userMs',
  system: 'systemMs',
  nice: 'niceMs',
  softirq: 'softInterruptMs',
} as const

const hosts = of('hosts', [
  ['Hosts', 'host_uptime_seconds', last(HOST_CPU, host, 'uptimeSeconds')],
  ['Hosts', 'host_cpus', last(HOST_CPU, host, 'cpus'), undefined],
  ['Hosts', 'host_load1', last(HOST_CPU, host, 'loadOne')],
  [
    'Processors by what they do',
    'host_cpu_seconds_total',
    (t, { mode = '' }) => t.sumRate(HOST_CPU, MODES[mode as keyof typeof MODES]) / 1_000,
  ],
  ['Context switches and interrupts', 'host_context_switches_total', total(HOST_CPU, 'contexts')],
  ['Context switches and interrupts', 'host_interrupts_total', total(HOST_CPU, 'interrupts')],
  [
    'Memory by use',
    'host_memory_bytes',
    t =>
      ['total', 'cached', 'buffers', 'free'].reduce(
        (n, one, at) => n + (at === 0 ? 1 : -1) * t.sumLast(HOST_MEMORY, one),
        0,
      ),
  ],
  ['Memory by use', 'host_memory_cached_bytes', sum(HOST_MEMORY, 'cached')],
  ['Memory by use', 'host_memory_buffers_bytes', sum(HOST_MEMORY, 'buffers')],
  ['Memory by use', 'host_memory_free_bytes', sum(HOST_MEMORY, 'free')],
  ['Swapping, in up, out down', 'host_swap_in_total', rate(HOST_MEMORY, host, 'swapIn')],
  ['Swapping, in up, out down', 'host_swap_out_total', rate(HOST_MEMORY, host, 'swapOut')],
  [
    'Fullest partition',
    'host_disk_partition_used_max_ratio',
    last(HOST_DISK, host, 'partitionUsedMax', 10_000),
  ],
  [
    'Disk traffic, read up, written down',
    'host_disk_read_bytes_total',
    rate(HOST_DISK, host, 'bytesRead'),
  ],
  [
    'Disk traffic, read up, written down',
    'host_disk_written_bytes_total',
    rate(HOST_DISK, host, 'bytesWritten'),
  ],
  [
    'Network, received up, transmitted down',
    'host_network_receive_bytes_total',
    inBits(rate(HOST_NETWORK, host, 'bytesIn')),
  ],
  [
    'Network, received up, transmitted down',
    'host_network_transmit_bytes_total',
    inBits(rate(HOST_NETWORK, host, 'bytesOut')),
  ],
  [
    'TCP segments sent again',
    'host_tcp_retransmitted_segments_total',
    (t, at) =>
      t.rate(MIB2_TCP, host(at), 'retransmittedSegments') /
      t.rate(MIB2_TCP, host(at), 'outSegments'),
  ],
  [
    'TCP segments sent again',
    'host_tcp_transmit_segments_total',
    (t, at) =>
      t.rate(MIB2_TCP, host(at), 'retransmittedSegments') /
      t.rate(MIB2_TCP, host(at), 'outSegments'),
  ],
  ['Packets lost in the host', 'host_network_receive_drops_total', total(HOST_NETWORK, 'dropsIn')],
  [
    'Packets lost in the host',
    'host_network_receive_errors_total',
    total(HOST_NETWORK, 'errorsIn'),
  ],
  [
    'Packets lost in the host',
    'host_network_transmit_drops_total',
    total(HOST_NETWORK, 'dropsOut'),
  ],
  [
    'Packets lost in the host',
    'host_udp_receive_buffer_errors_total',
    total(MIB2_UDP, 'receiveBufferErrors'),
  ],
  ['GPU, busy', 'host_gpu_busy_seconds_total', rate(NVIDIA_GPU, host, 'busyMs', 1_000)],
  ['GPU power', 'host_gpu_energy_joules_total', rate(NVIDIA_GPU, host, 'energyMillijoules', 1_000)],
])

function guests(word: 'container' | 'vm', table: string): Check[] {
  const at =
    (layout: Layout, field: string, divisor = 1): TruthOf =>
    (truth, labels) =>
      truth.rate(layout, truth.guest(labels), field) / divisor
  const now =
    (field: string): TruthOf =>
    (truth, labels) =>
      truth.last(VIRTUAL_MEMORY, truth.guest(labels), field)
  return of('containers', [
    [table, `${word}_cpu_seconds_total`, at(VIRTUAL_CPU, 'cpuTimeMs', 1_000)],
    [table, `${word}_memory_used_bytes`, now('memory')],
    [
      table,
      `${word}_memory_limit_bytes`,
      (t, labels) => now('memory')(t, labels) / now('maxMemory')(t, labels),
    ],
    [table, `${word}_network_receive_bytes_total`, inBits(at(VIRTUAL_NETWORK, 'bytesIn'))],
    [table, `${word}_network_transmit_bytes_total`, inBits(at(VIRTUAL_NETWORK, 'bytesOut'))],
    [table, `${word}_disk_read_bytes_total`, at(VIRTUAL_DISK, 'readBytes')],
    [table, `${word}_disk_written_bytes_total`, at(VIRTUAL_DISK, 'writeBytes')],
    ['Running', `${word}_state`, t => running(t, word)],
  ])
}

/** Virtual machines are on the third leaf, and JVMs count as applications. */
function running(truth: TruthView, word: 'container' | 'vm'): number {
  return truth.sum(VIRTUAL_CPU, place => {
    const isVm = place.startsWith('10.3.')
    const isJvm = place.endsWith(' 3:8080')
    if (isJvm || isVm !== (word === 'vm')) return 0
    return Number(truth.last(VIRTUAL_CPU, place, 'state') === 1)
  })
}

const failed = (field: string) => total(APP_OPERATIONS, field)

const applications = of('applications', [
  [
    'Operations by application',
    'application_operations_total',
    (t, at) =>
      [
        'success',
        'timeout',
        'internalError',
        'badRequest',
        'forbidden',
        'notFound',
        'unavailable',
        'unauthorized',
      ].reduce((n, one) => n + t.rate(APP_OPERATIONS, app(at), one), 0),
  ],
  ['Operations that failed, by outcome', 'application_operations_total', failed('notFound')],
  [
    'Workers',
    'application_workers',
    (t, at) => t.last(APP_WORKERS, app(at), 'active') / t.last(APP_WORKERS, app(at), 'max'),
  ],
  [
    'Requests delayed and dropped',
    'application_requests_delayed_total',
    total(APP_WORKERS, 'requestsDelayed'),
  ],
  [
    'Requests delayed and dropped',
    'application_requests_dropped_total',
    total(APP_WORKERS, 'requestsDropped'),
  ],
  ['HTTP requests by method', 'http_requests_total', total(HTTP, 'getCount')],
  ['HTTP responses by status', 'http_responses_total', total(HTTP, 'status2xx')],
  [
    'Processors in use',
    'application_cpu_seconds_total',
    (t, at) =>
      t.rate(APP_RESOURCES, app(at), 'userMs') / 1_000 +
      t.rate(APP_RESOURCES, app(at), 'systemMs') / 1_000,
  ],
  ['Memory in use', 'application_memory_used_bytes', last(APP_RESOURCES, app, 'memoryUsed')],
  ['Connections', 'application_connections', last(APP_RESOURCES, app, 'connectionsOpen')],
  [
    'Heap in use',
    'jvm_memory_used_bytes',
    (t, at) =>
      t.last(JVM_STATISTICS, app(at), 'heapUsed') / t.last(JVM_STATISTICS, app(at), 'heapMax'),
  ],
  [
    'Time in garbage collection',
    'jvm_gc_seconds_total',
    rate(JVM_STATISTICS, app, 'collectionMs', 1_000),
  ],
  ['Threads', 'jvm_threads', last(JVM_STATISTICS, app, 'threadsLive')],
  [
    'Cache hits',
    'memcache_operations_total',
    (t, at) =>
      t.rate(MEMCACHE, app(at), 'getHits') /
      (t.rate(MEMCACHE, app(at), 'getHits') + t.rate(MEMCACHE, app(at), 'getMisses')),
  ],
  ['Items evicted', 'memcache_evictions_total', rate(MEMCACHE, app, 'evictions')],
  [
    'Memory of the cache',
    'memcache_used_bytes',
    (t, at) => t.last(MEMCACHE, app(at), 'bytes') / t.last(MEMCACHE, app(at), 'limitBytes'),
  ],
])

export const HOST_CHECKS: readonly Check[] = [
  ...hosts,
  ...guests('container', 'Containers'),
  ...guests('vm', 'Virtual machines'),
  ...applications,
]
