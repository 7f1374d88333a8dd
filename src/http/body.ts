/**
 * Reads the body of a request, at most `ctx.state.bodyBytesMax` bytes of it. Answers 413 beyond that,
 * 415 for another type, 400 for what is no JSON or no UTF-8. A slow sender is ended by the server's
 * request timeout, not here.
 */
import type { Context } from 'koa'
import { HttpError } from './errors.ts'

/** How deep JSON may be nested: our own deepest body has 6 levels, a parser's stack has thousands. */
const JSON_DEPTH_MAX = 64

/** The parsed body. Its shape is not checked: that is the route's task. */
export async function readJson(ctx: Context): Promise<unknown> {
  // A body without a type is taken for JSON, since `curl -T` and old scripts send none.
  if (ctx.get('Content-Type') !== '' && !ctx.is('json', '+json')) {
    throw new HttpError(415, 'unsupported_media_type', 'the body must be application/json')
  }
  return parseJson(await readText(ctx))
}

/** Text to value; 400 if it is no JSON or nested too deeply. */
export function parseJson(text: string): unknown {
  if (nesting(text) > JSON_DEPTH_MAX) {
    throw new HttpError(400, 'bad_json', `the body is nested more than ${JSON_DEPTH_MAX} deep`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new HttpError(400, 'bad_json', `the body is no JSON: ${(error as Error).message}`)
  }
}

export async function readText(ctx: Context): Promise<string> {
  const bytes = await readBytes(ctx, ctx.state.bodyBytesMax)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new HttpError(400, 'bad_utf8', 'the body is not UTF-8')
  }
}

async function readBytes(ctx: Context, bytesMax: number): Promise<Buffer> {
  const encoding = ctx.get('Content-Encoding')
  if (encoding !== '' && encoding !== 'identity') {
    throw new HttpError(415, 'unsupported_encoding', 'the body must not be compressed')
  }
  if (Number(ctx.get('Content-Length')) > bytesMax) throw tooLarge(ctx, bytesMax)
  const chunks: Buffer[] = []
  let length = 0
  // Not destroyed on a throw: that would close the socket before the refusal is out.
  for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
    length += chunk.length
    if (length > bytesMax) throw tooLarge(ctx, bytesMax)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

/** The rest of the body is not read: the connection ends with the answer. */
function tooLarge(ctx: Context, bytesMax: number): HttpError {
  ctx.set('Connection', 'close')
  return new HttpError(413, 'body_too_large', `the body may have ${bytesMax} bytes`)
}

function nesting(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (inString) {
      if (code === 0x5c) i += 1
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (code === 0x5d || code === 0x7d) depth -= 1
  }
  return deepest
}
