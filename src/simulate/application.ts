/** An application that reports about itself through Host sFlow: 2202, 2203, 2206 under one source. */
import { APP_OPERATIONS, APP_RESOURCES, APP_WORKERS } from './counter-layouts.ts'
import { HOST_PARENT } from './host-layouts.ts'
import { type RecordData, record } from './layout.ts'

/** As Host sFlow numbers the first application that it hears of. */
export const APPLICATION_SOURCE = { sourceClass: 3, sourceIndex: 150_000 } as const

/** `requests` so far; `load` is how busy it is now, 0 to 1. */
export function applicationRecords(requests: number, load: number): readonly RecordData[] {
  return [
    record(HOST_PARENT, { sourceClass: 2, sourceIndex: 1 }),
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
      requestsDropped: Math.floor(requests / 50_000),
    }),
  ]
}
