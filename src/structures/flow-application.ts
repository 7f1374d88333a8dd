/** Flow records of transactions: which program did what for whom, and over which connection. */
import { defineFlowRecord, type Field, ipv4, ipv6, text, u32, u64 } from './define.ts'

const HTTP = 'sflow_http.txt'
const APPLICATION = 'sflow_application.txt'
const DISCUSSION = 'https://sflow.org/discussion/sflow-discussion/0282.html'
const PROGRAMS = 'programs that report through Host sFlow'
const NONE = 'none seen'

const CONTEXT: readonly Field[] = [
  text('application', { textMax: 32 }),
  text('operation', { textMax: 32 }),
  text('attributes', { textMax: 255 }),
]

function socket(format: number, name: string, version: 4 | 6, proxy: boolean) {
  const ip = version === 4 ? ipv4 : ipv6
  const tool = `${proxy ? 'proxy_' : ''}socket${version}`
  return defineFlowRecord({
    name,
    format,
    spec: proxy ? HTTP : 'sflow_host.txt',
    about: `The ${proxy ? 'connection to the server behind a proxy' : 'connection of a transaction'}.`,
    agents: 'Host sFlow with tcp, web server modules',
    toolHead: { extendedType: tool },
    toolPrefix: `${tool}_`,
    fields: [
      u32('protocol', { tool: 'ip_protocol' }),
      ip('local_ip'),
      ip('remote_ip'),
      u32('local_port'),
      u32('remote_port'),
    ],
  })
}

export const SOCKET_RECORDS = [
  socket(2100, 'extended_socket_ipv4', 4, false),
  socket(2101, 'extended_socket_ipv6', 6, false),
  socket(2102, 'extended_proxy_socket_ipv4', 4, true),
  socket(2103, 'extended_proxy_socket_ipv6', 6, true),
]

export const STORAGE_RECORDS = [
  defineFlowRecord({
    name: 'transaction',
    format: 2000,
    spec: DISCUSSION,
    about: 'A transaction of any kind: how long it waited and took.',
    agents: NONE,
    toolUnknown: true,
    fields: [
      u32('direction'),
      u32('wait', { unit: 'us' }),
      u32('duration', { unit: 'us' }),
      u32('status'),
      u64('bytes_received', { unit: 'bytes' }),
      u64('bytes_send', { unit: 'bytes' }),
    ],
  }),
  defineFlowRecord({
    name: 'extended_nfs_storage_transaction',
    format: 2001,
    spec: DISCUSSION,
    about: 'An operation on a network file system.',
    agents: NONE,
    toolUnknown: true,
    fields: [text('path'), u32('operation'), u32('status')],
  }),
  defineFlowRecord({
    name: 'extended_scsi_storage_transaction',
    format: 2002,
    spec: DISCUSSION,
    about: 'An operation on a SCSI unit.',
    agents: NONE,
    toolUnknown: true,
    fields: [u32('lun'), u32('operation'), u32('status')],
  }),
  defineFlowRecord({
    name: 'extended_http_transaction',
    format: 2003,
    spec: DISCUSSION,
    about: 'A request to a web server, the first layout of three.',
    agents: NONE,
    toolUnknown: true,
    fields: [
      text('url'),
      text('host'),
      text('referer'),
      text('useragent'),
      text('user'),
      u32('status'),
    ],
  }),
]

export const OPERATION_RECORDS = [
  defineFlowRecord({
    name: 'memcache_operation',
    format: 2200,
    spec: 'sflow_memcache.txt',
    about: 'An operation of memcached.',
    agents: 'memcached with the sFlow patch',
    toolHead: { flowSampleType: 'memcache' },
    toolPrefix: 'memcache_op_',
    fields: [
      u32('protocol'),
      u32('cmd'),
      text('key', { textMax: 255, toolFormat: 'url' }),
      u32('nkeys'),
      u32('value_bytes', { unit: 'bytes' }),
      u32('uS', { unit: 'us', tool: 'duration_uS' }),
      u32('status'),
    ],
  }),
  defineFlowRecord({
    name: 'app_operation',
    format: 2202,
    spec: APPLICATION,
    about: 'An operation of an application.',
    agents: PROGRAMS,
    toolHead: { flowSampleType: 'applicationOperation' },
    fields: [
      ...CONTEXT,
      text('status_descr', { textMax: 32 }),
      u64('req_bytes', { unit: 'bytes', tool: 'request_bytes' }),
      u64('resp_bytes', { unit: 'bytes', tool: 'response_bytes' }),
      u32('uS', { unit: 'us', tool: 'duration_uS' }),
      u32('status', { toolFormat: 'status' }),
    ],
  }),
  defineFlowRecord({
    name: 'app_parent_context',
    format: 2203,
    spec: APPLICATION,
    about: 'The operation that this one is part of.',
    agents: PROGRAMS,
    toolPrefix: 'server_context_',
    fields: CONTEXT,
  }),
  defineFlowRecord({
    name: 'app_initiator',
    format: 2204,
    spec: APPLICATION,
    about: 'Who began the operation.',
    agents: PROGRAMS,
    fields: [text('actor', { textMax: 64, tool: 'actor_initiator' })],
  }),
  defineFlowRecord({
    name: 'app_target',
    format: 2205,
    spec: APPLICATION,
    about: 'Whom the operation was done to.',
    agents: PROGRAMS,
    fields: [text('actor', { textMax: 64, tool: 'actor_target' })],
  }),
  defineFlowRecord({
    name: 'extended_tcp_info',
    format: 2209,
    spec: 'https://groups.google.com/g/sflow/c/JCG9iwacLZA',
    about: 'State of the TCP connection that the packet belongs to.',
    agents: 'Host sFlow with tcp',
    toolPrefix: 'tcpinfo_',
    fields: [
      u32('dir', { tool: 'direction', toolFormat: 'direction' }),
      u32('snd_mss', { unit: 'bytes', tool: 'send_mss' }),
      u32('rcv_mss', { unit: 'bytes', tool: 'receive_mss' }),
      u32('unacked', { tool: 'unacked_pkts' }),
      u32('lost', { tool: 'lost_pkts' }),
      u32('retrans', { tool: 'retrans_pkts' }),
      u32('pmtu', { unit: 'bytes', tool: 'path_mtu' }),
      u32('rtt', { unit: 'us', tool: 'rtt_uS' }),
      u32('rttvar', { unit: 'us', tool: 'rtt_uS_var' }),
      u32('snd_cwnd', { tool: 'send_congestion_win' }),
      u32('reordering'),
      u32('min_rtt', { unit: 'us', tool: 'rtt_uS_min' }),
    ],
  }),
]
