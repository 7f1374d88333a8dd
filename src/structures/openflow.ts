/** Names and numbers of ports, and the datapath of Open vSwitch. */
import { counter, defineCounters, gauge, text, u32, u64 } from './define.ts'

const SPEC = 'sflow_openflow.txt'

export const openflowPort = defineCounters({
  name: 'of_port',
  format: 1004,
  spec: SPEC,
  subject: 'interface',
  about: 'Which port of which OpenFlow datapath an interface is.',
  agents: 'Open vSwitch',
  fields: [
    u64('datapath_id', {
      tool: 'openflow_datapath_id',
      toolFormat: 'hex16',
      noMetric: 'a name of 64 bits, not a quantity',
    }),
    u32(
      'port_no',
      gauge('sflow_interface_openflow_port', 'OpenFlow port number of the interface.'),
      {
        tool: 'openflow_port',
      },
    ),
  ],
})

export const portName = defineCounters({
  name: 'port_name',
  format: 1005,
  spec: SPEC,
  subject: 'interface',
  about: 'The name of an interface: the label `ifname`.',
  agents: 'Host sFlow, Open vSwitch, SONiC',
  fields: [text('name', { textMax: 255, tool: 'ifName' })],
})

export const ovsDatapath = defineCounters({
  name: 'ovs_dp_stats',
  format: 2207,
  spec: 'http://blog.sflow.com/2015/01/open-vswitch-performance-monitoring.html',
  about: 'The flow cache of an Open vSwitch datapath.',
  agents: 'Open vSwitch',
  fields: [
    u32('hits', counter('sflow_ovs_datapath_hits_total', 'Packets that matched a cached flow.'), {
      tool: 'OVS_dp_hits',
    }),
    u32(
      'misses',
      counter(
        'sflow_ovs_datapath_misses_total',
        'Packets handed to user space for want of a flow.',
      ),
      { tool: 'OVS_dp_misses' },
    ),
    u32(
      'lost',
      counter('sflow_ovs_datapath_lost_total', 'Packets lost on their way to user space.'),
      { tool: 'OVS_dp_lost' },
    ),
    u32(
      'mask_hits',
      counter('sflow_ovs_datapath_mask_hits_total', 'Masks visited to match packets.'),
      { tool: 'OVS_dp_mask_hits' },
    ),
    u32('flows', gauge('sflow_ovs_datapath_flows', 'Flows in the cache.'), {
      tool: 'OVS_dp_flows',
    }),
    u32('masks', gauge('sflow_ovs_datapath_masks', 'Masks in the cache.'), {
      tool: 'OVS_dp_masks',
    }),
  ],
})
