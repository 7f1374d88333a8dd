/** The web configuration file's `rate_limit`: a token bucket for all requests of the server. */
import type { Context, Next } from 'koa'
import { HttpError } from './errors.ts'
import type { WebConfig } from './web-config.ts'

/** `limit` is the configuration as it is now; `now` a clock in milliseconds. */
export function rateLimit(limit: () => WebConfig['rateLimit'], now: () => number) {
  let tokens = Number.POSITIVE_INFINITY
  let filledAt = now()
  return (_ctx: Context, next: Next): Promise<void> => {
    const { intervalMs = 0, burst = 0 } = limit() ?? {}
    if (intervalMs === 0) return next()
    const time = now()
    tokens = Math.min(burst, tokens + (time - filledAt) / intervalMs)
    filledAt = time
    if (tokens < 1) {
      const seconds = String(Math.ceil(((1 - tokens) * intervalMs) / 1_000))
      throw new HttpError(429, 'rate_limited', 'too many requests', undefined, {
        'Retry-After': seconds,
      })
    }
    tokens -= 1
    return next()
  }
}
