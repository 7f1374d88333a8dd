/** The list of all structures, and the way from a tag on the wire to its structure. */

import {
  applicationOperations,
  applicationResources,
  applicationWorkers,
  httpCounters,
} from './application.ts'
import type { Structure } from './define.ts'
import { ethernetCounters, priorityFlowControl } from './ethernet.ts'
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
import { jvmRuntime, jvmStatistics } from './jvm.ts'
import { lagPort } from './lag.ts'
import { memcache, memcachedOld } from './memcache.ts'
import { openflowPort, ovsDatapath, portName } from './openflow.ts'
import { genericInterface } from './sflow5-interface.ts'
import { processor, slowPath, vlanCounters } from './switch.ts'
import { virtualCpu, virtualDisk, virtualMemory, virtualNetwork, virtualNode } from './virtual.ts'

export const COUNTER_STRUCTURES: readonly Structure[] = numbered([
  genericInterface,
  ethernetCounters,
  vlanCounters,
  lagPort,
  slowPath,
  priorityFlowControl,
  processor,
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
  applicationWorkers,
  ovsDatapath,
])

export const FLOW_STRUCTURES: readonly Structure[] = numbered([])

export const counterStructureByTag = byTag(COUNTER_STRUCTURES)
export const flowStructureByTag = byTag(FLOW_STRUCTURES)

function numbered(list: readonly Omit<Structure, 'id'>[]): readonly Structure[] {
  return list.map((structure, id) => ({ ...structure, id }))
}

function byTag(list: readonly Structure[]): ReadonlyMap<number, Structure> {
  const map = new Map<number, Structure>()
  for (const structure of list) {
    if (map.has(structure.tag))
      throw new Error(`${structure.name}: tag ${structure.label} is taken`)
    map.set(structure.tag, structure)
  }
  return map
}
