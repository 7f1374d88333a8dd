/** The counter records of a guest, by its kind, filled and left empty as Host sFlow does. */
import type { Host } from './fabric.ts'
import type { Guest } from './guests.ts'
import {
  HOST_ADAPTERS,
  HOST_DESCRIPTION,
  HOST_PARENT,
  JVM_RUNTIME,
  JVM_STATISTICS,
  VIRTUAL_CPU,
  VIRTUAL_DISK,
  VIRTUAL_MEMORY,
  VIRTUAL_NETWORK,
} from './host-layouts.ts'
import { type RecordData, record } from './layout.ts'
import { hex } from './port-records.ts'

export const MACHINE_X86_64 = 3
export const OS_LINUX = 2
export const OS_RELEASE = '6.1.0-28-amd64'

const MEMORY_LIMIT_BYTES = 2 * 2 ** 30
const DISK_BYTES = 40 * 2 ** 30
const BLOCK_BYTES = 4_096

export function guestRecords(guest: Guest, host: Host): readonly RecordData[] {
  const isVm = guest.kind === 'vm'
  const common = [
    record(HOST_DESCRIPTION, {
      hostname: guest.name,
      uuid: guest.uuid,
      machineType: isVm ? 0 : MACHINE_X86_64,
      osName: isVm ? 0 : OS_LINUX,
      osRelease: isVm ? '' : OS_RELEASE,
    }),
    record(HOST_PARENT, { sourceClass: 2, sourceIndex: 1 }),
    record(VIRTUAL_CPU, { state: guest.state, cpuTimeMs: guest.usage.cpuMs, cpus: 2 }),
    record(VIRTUAL_MEMORY, { memory: guest.usage.memoryBytes, maxMemory: MEMORY_LIMIT_BYTES }),
  ]
  if (guest.kind === 'jvm') return [...common, ...jvmRecords(guest)]
  return [
    ...common,
    diskRecord(guest),
    networkRecord(guest, host),
    record(HOST_ADAPTERS, { adapters: [{ ifIndex: 0, macs: [{ mac: hex(guest.mac) }] }] }),
  ]
}

/** Only a hypervisor knows sizes; a container reports what it reads and writes. */
function diskRecord({ kind, usage }: Guest): RecordData {
  const isVm = kind === 'vm'
  return record(VIRTUAL_DISK, {
    capacity: isVm ? DISK_BYTES : 0,
    allocation: isVm ? DISK_BYTES / 2 : 0,
    available: isVm ? DISK_BYTES / 2 : 0,
    readRequests: Math.floor(usage.readBytes / BLOCK_BYTES),
    readBytes: usage.readBytes,
    writeRequests: Math.floor(usage.writeBytes / BLOCK_BYTES),
    writeBytes: usage.writeBytes,
    errors: 0,
  })
}

/** The module for Kubernetes never fills it. */
function networkRecord({ network }: Guest, host: Host): RecordData {
  const empty = { bytesIn: 0, packetsIn: 0, bytesOut: 0, packetsOut: 0 }
  const { bytesIn, packetsIn, bytesOut, packetsOut } =
    host.platform === 'kubernetes' ? empty : network
  return record(VIRTUAL_NETWORK, {
    bytesIn,
    packetsIn,
    errorsIn: 0,
    dropsIn: 0,
    bytesOut,
    packetsOut,
    errorsOut: 0,
    dropsOut: 0,
  })
}

function jvmRecords({ usage }: Guest): readonly RecordData[] {
  const heap = 512 * 2 ** 20
  return [
    record(JVM_RUNTIME, { name: 'OpenJDK 64-Bit Server VM', vendor: 'Debian', version: '17.0.13' }),
    record(JVM_STATISTICS, {
      heapInitial: heap / 2,
      heapUsed: Math.min(heap, Math.floor(usage.memoryBytes / 4)),
      heapCommitted: heap,
      heapMax: 2 * heap,
      nonHeapInitial: 2_555_904,
      nonHeapUsed: 61_000_000,
      nonHeapCommitted: 64_000_000,
      nonHeapMax: 0,
      collections: Math.floor(usage.cpuMs / 9_000),
      collectionMs: Math.floor(usage.cpuMs / 60),
      classesLoaded: 11_200,
      classesTotal: 11_250,
      classesUnloaded: 50,
      compilationMs: 34_000 + Math.floor(usage.cpuMs / 400),
      threadsLive: 48,
      threadsDaemon: 40,
      threadsStarted: 60 + Math.floor(usage.cpuMs / 100_000),
      fdOpen: 131,
      fdMax: 1_048_576,
    }),
  ]
}
