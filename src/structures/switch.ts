/** What a switch says about itself as a whole: VLANs, its processor, packets that its hardware gave up. */
import { counter, defineCounters, gauge, u32, u64 } from './define.ts'

const SPEC = 'sflow_version_5.txt'

export const vlanCounters = defineCounters({
  name: 'vlan_counters',
  format: 5,
  spec: SPEC,
  about: 'Traffic of a VLAN.',
  agents: 'switches',
  fields: [
    u32('vlan_id', { tool: 'in_vlan', noMetric: 'the data source is the VLAN: label `source`' }),
    u64('octets', counter('sflow_vlan_bytes_total', 'Bytes in the VLAN.')),
    vlanPackets('ucastPkts', 'unicast'),
    vlanPackets('multicastPkts', 'multicast'),
    vlanPackets('broadcastPkts', 'broadcast'),
    u32(
      'discards',
      counter('sflow_vlan_discards_total', 'Packets of the VLAN that were discarded.'),
    ),
  ],
})

function vlanPackets(name: string, cast: string) {
  const help = 'Packets in the VLAN, by kind of destination address.'
  return u32(name, counter('sflow_vlan_packets_total', help, { labels: { cast } }))
}

export const processor = defineCounters({
  name: 'processor',
  format: 1001,
  spec: SPEC,
  about: 'The management processor of a switch: utilization and memory.',
  agents: 'switches',
  fields: [
    utilization('5s_cpu', '5s', '5 seconds'),
    utilization('1m_cpu', '1m', '1 minute'),
    utilization('5m_cpu', '5m', '5 minutes'),
    u64('total_memory', gauge('sflow_processor_memory_bytes', 'Memory in all.', { unknown: [0] }), {
      tool: 'total_memory_bytes',
    }),
    u64('free_memory', gauge('sflow_processor_memory_free_bytes', 'Memory that is not in use.'), {
      tool: 'free_memory_bytes',
    }),
  ],
})

function utilization(name: string, window: string, words: string) {
  return u32(
    name,
    gauge(`sflow_processor_utilization_${window}_ratio`, `Processor in use, average of ${words}.`, {
      divisor: 10_000,
    }),
    { unit: '1/100 %', toolFormat: 'percent' },
  )
}

export const slowPath = defineCounters({
  name: 'slow_path_counts',
  format: 8,
  toolUnknown: true,
  spec: 'https://groups.google.com/g/sflow/c/4JM1_Mmoz7w',
  about: 'Packets that the forwarding hardware handed to software, by why.',
  agents: 'none seen',
  fields: [
    slow('unknown'),
    slow('other'),
    slow('cam_miss'),
    slow('cam_full'),
    slow('no_hw_support'),
    slow('cntrl', 'control'),
  ],
})

function slow(name: string, reason = name) {
  const help = 'Packets that were forwarded by software instead of hardware, by reason.'
  return u32(name, counter('sflow_slow_path_packets_total', help, { labels: { reason } }))
}
