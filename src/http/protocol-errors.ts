/**
 * What never becomes a request: bytes that are no HTTP, too many headers, a client that is too slow.
 * It is answered like every other error, as JSON with the security headers, and the connection ends.
 */
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Context, Next } from 'koa'
import { HttpError } from './errors.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** By Node's codes; all others are 400. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: 'headers_too_large', message: 'too many headers' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    code: 'body_too_large',
    message: 'too many extensions of chunks',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'too_slow',
    message: 'the request did not come in time',
  },
}
const NO_HTTP: Refusal = { status: 400, code: 'bad_request', message: 'this is no HTTP request' }
const NOT_EXPECTED: Refusal = {
  status: 417,
  code: 'expectation_failed',
  message: 'Expect may only be 100-continue',
}

export function answerProtocolErrors(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket & HasAnswer) => {
    const { code = '' } = error
    const begun = socket._httpMessage?.headersSent === true
    // Others have no HTTP to answer in: the connection is gone, or its TLS handshake failed.
    const isOfHttp = code.startsWith('HPE_') || Object.hasOwn(REFUSALS, code)
    if (!isOfHttp || !socket.writable || begun) {
      socket.destroy()
      return
    }
    const refusal = REFUSALS[code] ?? NO_HTTP
    const body = bodyOf(refusal)
    const head = [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
      ...Object.entries(headersFor(body)).map(([name, value]) => `${name}: ${value}`),
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
    socket.destroySoon()
  })
  server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => {
    const body = bodyOf(NOT_EXPECTED)
    response.writeHead(NOT_EXPECTED.status, headersFor(body)).end(body)
  })
}

/** Node keeps here the answer that is being sent; its own handler looks at the same place. */
interface HasAnswer {
  readonly _httpMessage?: { readonly headersSent: boolean } | null
}

function bodyOf({ code, message }: Refusal): string {
  return `${JSON.stringify({ error: { code, message } })}\n`
}

function headersFor(body: string): Readonly<Record<string, string>> {
  return {
    ...SECURITY_HEADERS,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  }
}

const HOST = /^(\[[\da-fA-F:.%\w]+\]|[\w.~!$&'()*+,;=%-]*)(:\d{0,5})?$/

/** RFC 9112, 3.2: a request has one Host, and it is a host; HTTP/1.0 may do without. */
export function oneHost(ctx: Context, next: Next): Promise<void> {
  const { rawHeaders, httpVersion } = ctx.req
  const names = rawHeaders.filter((_, index) => index % 2 === 0)
  const count = names.filter(name => name.toLowerCase() === 'host').length
  if (count > 1 || (count === 0 && httpVersion !== '1.0') || !HOST.test(ctx.get('Host'))) {
    throw new HttpError(400, 'bad_host', 'a request has one header Host, with a host and a port')
  }
  return next()
}
