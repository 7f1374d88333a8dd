/**
 * Counter records of services that report about themselves, and of graphics processors. Formats:
 * sflow_http.txt, sflow_memcache.txt and sflow_nvml.txt.
 */
import { layout } from './layout.ts'

export const HTTP = layout(2201, {
  optionCount: 'u32',
  getCount: 'u32',
  headCount: 'u32',
  postCount: 'u32',
  putCount: 'u32',
  deleteCount: 'u32',
  traceCount: 'u32',
  connectCount: 'u32',
  otherMethodCount: 'u32',
  status1xx: 'u32',
  status2xx: 'u32',
  status3xx: 'u32',
  status4xx: 'u32',
  status5xx: 'u32',
  otherStatus: 'u32',
})

export const MEMCACHE = layout(2204, {
  cmdSet: 'u32',
  cmdTouch: 'u32',
  cmdFlush: 'u32',
  getHits: 'u32',
  getMisses: 'u32',
  deleteHits: 'u32',
  deleteMisses: 'u32',
  incrHits: 'u32',
  incrMisses: 'u32',
  decrHits: 'u32',
  decrMisses: 'u32',
  casHits: 'u32',
  casMisses: 'u32',
  casBadValue: 'u32',
  authCommands: 'u32',
  authErrors: 'u32',
  threads: 'u32',
  connectionYields: 'u32',
  listenDisabled: 'u32',
  connections: 'u32',
  rejectedConnections: 'u32',
  totalConnections: 'u32',
  connectionStructures: 'u32',
  evictions: 'u32',
  reclaimed: 'u32',
  items: 'u32',
  totalItems: 'u32',
  bytesRead: 'u64',
  bytesWritten: 'u64',
  bytes: 'u64',
  limitBytes: 'u64',
})

const NVIDIA = 5_703

export const NVIDIA_GPU = layout(
  1,
  {
    devices: 'u32',
    processes: 'u32',
    busyMs: 'u32',
    memoryBusyMs: 'u32',
    memoryTotal: 'u64',
    memoryFree: 'u64',
    eccErrors: 'u32',
    energyMillijoules: 'u32',
    temperature: 'u32',
    fanPercent: 'u32',
  },
  NVIDIA,
)
