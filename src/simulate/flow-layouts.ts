/** Flow records that agents attach to packet samples. Formats: sflow.org, "sFlow Structure Numbers". */
import { layout, list } from './layout.ts'

export const HEADER_PROTOCOL_ETHERNET = 1

export const SAMPLED_HEADER = layout(1, {
  protocol: 'u32',
  frameLength: 'u32',
  stripped: 'u32',
  header: 'opaque',
})

export const SAMPLED_ETHERNET = layout(2, {
  length: 'u32',
  sourceMac: 'mac',
  destinationMac: 'mac',
  type: 'u32',
})

const IP_FIELDS = {
  length: 'u32',
  protocol: 'u32',
  source: 'ip',
  destination: 'ip',
  sourcePort: 'u32',
  destinationPort: 'u32',
  tcpFlags: 'u32',
  tos: 'u32',
} as const

export const SAMPLED_IPV4 = layout(3, IP_FIELDS)
export const SAMPLED_IPV6 = layout(4, IP_FIELDS)

export const EXTENDED_SWITCH = layout(1001, {
  sourceVlan: 'u32',
  sourcePriority: 'u32',
  destinationVlan: 'u32',
  destinationPriority: 'u32',
})

export const EXTENDED_ROUTER = layout(1002, {
  nextHop: 'address',
  sourceMaskLength: 'u32',
  destinationMaskLength: 'u32',
})

export const EXTENDED_GATEWAY = layout(1003, {
  nextHop: 'address',
  as: 'u32',
  sourceAs: 'u32',
  sourcePeerAs: 'u32',
  path: list({ type: 'u32', segment: list({ as: 'u32' }) }),
  communities: list({ community: 'u32' }),
  localPreference: 'u32',
})

export const IPV4_TUNNEL_EGRESS = layout(1023, IP_FIELDS)
export const IPV4_TUNNEL_INGRESS = layout(1024, IP_FIELDS)
export const VNI_EGRESS = layout(1029, { vni: 'u32' })
export const VNI_INGRESS = layout(1030, { vni: 'u32' })
export const EGRESS_QUEUE = layout(1036, { queue: 'u32' })
export const ACL = layout(1037, { number: 'u32', name: 'text', direction: 'u32' })
export const FUNCTION = layout(1038, { symbol: 'text' })
export const TRANSIT_DELAY = layout(1039, { nanoseconds: 'u32' })
export const QUEUE_DEPTH = layout(1040, { bytes: 'u32' })
export const HW_TRAP = layout(1041, { group: 'text', trap: 'text' })
export const LINUX_DROP_REASON = layout(1042, { reason: 'text' })
export const TIMESTAMP = layout(1043, { nanoseconds: 'u64' })

const SOCKET_FIELDS = {
  protocol: 'u32',
  local: 'ip',
  remote: 'ip',
  localPort: 'u32',
  remotePort: 'u32',
} as const

export const SOCKET_IPV4 = layout(2100, SOCKET_FIELDS)
export const SOCKET_IPV6 = layout(2101, SOCKET_FIELDS)

export const APP_OPERATION = layout(2202, {
  application: 'text',
  operation: 'text',
  attributes: 'text',
  statusDescription: 'text',
  requestBytes: 'u64',
  responseBytes: 'u64',
  microseconds: 'u32',
  status: 'u32',
})

export const TCP_INFO = layout(2209, {
  direction: 'u32',
  sendMss: 'u32',
  receiveMss: 'u32',
  unacknowledged: 'u32',
  lost: 'u32',
  retransmitted: 'u32',
  pathMtu: 'u32',
  rttMicroseconds: 'u32',
  rttVarianceMicroseconds: 'u32',
  congestionWindow: 'u32',
  reordering: 'u32',
  minimumRttMicroseconds: 'u32',
})

export const ENTITIES = layout(2210, {
  sourceClass: 'u32',
  sourceIndex: 'u32',
  destinationClass: 'u32',
  destinationIndex: 'u32',
})
