/** Java virtual machines: sflow_jvm.txt. */
import { counter, defineCounters, gauge, text, u32, u64 } from './define.ts'

const SPEC = 'sflow_jvm.txt'
const AGENTS = 'jmx-sflow-agent, tomcat-sflow-valve'

export const jvmRuntime = defineCounters({
  name: 'jvm_runtime',
  format: 2105,
  spec: SPEC,
  about: 'What a Java virtual machine is: labels of sflow_jvm_info.',
  agents: AGENTS,
  fields: [
    text('vm_name', { textMax: 64, tool: 'jvm_name' }),
    text('vm_vendor', { textMax: 32, tool: 'jvm_vendor' }),
    text('vm_version', { textMax: 32, tool: 'jvm_version' }),
  ],
})

export const jvmStatistics = defineCounters({
  name: 'jvm_statistics',
  format: 2106,
  spec: SPEC,
  about: 'Memory, garbage collection, classes, threads and files of a Java virtual machine.',
  agents: AGENTS,
  fields: [
    ...memory('heap'),
    ...memory('non_heap'),
    u32('gc_count', counter('sflow_jvm_gc_collections_total', 'Garbage collections.')),
    u32(
      'gc_time',
      counter('sflow_jvm_gc_seconds_total', 'Time spent in garbage collection.', {
        divisor: 1_000,
      }),
      { unit: 'ms', tool: 'gc_mS' },
    ),
    u32('classes_loaded', gauge('sflow_jvm_classes', 'Classes that are loaded.')),
    u32(
      'classes_total',
      counter('sflow_jvm_classes_loaded_total', 'Classes loaded since the start.'),
    ),
    u32('classes_unloaded', counter('sflow_jvm_classes_unloaded_total', 'Classes unloaded.')),
    u32(
      'compilation_time',
      counter('sflow_jvm_compilation_seconds_total', 'Time spent compiling.', { divisor: 1_000 }),
      { unit: 'ms', tool: 'compilation_mS' },
    ),
    u32('thread_num_live', gauge('sflow_jvm_threads', 'Threads that live.'), {
      tool: 'threads_live',
    }),
    u32('thread_num_daemon', gauge('sflow_jvm_daemon_threads', 'Daemon threads that live.'), {
      tool: 'threads_daemon',
    }),
    u32('thread_num_started', counter('sflow_jvm_threads_started_total', 'Threads started.'), {
      tool: 'threads_started',
    }),
    u32('fd_open_count', gauge('sflow_jvm_open_files', 'Files and sockets that are open.'), {
      tool: 'fds_open',
    }),
    u32(
      'fd_max_count',
      gauge('sflow_jvm_open_files_max', 'Files and sockets that may be open.', { unknown: [0] }),
      { tool: 'fds_max' },
    ),
  ],
  // The last two came later.
  lengthMin: 100,
})

function memory(area: 'heap' | 'non_heap') {
  const labels = { area }
  return [
    u64(
      `${area}_initial`,
      gauge('sflow_jvm_memory_initial_bytes', 'Memory asked for at the start.', { labels }),
      { tool: `${area}_mem_initial` },
    ),
    u64(`${area}_used`, gauge('sflow_jvm_memory_used_bytes', 'Memory in use.', { labels }), {
      tool: `${area}_mem_used`,
    }),
    u64(
      `${area}_committed`,
      gauge('sflow_jvm_memory_committed_bytes', 'Memory that the system has granted.', { labels }),
      { tool: `${area}_mem_committed` },
    ),
    u64(
      `${area}_max`,
      gauge('sflow_jvm_memory_max_bytes', 'Memory that it may use.', { labels, unknown: [0] }),
      { tool: `${area}_mem_max` },
    ),
  ]
}
