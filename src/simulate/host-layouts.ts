/** Counter records of Host sFlow: hosts, containers, virtual machines, JVMs. sflow_host.txt, sflow_jvm.txt. */
import { layout, list } from './layout.ts'

export const HOST_DESCRIPTION = layout(2000, {
  hostname: 'text',
  uuid: 'uuid',
  machineType: 'u32',
  osName: 'u32',
  osRelease: 'text',
})

export const HOST_ADAPTERS = layout(2001, {
  adapters: list({ ifIndex: 'u32', macs: list({ mac: 'mac' }) }),
})

export const HOST_PARENT = layout(2002, { sourceClass: 'u32', sourceIndex: 'u32' })

/** With the three fields that came later. */
export const HOST_CPU = layout(2003, {
  loadOne: 'f32',
  loadFive: 'f32',
  loadFifteen: 'f32',
  processesRunning: 'u32',
  processesTotal: 'u32',
  cpus: 'u32',
  cpuMhz: 'u32',
  uptimeSeconds: 'u32',
  userMs: 'u32',
  niceMs: 'u32',
  systemMs: 'u32',
  idleMs: 'u32',
  ioWaitMs: 'u32',
  interruptMs: 'u32',
  softInterruptMs: 'u32',
  interrupts: 'u32',
  contexts: 'u32',
  stealMs: 'u32',
  guestMs: 'u32',
  guestNiceMs: 'u32',
})

export const HOST_MEMORY = layout(2004, {
  total: 'u64',
  free: 'u64',
  shared: 'u64',
  buffers: 'u64',
  cached: 'u64',
  swapTotal: 'u64',
  swapFree: 'u64',
  pageIn: 'u32',
  pageOut: 'u32',
  swapIn: 'u32',
  swapOut: 'u32',
})

export const HOST_DISK = layout(2005, {
  total: 'u64',
  free: 'u64',
  partitionUsedMax: 'u32',
  reads: 'u32',
  bytesRead: 'u64',
  readMs: 'u32',
  writes: 'u32',
  bytesWritten: 'u64',
  writeMs: 'u32',
})

const NETWORK_FIELDS = {
  bytesIn: 'u64',
  packetsIn: 'u32',
  errorsIn: 'u32',
  dropsIn: 'u32',
  bytesOut: 'u64',
  packetsOut: 'u32',
  errorsOut: 'u32',
  dropsOut: 'u32',
} as const

export const HOST_NETWORK = layout(2006, NETWORK_FIELDS)

export const MIB2_IP = layout(2007, {
  forwarding: 'u32',
  defaultTtl: 'u32',
  inReceives: 'u32',
  inHeaderErrors: 'u32',
  inAddressErrors: 'u32',
  forwardedDatagrams: 'u32',
  inUnknownProtocols: 'u32',
  inDiscards: 'u32',
  inDelivers: 'u32',
  outRequests: 'u32',
  outDiscards: 'u32',
  outNoRoutes: 'u32',
  reassemblyTimeout: 'u32',
  reassemblyRequired: 'u32',
  reassemblyOks: 'u32',
  reassemblyFails: 'u32',
  fragmentOks: 'u32',
  fragmentFails: 'u32',
  fragmentCreates: 'u32',
})

export const MIB2_ICMP = layout(2008, {
  inMessages: 'u32',
  inErrors: 'u32',
  inDestinationUnreachables: 'u32',
  inTimeExceededs: 'u32',
  inParameterProblems: 'u32',
  inSourceQuenches: 'u32',
  inRedirects: 'u32',
  inEchos: 'u32',
  inEchoReplies: 'u32',
  inTimestamps: 'u32',
  inAddressMasks: 'u32',
  inAddressMaskReplies: 'u32',
  outMessages: 'u32',
  outErrors: 'u32',
  outDestinationUnreachables: 'u32',
  outTimeExceededs: 'u32',
  outParameterProblems: 'u32',
  outSourceQuenches: 'u32',
  outRedirects: 'u32',
  outEchos: 'u32',
  outEchoReplies: 'u32',
  outTimestamps: 'u32',
  outTimestampReplies: 'u32',
  outAddressMasks: 'u32',
  outAddressMaskReplies: 'u32',
})

export const MIB2_TCP = layout(2009, {
  rtoAlgorithm: 'u32',
  rtoMin: 'u32',
  rtoMax: 'u32',
  maxConnections: 'u32',
  activeOpens: 'u32',
  passiveOpens: 'u32',
  attemptFails: 'u32',
  establishedResets: 'u32',
  currentlyEstablished: 'u32',
  inSegments: 'u32',
  outSegments: 'u32',
  retransmittedSegments: 'u32',
  inErrors: 'u32',
  outResets: 'u32',
  inChecksumErrors: 'u32',
})

export const MIB2_UDP = layout(2010, {
  inDatagrams: 'u32',
  noPorts: 'u32',
  inErrors: 'u32',
  outDatagrams: 'u32',
  receiveBufferErrors: 'u32',
  sendBufferErrors: 'u32',
  inChecksumErrors: 'u32',
})

export const VIRTUAL_NODE = layout(2100, {
  mhz: 'u32',
  cpus: 'u32',
  memory: 'u64',
  memoryFree: 'u64',
  domains: 'u32',
})

export const VIRTUAL_CPU = layout(2101, { state: 'u32', cpuTimeMs: 'u32', cpus: 'u32' })

export const VIRTUAL_MEMORY = layout(2102, { memory: 'u64', maxMemory: 'u64' })

export const VIRTUAL_DISK = layout(2103, {
  capacity: 'u64',
  allocation: 'u64',
  available: 'u64',
  readRequests: 'u32',
  readBytes: 'u64',
  writeRequests: 'u32',
  writeBytes: 'u64',
  errors: 'u32',
})

export const VIRTUAL_NETWORK = layout(2104, NETWORK_FIELDS)

export const JVM_RUNTIME = layout(2105, { name: 'text', vendor: 'text', version: 'text' })

/** With the two fields that came later. */
export const JVM_STATISTICS = layout(2106, {
  heapInitial: 'u64',
  heapUsed: 'u64',
  heapCommitted: 'u64',
  heapMax: 'u64',
  nonHeapInitial: 'u64',
  nonHeapUsed: 'u64',
  nonHeapCommitted: 'u64',
  nonHeapMax: 'u64',
  collections: 'u32',
  collectionMs: 'u32',
  classesLoaded: 'u32',
  classesTotal: 'u32',
  classesUnloaded: 'u32',
  compilationMs: 'u32',
  threadsLive: 'u32',
  threadsDaemon: 'u32',
  threadsStarted: 'u32',
  fdOpen: 'u32',
  fdMax: 'u32',
})
