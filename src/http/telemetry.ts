/**
 * Answers with an exposition, as text or piece by piece: compressed at level 1 when that is accepted
 * (higher levels cost more time than a scrape's network). The next piece is asked for when the last
 * one is compressed or sent, so that a client sets the pace of its render; when it goes away, or the
 * render breaks, both end at once.
 */
import type { ServerResponse } from 'node:http'
import { pipeline, type Writable } from 'node:stream'
import { createGzip, type Gzip } from 'node:zlib'
import type { Context } from 'koa'
import type { PageStream } from '../metrics/page.ts'

export interface Page {
  readonly contentType: string
  readonly body: string | PageStream
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
  ctx.status = 200
  ctx.set('Content-Type', contentType)
  const compresses = acceptsGzip(ctx.get('Accept-Encoding'))
  if (typeof body !== 'string') {
    await sendPieces(ctx, body, compresses).finally(() => body.cancel())
  } else if (ctx.method !== 'HEAD') {
    ctx.body = compresses && body.length >= COMPRESSED_BYTES_MIN ? compressed(ctx).end(body) : body
  }
  // Setting a body may have guessed another type.
  if (!ctx.headerSent) ctx.set('Content-Type', contentType)
}

function compressed(ctx: Context): Gzip {
  ctx.set('Content-Encoding', 'gzip')
  return createGzip({ level: 1, chunkSize: GZIP_CHUNK_BYTES })
}

/** Not through Koa: it would read ahead of what is sent, and the pieces share their memory. */
async function sendPieces(
  ctx: Context,
  { pieces }: PageStream,
  compresses: boolean,
): Promise<void> {
  const { res } = ctx
  const { socket } = ctx.req
  if (ctx.method === 'HEAD' || socket.destroyed) return
  const gone = Promise.withResolvers<'gone'>()
  const leave = () => gone.resolve('gone')
  socket.once('close', leave)
  ctx.respond = false
  const out = compresses ? compressedInto(res, compressed(ctx)) : res
  try {
    for await (const piece of pieces) {
      if ((await Promise.race([written(out, piece), gone.promise])) === 'gone') return
    }
    out.end()
  } catch (error) {
    // Half an answer is out: only a broken connection can still say that it is not whole.
    res.destroy()
    ctx.app.emit('error', error, ctx)
  } finally {
    socket.off('close', leave)
  }
}

function compressedInto(res: ServerResponse, gzip: Gzip): Gzip {
  // Either side's end ends the other.
  pipeline(gzip, res, () => {})
  return gzip
}

/** Fulfilled when the bytes are used up: they may be overwritten. */
function written(out: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    out.write(bytes, error => (error ? reject(error) : resolve()))
  })
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
