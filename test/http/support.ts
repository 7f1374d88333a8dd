/** A server for tests, with the common routes and a few of its own, and raw requests to it. */
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type Router from '@koa/router'
import type { ExecutionContext } from 'ava'
import { type HttpServer, type HttpServerOptions, startHttpServer } from '../../src/http/server.ts'
import { createLog } from '../../src/log.ts'
import type { PageStream } from '../../src/metrics/page.ts'

export interface TestServer extends HttpServer {
  /** Every line logged so far, parsed. */
  readonly logged: readonly Readonly<Record<string, unknown>>[]
}

/** Starts a server that ends with the test. */
export async function start(
  t: ExecutionContext,
  options: Partial<HttpServerOptions> = {},
  routes: (router: Router) => void = () => {},
): Promise<TestServer> {
  const logged: Record<string, unknown>[] = []
  const destination = new Writable({
    write(line, _encoding, done) {
      logged.push(JSON.parse(String(line)))
      done()
    },
  })
  const server = await startHttpServer(
    {
      listenAddress: '127.0.0.1:0',
      log: createLog('info', destination),
      ready: () => true,
      renderMetrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
      ...options,
    },
    routes,
  )
  t.teardown(() => server.close())
  return { ...server, logged }
}

/** A file in a folder of its own; its path. */
export function fileWith(text: string, name = 'web.yaml'): string {
  const file = join(mkdtempSync(join(tmpdir(), 'http-')), name)
  writeFileSync(file, text)
  return file
}

/** A connected socket that ends with the test. What it receives is dropped unless listened to. */
export async function connectTo(t: ExecutionContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** All that comes until the other side ends or breaks the connection. */
export async function receivedUntilEnd(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', chunk => {
    text += chunk
  })
  await new Promise(resolve => socket.once('close', resolve))
  return text
}

/** A page of these pieces; `cancelled` is fulfilled when nobody wants more of it. */
export function pageOf(pieces: AsyncIterable<string> | Iterable<string>): PageStream & {
  readonly cancelled: Promise<void>
} {
  const { promise, resolve } = Promise.withResolvers<void>()
  async function* bytes() {
    for await (const piece of pieces) yield Buffer.from(piece)
  }
  return { pieces: bytes(), cancel: resolve, cancelled: promise }
}
