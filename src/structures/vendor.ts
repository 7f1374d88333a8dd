/** Records that one program made up and only that program's source describes. */
import { address, defineCounters, defineFlowRecord, text, u32, u64 } from './define.ts'

const PMACCT = 'https://github.com/pmacct/pmacct/blob/master/src/sfprobe_plugin/sflow.h'
const FLOWPARSER = 'https://crates.io/crates/flowparser-sflow'
const PMACCT_ENTERPRISE = 43_874
const NAME = 'a name of the virtual interface, not a quantity'

export const xenVif = defineCounters({
  name: 'xen_vif',
  enterprise: 4300,
  format: 2,
  spec: FLOWPARSER,
  toolUnknown: true,
  about: 'A virtual interface of Xen. Undocumented.',
  agents: 'none seen',
  fields: [
    u32('vif_index', { noMetric: NAME }),
    address('ip'),
    u32('domain_id', { noMetric: NAME }),
    u32('network_index', { noMetric: NAME }),
    u32('flags', { noMetric: NAME }),
  ],
})

export const VENDOR_FLOW_RECORDS = [
  defineFlowRecord({
    name: 'extended_jvm_runtime',
    format: 2105,
    spec: FLOWPARSER,
    toolUnknown: true,
    about:
      'A Java virtual machine beside one of its transactions. Only the counter record is published.',
    agents: 'none seen',
    fields: [
      text('vm_name', { textMax: 64 }),
      text('vm_vendor', { textMax: 32 }),
      text('vm_version', { textMax: 32 }),
    ],
  }),
  defineFlowRecord({
    name: 'extended_pmacct_tag',
    enterprise: PMACCT_ENTERPRISE,
    format: 2,
    spec: PMACCT,
    toolUnknown: true,
    about: 'The two tags that pmacct gave the packet.',
    agents: 'pmacct',
    fields: [u64('tag'), u64('tag2')],
  }),
  defineFlowRecord({
    name: 'extended_pmacct_class',
    enterprise: PMACCT_ENTERPRISE,
    format: 3,
    spec: PMACCT,
    toolUnknown: true,
    about: 'The protocols that nDPI found in the packet.',
    agents: 'pmacct with nDPI',
    fields: [u32('master_protocol'), u32('app_protocol')],
  }),
]
