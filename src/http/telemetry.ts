/**
 * Answers with an exposition, as text or as a stream: compressed at level 1 when that is accepted
 * (higher levels cost more time than a scrape's network), and with the source destroyed as soon as
 * the client goes away, so that no render runs for nobody.
 */
import { pipeline, type Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { Context } from 'koa'

export interface Page {
  readonly contentType: string
  readonly body: string | Readable
}

export type RenderPage = (accept: string) => Promise<Page>

/** Smaller ones gain nothing from compression. */
const COMPRESSED_BYTES_MIN = 1_024
/** What one piece of a page compresses to fits, so that it is one trip to the thread pool. */
const GZIP_CHUNK_BYTES = 131_072

export async function sendPage(ctx: Context, render: RenderPage): Promise<void> {
  ctx.vary('Accept')
  ctx.vary('Accept-Encoding')
  const { contentType, body } = await render(ctx.get('Accept'))
  if (typeof body !== 'string' && (ctx.method === 'HEAD' || ctx.req.destroyed || !ctx.writable)) {
    body.on('error', () => {})
    body.destroy()
  }
  ctx.status = 200
  ctx.set('Content-Type', contentType)
  if (ctx.method === 'HEAD') return
  const small = typeof body === 'string' && body.length < COMPRESSED_BYTES_MIN
  if (small || !acceptsGzip(ctx.get('Accept-Encoding'))) {
    ctx.body = body
  } else {
    ctx.set('Content-Encoding', 'gzip')
    const gzip = createGzip({ level: 1, chunkSize: GZIP_CHUNK_BYTES })
    if (typeof body === 'string') gzip.end(body)
    // Either side's end ends the other; the error itself reaches Koa through the gzip stream.
    else pipeline(body, gzip, () => {})
    ctx.body = gzip
  }
  // Setting a body may have guessed another type.
  ctx.set('Content-Type', contentType)
}

/** RFC 9110 section 12.5.3, as far as one coding needs it. */
export function acceptsGzip(header: string): boolean {
  let any = false
  for (const part of header.toLowerCase().split(',')) {
    const [coding, ...parameters] = part.split(';').map(word => word.trim())
    const quality = parameters.find(parameter => parameter.startsWith('q='))
    const accepted = quality === undefined || Number(quality.slice(2)) > 0
    if (coding === 'gzip' || coding === 'x-gzip') return accepted
    if (coding === '*') any = accepted
  }
  return any
}
