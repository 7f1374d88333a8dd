/** The list of all structures, and the way from a tag on the wire to its structure. */
import {
  applicationOperations,
  applicationResources,
  applicationWorkers,
  httpCounters,
} from './application.ts'
import { deviceBuffers, hardwareTables, portBuffers } from './broadcom.ts'
import type { Structure } from './define.ts'
import { energy, fans, humidity, temperature } from './environment.ts'
import { ethernetCounters, priorityFlowControl } from './ethernet.ts'
import { OPERATION_RECORDS, SOCKET_RECORDS, STORAGE_RECORDS } from './flow-application.ts'
import { FORWARDING_RECORDS } from './flow-forwarding.ts'
import {
  sampledEthernet,
  sampledHeader,
  sampledIpv4,
  sampledIpv6,
  TUNNEL_RECORDS,
} from './flow-packet.ts'
import { INFINIBAND_RECORDS, QUEUE_RECORDS } from './flow-queue.ts'
import {
  httpRequest,
  httpRequestOld,
  httpRequestPublished,
  navigationTiming,
  proxyRequest,
} from './flow-web.ts'
import { WIRELESS_RECORDS } from './flow-wireless.ts'
import {
  hostAdapters,
  hostCpu,
  hostDescription,
  hostDisk,
  hostMemory,
  hostNetwork,
  hostParent,
} from './host.ts'
import { hostIcmp, hostIp, hostTcp, hostUdp } from './host-ip.ts'
import { infiniband, infinibandWithData } from './infiniband.ts'
import { jvmRuntime, jvmStatistics } from './jvm.ts'
import { lagPort } from './lag.ts'
import { tokenRing, vgCounters } from './legacy-media.ts'
import { memcache, memcachedOld } from './memcache.ts'
import { nvidiaGpu } from './nvidia.ts'
import { openflowPort, ovsDatapath, portName } from './openflow.ts'
import { optics } from './optics.ts'
import { queueLength } from './queue.ts'
import { genericInterface } from './sflow5-interface.ts'
import { processor, slowPath, vlanCounters } from './switch.ts'
import { vdi } from './vdi.ts'
import { VENDOR_FLOW_RECORDS, xenVif } from './vendor.ts'
import { virtualCpu, virtualDisk, virtualMemory, virtualNetwork, virtualNode } from './virtual.ts'
import { radioUtilization, wireless } from './wireless.ts'

/** A tag is enterprise × 4096 + format; sflow.org's own enterprise is 0. */
const STANDARD_TAGS = 4_096

/** Where two have one tag, the longer layout is the later one. */
export const COUNTER_STRUCTURES: readonly Structure[] = numbered([
  genericInterface,
  ethernetCounters,
  tokenRing,
  vgCounters,
  vlanCounters,
  wireless,
  lagPort,
  slowPath,
  infiniband,
  infinibandWithData,
  optics,
  priorityFlowControl,
  processor,
  radioUtilization,
  queueLength,
  openflowPort,
  portName,
  hostDescription,
  hostAdapters,
  hostParent,
  hostCpu,
  hostMemory,
  hostDisk,
  hostNetwork,
  hostIp,
  hostIcmp,
  hostTcp,
  hostUdp,
  virtualNode,
  virtualCpu,
  virtualMemory,
  virtualDisk,
  virtualNetwork,
  jvmRuntime,
  jvmStatistics,
  memcachedOld,
  httpCounters,
  applicationOperations,
  applicationResources,
  memcache,
  vdi,
  applicationWorkers,
  ovsDatapath,
  energy,
  temperature,
  humidity,
  fans,
  deviceBuffers,
  portBuffers,
  hardwareTables,
  nvidiaGpu,
  xenVif,
])

export const FLOW_STRUCTURES: readonly Structure[] = numbered([
  sampledHeader,
  sampledEthernet,
  sampledIpv4,
  sampledIpv6,
  ...FORWARDING_RECORDS,
  ...WIRELESS_RECORDS,
  ...TUNNEL_RECORDS,
  ...QUEUE_RECORDS,
  ...INFINIBAND_RECORDS,
  ...STORAGE_RECORDS,
  ...SOCKET_RECORDS,
  ...OPERATION_RECORDS,
  httpRequestOld,
  httpRequestPublished,
  httpRequest,
  proxyRequest,
  navigationTiming,
  ...VENDOR_FLOW_RECORDS,
])

export const counterStructureByTag = byTag(COUNTER_STRUCTURES)
export const flowStructureByTag = byTag(FLOW_STRUCTURES)

/** Those that sflow.org itself has defined: found by their format alone. */
const standardCounters = Array.from({ length: STANDARD_TAGS }, (_, tag) =>
  counterStructureByTag.get(tag),
)

/** The structure of a counter record of `length` bytes under `tag`; undefined: not declared. */
export function counterStructureOf(tag: number, length: number): Structure | undefined {
  const structure = tag < STANDARD_TAGS ? standardCounters[tag] : counterStructureByTag.get(tag)
  const longer = structure?.longer
  return longer !== undefined && length >= longer.lengthMin ? longer : structure
}

function numbered(list: readonly Omit<Structure, 'id'>[]): readonly Structure[] {
  const all = list.map((structure, id): Structure => ({ ...structure, id }))
  return all.map(structure => {
    const longer = all.find(one => one.tag === structure.tag && one.lengthMin > structure.lengthMin)
    return longer === undefined ? structure : { ...structure, longer }
  })
}

function byTag(list: readonly Structure[]): ReadonlyMap<number, Structure> {
  const map = new Map<number, Structure>()
  for (const structure of list) {
    const held = map.get(structure.tag)
    if (held === undefined) map.set(structure.tag, structure)
    else if (held.longer?.id !== structure.id) {
      throw new Error(`${structure.name}: tag ${structure.label} is taken`)
    }
  }
  return map
}
