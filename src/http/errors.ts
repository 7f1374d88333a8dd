/**
 * Refusals of HTTP requests. Every error is answered as JSON, {"error": {"code", "message"}}: an
 * HttpError with its own status and words, anything else as 500 without its words, logged once with
 * them. Routes throw; nobody else writes error bodies.
 */
import type { Context, Next } from 'koa'
import type { Log } from '../log.ts'

export class HttpError extends Error {
  readonly status: number
  /** A word for programs: lower case, underscores. It stays the same when the message changes. */
  readonly code: string
  readonly details: Readonly<Record<string, unknown>> | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: string,
    message: string,
    details?: Readonly<Record<string, unknown>>,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
    this.headers = headers
  }
}

/** Told of each request to change something that is answered with an error. */
export type HttpRefused = (ctx: Context, error: HttpError) => void

/** Methods that change nothing. */
export const READS: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** The outermost middleware: turns what is thrown, and what no route answered, into JSON. */
export function errorMiddleware(log: Log, refused: HttpRefused = () => {}) {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next()
      if (ctx.status === 404 && ctx.body === undefined) {
        throw new HttpError(404, 'not_found', `there is nothing at ${ctx.path}`)
      }
      if ((ctx.status === 405 || ctx.status === 501) && !ctx.body) {
        throw new HttpError(ctx.status, 'method_not_allowed', `${ctx.method} is not served here`)
      }
    } catch (thrown) {
      const error =
        thrown instanceof HttpError ? thrown : (known(ctx, thrown) ?? unexpected(ctx, thrown, log))
      if (!READS.includes(ctx.method)) refused(ctx, error)
      answer(ctx, error)
    }
  }
}

function answer(ctx: Context, error: HttpError): void {
  if (ctx.headerSent) {
    // Half an answer is out: only a broken connection can still say that it is not whole.
    ctx.res.destroy()
    return
  }
  ctx.remove('Content-Encoding')
  ctx.set({ ...error.headers })
  ctx.status = error.status
  ctx.type = 'application/json'
  ctx.body = `${JSON.stringify({
    error: { code: error.code, message: error.message, ...error.details },
  })}\n`
}

/** A body that broke off; what the router throws for a path with a broken escape such as `%zz`. */
function known(ctx: Context, error: unknown): HttpError | undefined {
  if (ctx.req.destroyed && error instanceof Error && isClientsDoing(error)) {
    return new HttpError(400, 'broken_off', 'the request broke off')
  }
  if (!(error instanceof URIError)) return undefined
  return new HttpError(400, 'bad_request', 'the path holds an escape that is none')
}

function unexpected(ctx: Context, error: unknown, log: Log): HttpError {
  log.error({ err: error, method: ctx.method, path: ctx.path.slice(0, 200) }, 'request failed')
  return new HttpError(500, 'internal_error', 'a mistake of ours; the log tells more')
}

/** It went away, was too slow, or what it sent was no HTTP (the parser's codes begin with HPE_). */
export function isClientsDoing({ code = '' }: NodeJS.ErrnoException): boolean {
  const gone = [
    'ERR_STREAM_PREMATURE_CLOSE',
    'ERR_STREAM_DESTROYED',
    'ECONNRESET',
    'EPIPE',
    'ECANCELED',
    'ERR_HTTP_REQUEST_TIMEOUT',
  ]
  return gone.includes(code) || code.startsWith('HPE_')
}
