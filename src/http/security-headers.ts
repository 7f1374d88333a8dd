/**
 * Headers on every answer: browsers run only our own scripts, nobody frames us, nothing is guessed
 * or cached. The web configuration file may set five of them otherwise (an empty text removes one).
 */
import type { Context, Next } from 'koa'

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}

/** `configured` gives the headers of the web configuration file as it is now. */
export function securityHeaders(configured: () => Readonly<Record<string, string>>) {
  return (ctx: Context, next: Next): Promise<void> => {
    ctx.set(SECURITY_HEADERS)
    for (const [name, value] of Object.entries(configured())) {
      if (value === '') ctx.remove(name)
      else ctx.set(name, value)
    }
    return next()
  }
}
