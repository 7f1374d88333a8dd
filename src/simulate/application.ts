/**
 * Applications that report about themselves through Host sFlow, each under a source of its own: a
 * shop (2202, 2203, 2206), the web server before it (2201), and a cache (2204).
 */
import { APP_OPERATIONS, APP_RESOURCES, APP_WORKERS } from './counter-layouts.ts'
import { HOST_PARENT } from './host-layouts.ts'
import { type RecordData, record } from './layout.ts'
import { HTTP, MEMCACHE } from './service-layouts.ts'

export interface Service {
  readonly sourceClass: number
  readonly sourceIndex: number
  /** `requests` so far; `load` is how busy it is now, 0 to 1. */
  readonly records: (requests: number, load: number) => readonly RecordData[]
}

/** Host sFlow numbers the first application that it hears of 150000; others go by their port. */
export const SERVICES: readonly Service[] = [
  { sourceClass: 3, sourceIndex: 150_000, records: shopRecords },
  { sourceClass: 3, sourceIndex: 80, records: webServerRecords },
  { sourceClass: 3, sourceIndex: 11_211, records: cacheRecords },
]

const PARENT = record(HOST_PARENT, { sourceClass: 2, sourceIndex: 1 })
const CACHE_BYTES = 4 * 2 ** 30

function shopRecords(requests: number, load: number): readonly RecordData[] {
  return [
    PARENT,
    record(APP_OPERATIONS, {
      application: 'shop',
      success: Math.floor(requests * 0.97),
      other: 0,
      timeout: Math.floor(requests * 0.005),
      internalError: Math.floor(requests * 0.002),
      badRequest: Math.floor(requests * 0.008),
      forbidden: Math.floor(requests * 0.001),
      tooLarge: 0,
      notImplemented: 0,
      notFound: Math.floor(requests * 0.012),
      unavailable: Math.floor(requests * 0.001),
      unauthorized: Math.floor(requests * 0.001),
    }),
    record(APP_RESOURCES, {
      userMs: Math.floor(requests * 3),
      systemMs: requests,
      memoryUsed: 4.2e8,
      memoryMax: 1.1e9,
      fdOpen: 220,
      fdMax: 65_536,
      connectionsOpen: 130 + Math.floor(200 * load),
      connectionsMax: 4_096,
    }),
    record(APP_WORKERS, {
      active: 2 + Math.floor(20 * load),
      idle: 30 - Math.floor(20 * load),
      max: 64,
      requestsDelayed: Math.floor(requests / 500),
      requestsDropped: Math.floor(requests / 2_000),
    }),
  ]
}

/** Three in four requests read; one in a thousand is answered by a fault of the server. */
function webServerRecords(requests: number): readonly RecordData[] {
  const part = (ratio: number) => Math.floor(requests * ratio)
  return [
    PARENT,
    record(HTTP, {
      optionCount: part(0.005),
      getCount: part(0.76),
      headCount: part(0.02),
      postCount: part(0.19),
      putCount: part(0.02),
      deleteCount: part(0.005),
      traceCount: 0,
      connectCount: 0,
      otherMethodCount: 0,
      status1xx: 0,
      status2xx: part(0.9),
      status3xx: part(0.06),
      status4xx: part(0.035),
      status5xx: part(0.005),
      otherStatus: 0,
    }),
  ]
}

/** Each request looks twice into the cache, and stores what it did not find. */
function cacheRecords(requests: number, load: number): readonly RecordData[] {
  const hits = Math.floor(requests * 1.8)
  const misses = Math.floor(requests * 0.2)
  return [
    PARENT,
    record(MEMCACHE, {
      ...{ cmdSet: misses, cmdTouch: 0, cmdFlush: 0, getHits: hits, getMisses: misses },
      ...{ deleteHits: 0, deleteMisses: 0, incrHits: 0, incrMisses: 0, decrHits: 0, decrMisses: 0 },
      ...{ casHits: 0, casMisses: 0, casBadValue: 0, authCommands: 0, authErrors: 0, threads: 4 },
      ...{ connectionYields: 0, listenDisabled: 0, connections: 60 + Math.floor(100 * load) },
      ...{ rejectedConnections: 0, totalConnections: 5_000, connectionStructures: 200 },
      evictions: Math.floor(misses * 0.4),
      reclaimed: 0,
      items: 2_100_000,
      totalItems: 2_100_000 + misses,
      bytesRead: misses * 1_700,
      bytesWritten: hits * 1_700,
      bytes: Math.floor(CACHE_BYTES * 0.93),
      limitBytes: CACHE_BYTES,
    }),
  ]
}
