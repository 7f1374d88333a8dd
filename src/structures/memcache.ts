/** Memcached: the old structure and the present one, whose metrics are the same families. */
import { counter, defineCounters, gauge, u32, u64 } from './define.ts'

const OPERATIONS = 'Operations that look up a key, by what they found.'

function tool(name: string) {
  return { tool: `memcache_${name}` }
}

function command(name: string) {
  const help = 'Commands, by name.'
  return u32(
    `cmd_${name}`,
    counter('sflow_memcache_commands_total', help, { labels: { command: name } }),
    tool(`cmd_${name}`),
  )
}

function operation(name: string, result: string, word: string) {
  const field = `${name}_${word}`
  const labels = { operation: name, result }
  return u32(field, counter('sflow_memcache_operations_total', OPERATIONS, { labels }), tool(field))
}

function hits(name: string) {
  return operation(name, 'hit', 'hits')
}

function misses(name: string) {
  return operation(name, 'miss', 'misses')
}

function count(name: string, quantity: string, help: string) {
  return u32(name, counter(`sflow_memcache_${quantity}_total`, help), tool(name))
}

const authCommands = count('auth_cmds', 'authentications', 'Attempts to authenticate.')
const authErrors = count('auth_errors', 'authentication_errors', 'Authentications that failed.')
const badValue = operation('cas', 'bad_value', 'badval')
const accepted = count('total_connections', 'connections_accepted', 'Connections accepted.')
const evictions = count('evictions', 'evictions', 'Items removed to make room for others.')
const yields = count(
  'conn_yields',
  'connection_yields',
  'Connections that had to let others go first.',
)
const disabled = count(
  'listen_disabled_num',
  'listen_disabled',
  'Times that it stopped accepting connections.',
)
const stored = count('total_items', 'items_stored', 'Items stored since the start.')
const threads = u32('threads', gauge('sflow_memcache_threads', 'Worker threads.'), tool('threads'))
const items = u32(
  'curr_items',
  gauge('sflow_memcache_items', 'Items stored now.'),
  tool('curr_items'),
)
const connections = u32(
  'curr_connections',
  gauge('sflow_memcache_connections', 'Connections that are open.'),
  tool('curr_connections'),
)
const connectionStructures = u32(
  'connection_structures',
  gauge('sflow_memcache_connection_structures', 'Connection structures that are allocated.'),
  tool('connection_structures'),
)
const read = u64(
  'bytes_read',
  counter('sflow_memcache_receive_bytes_total', 'Bytes received from clients.'),
  tool('bytes_read'),
)
const written = u64(
  'bytes_written',
  counter('sflow_memcache_transmit_bytes_total', 'Bytes sent to clients.'),
  tool('bytes_written'),
)
const used = u64(
  'bytes',
  gauge('sflow_memcache_used_bytes', 'Bytes that items take.'),
  tool('bytes'),
)
const limit = gauge('sflow_memcache_limit_bytes', 'Bytes that items may take.', { unknown: [0] })

export const memcachedOld = defineCounters({
  name: 'memcached_counters',
  format: 2200,
  spec: 'https://groups.google.com/g/sflow/c/KDk_QrxCSJI',
  about: 'Memcached, the deprecated layout.',
  agents: 'old memcached agents',
  fields: [
    u32('uptime', gauge('sflow_memcache_uptime_seconds', 'Time since the start.'), {
      unit: 's',
      ...tool('uptime'),
    }),
    rusage('rusage_user', 'user'),
    rusage('rusage_system', 'system'),
    connections,
    accepted,
    connectionStructures,
    command('get'),
    command('set'),
    command('flush'),
    hits('get'),
    misses('get'),
    misses('delete'),
    hits('delete'),
    misses('incr'),
    hits('incr'),
    misses('decr'),
    hits('decr'),
    misses('cas'),
    hits('cas'),
    badValue,
    authCommands,
    authErrors,
    read,
    written,
    u32('limit_maxbytes', limit, tool('limit_maxbytes')),
    u32(
      'accepting_conns',
      gauge('sflow_memcache_accepting', 'Whether it accepts connections (1) or not (0).'),
      tool('accepting_conns'),
    ),
    disabled,
    threads,
    yields,
    used,
    items,
    stored,
    evictions,
  ],
})

function rusage(name: string, mode: string) {
  return u32(
    name,
    counter('sflow_memcache_cpu_seconds_total', 'Processor time used, by mode.', {
      divisor: 1_000,
      labels: { mode },
    }),
    { unit: 'ms', ...tool(name) },
  )
}

export const memcache = defineCounters({
  name: 'memcache_counters',
  format: 2204,
  spec: 'sflow_memcache.txt',
  about: 'Memcached.',
  agents: 'memcached with the sFlow patch',
  fields: [
    command('set'),
    command('touch'),
    command('flush'),
    hits('get'),
    misses('get'),
    hits('delete'),
    misses('delete'),
    hits('incr'),
    misses('incr'),
    hits('decr'),
    misses('decr'),
    hits('cas'),
    misses('cas'),
    badValue,
    authCommands,
    authErrors,
    threads,
    yields,
    disabled,
    connections,
    count('rejected_connections', 'connections_rejected', 'Connections refused.'),
    accepted,
    connectionStructures,
    evictions,
    count('reclaimed', 'reclaimed', 'Items whose space was used again after they had expired.'),
    items,
    stored,
    read,
    written,
    used,
    u64('limit_maxbytes', limit, tool('limit_maxbytes')),
  ],
})
