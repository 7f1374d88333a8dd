/** Flow records about queues, delay and time, and about InfiniBand headers. */
import { defineFlowRecord, ipv6, u32, u64 } from './define.ts'

const TRANSIT = 'sflow_transit.txt'
const INFINIBAND = 'https://sflow.org/draft_sflow_infiniband_2.txt'
const NONE = 'none seen'

export const QUEUE_RECORDS = [
  defineFlowRecord({
    name: 'extended_queue_length',
    format: 1019,
    spec: 'http://groups.google.com/group/sflow/browse_thread/thread/773d27b17a81600c',
    about: 'Length that the packet found in its queue.',
    agents: NONE,
    toolUnknown: true,
    fields: [u32('queueIndex'), u32('queueLength', { unit: 'segments' })],
  }),
  defineFlowRecord({
    name: 'extended_egress_queue',
    format: 1036,
    spec: 'sflow_drops.txt',
    about: 'The queue that the packet was put into.',
    agents: 'SONiC, Host sFlow with psample',
    toolHead: { extendedType: 'egress_queue' },
    fields: [u32('queue', { tool: 'egress_queue_id' })],
  }),
  defineFlowRecord({
    name: 'extended_transit',
    format: 1039,
    spec: TRANSIT,
    about: 'Time that the packet took through the switch; all ones: that long or longer.',
    agents: 'Host sFlow with psample',
    toolHead: { extendedType: 'transit_delay' },
    fields: [u32('delay', { unit: 'ns', tool: 'transit_delay_nS' })],
  }),
  defineFlowRecord({
    name: 'extended_queue',
    format: 1040,
    spec: TRANSIT,
    about: 'Depth that the packet found in its queue.',
    agents: 'Host sFlow with psample',
    toolHead: { extendedType: 'queue_depth' },
    fields: [u32('depth', { unit: 'bytes', tool: 'queue_depth_bytes' })],
  }),
  defineFlowRecord({
    name: 'extended_timestamp',
    format: 1043,
    spec: 'https://github.com/sflow/host-sflow',
    about: 'When the packet was seen.',
    agents: 'Host sFlow',
    toolHead: { extendedType: 'timestamp' },
    fields: [u64('nanoseconds', { unit: 'ns since 1970', tool: 'timestamp_nS' })],
  }),
  defineFlowRecord({
    name: 'extended_bst_egress_queue',
    enterprise: 4413,
    format: 1,
    spec: 'https://sflow.org/bv-sflow.txt',
    about: 'The queue that the packet was put into, on switches with a Broadcom chip.',
    agents: NONE,
    toolUnknown: true,
    fields: [u32('queue')],
  }),
]

export const INFINIBAND_RECORDS = [
  defineFlowRecord({
    name: 'extended_ib_lrh',
    format: 1031,
    spec: INFINIBAND,
    about: 'Local routing headers that the packet came with and left with.',
    agents: NONE,
    toolUnknown: true,
    fields: ['src', 'dst'].flatMap(side =>
      ['vl', 'sl', 'dlid', 'slid', 'lnh'].map(name => u32(`${side}_${name}`)),
    ),
  }),
  defineFlowRecord({
    name: 'extended_ib_grh',
    format: 1032,
    spec: INFINIBAND,
    about: 'Global routing header.',
    agents: NONE,
    toolUnknown: true,
    fields: [
      u32('flow_label'),
      u32('tc'),
      ipv6('s_gid'),
      ipv6('d_gid'),
      u32('next_header'),
      u32('length', { unit: 'bytes' }),
    ],
  }),
  defineFlowRecord({
    name: 'extended_ib_bth',
    format: 1033,
    spec: INFINIBAND,
    about: 'Base transport header.',
    agents: NONE,
    toolUnknown: true,
    fields: [u32('pkey'), u32('dst_qp'), u32('opcode')],
  }),
]
