/**
 * What every HTTP server of ours stands on: Koa, TLS and authentication by the web configuration
 * file, limits on connections, headers, bodies and time, security headers, errors as JSON, the
 * metrics page and `/-/healthy`, `/-/ready`, `/-/reload`. A slow, silent or greedy client costs one
 * connection for a known time and nothing else.
 */
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import Router from '@koa/router'
import Koa from 'koa'
import { formatAddress, isLoopback, parseListenAddress } from '../listen-address.ts'
import type { Log } from '../log.ts'
import { UsageError } from '../usage-error.ts'
import { authentication } from './auth.ts'
import { ConnectionLimit } from './connections.ts'
import type { BearerToken } from './credentials.ts'
import { errorMiddleware, HttpError, type HttpRefused, isClientsDoing } from './errors.ts'
import { type HttpObserver, NO_OBSERVER } from './observer.ts'
import { answerProtocolErrors, oneHost } from './protocol-errors.ts'
import { rateLimit } from './rate-limit.ts'
import { securityHeaders } from './security-headers.ts'
import { type RenderPage, sendPage } from './telemetry.ts'
import { acceptsClient, type TlsSettings } from './tls.ts'
import { NO_WEB_CONFIG, type WebConfig, WebConfigFile } from './web-config.ts'

export interface HttpLimits {
  readonly connectionsMax: number
  readonly headerBytesMax: number
  readonly headersMax: number
  /** From the first byte of a request (or the start of the connection) to the end of its headers. */
  readonly headersTimeoutMs: number
  /** To the end of its body. */
  readonly requestTimeoutMs: number
  /** How long a connection may wait for its next request. */
  readonly keepAliveTimeoutMs: number
  /** How long a connection may stand still while we have an answer for it: a slow reader's limit. */
  readonly stalledTimeoutMs: number
}

/**
 * 512 connections of some 30 kB are 15 MB. Headers: Prometheus sends 500 bytes. 75 s between
 * requests, since scrapes come each minute at most, as a rule; 120 s stalled, since a long poll
 * waits 60 s.
 */
export const HTTP_LIMITS: HttpLimits = {
  connectionsMax: 512,
  headerBytesMax: 16_384,
  headersMax: 100,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 75_000,
  stalledTimeoutMs: 120_000,
}

export interface HttpServerOptions {
  /** `[ADDR]:port`; port 0 asks for a free one. */
  readonly listenAddress: string
  readonly webConfigFile?: string | undefined
  readonly log: Log
  /** `/-/ready` answers 200 or 503. */
  readonly ready: () => boolean
  /** POST or PUT `/-/reload`; a rejection is answered as 500 with its message. */
  readonly reload?: (() => Promise<void>) | undefined
  readonly renderMetrics: RenderPage
  readonly telemetryPath?: string | undefined
  readonly bodyBytesMax?: number | undefined
  /** A function where they change with the configuration. */
  readonly bearerTokens?: readonly BearerToken[] | (() => readonly BearerToken[]) | undefined
  readonly limits?: Partial<HttpLimits> | undefined
  /** Instead of the limit of that name, where it changes with the configuration. */
  readonly connectionsMax?: (() => number) | undefined
  readonly observer?: HttpObserver | undefined
  readonly refused?: HttpRefused | undefined
}

export interface HttpServer {
  readonly host: string
  readonly port: number
  /** `http://…` or `https://…`, without a path. */
  readonly url: string
  /** Lets requests in work end for a second, then ends them. */
  close(): Promise<void>
}

const BODY_BYTES_MAX = 1_048_576
const DRAIN_MS = 1_000
const SWEEP_MS = 20

/**
 * Listens; the promise is fulfilled once requests can come. `routes` adds to a router that already
 * has the common routes. Throws UsageError for a bad address, a port in use, a bad configuration.
 */
export async function startHttpServer(
  options: HttpServerOptions,
  routes: (router: Router) => void,
): Promise<HttpServer> {
  const limits = { ...HTTP_LIMITS, ...options.limits }
  const { webConfigFile, log } = options
  const file = webConfigFile ? new WebConfigFile(webConfigFile, log) : undefined
  const webConfig = () => file?.current() ?? NO_WEB_CONFIG
  const listener = { loopback: false }
  const handler = application(options, routes, webConfig, () => listener.loopback)
  const tls = webConfig().tls
  const server = tls
    ? tlsServer(handler, tls, webConfig, limits)
    : createServer(serverOptions(limits), handler)
  const connectionsMax = options.connectionsMax ?? (() => limits.connectionsMax)
  server.maxHeadersCount = limits.headersMax
  answerProtocolErrors(server)
  server.setTimeout(limits.stalledTimeoutMs)
  new ConnectionLimit(connectionsMax, options.observer ?? NO_OBSERVER).watch(server)
  await listen(server, options.listenAddress)
  // Such as no more file descriptors: the next connection may find one again.
  server.on('error', error => log.error({ err: error }, 'a connection could not be accepted'))
  const { address, port } = server.address() as AddressInfo
  listener.loopback = isLoopback(address)
  return {
    host: address,
    port,
    url: `${tls ? 'https' : 'http'}://${formatAddress(address, port)}`,
    close: () => close(server),
  }
}

function application(
  options: HttpServerOptions,
  routes: (router: Router) => void,
  webConfig: () => WebConfig,
  loopbackListener: () => boolean,
): RequestListener {
  const { log, bearerTokens = [], telemetryPath = '/metrics' } = options
  if (!/^(\/[\w.-]+)+$/.test(telemetryPath)) {
    throw new UsageError(`--web.telemetry-path=${telemetryPath}: a path such as /metrics is needed`)
  }
  const router = new Router()
  commonRoutes(router, options, telemetryPath)
  routes(router)
  const koa = new Koa()
  koa.silent = true
  koa.on('error', error => {
    // What comes here broke while streaming; a client's own doing is no fault of ours.
    if (isClientsDoing(error)) return
    log.error({ err: error }, 'an answer broke off')
  })
  koa.use(errorMiddleware(log, options.refused))
  koa.use(securityHeaders(() => webConfig().headers))
  koa.use(oneHost)
  koa.use(
    rateLimit(
      () => webConfig().rateLimit,
      () => performance.now(),
    ),
  )
  koa.use(
    authentication({
      users: () => webConfig().users,
      tokens: typeof bearerTokens === 'function' ? bearerTokens : () => bearerTokens,
      loopbackListener,
      telemetryPath,
    }),
  )
  koa.use((ctx, next) => {
    ctx.state.bodyBytesMax = options.bodyBytesMax ?? BODY_BYTES_MAX
    return next()
  })
  koa.use(router.routes())
  koa.use(router.allowedMethods())
  return koa.callback()
}

function commonRoutes(router: Router, options: HttpServerOptions, telemetryPath: string): void {
  router.get(telemetryPath, ctx => sendPage(ctx, options.renderMetrics))
  router.get('/-/healthy', ctx => {
    ctx.body = 'healthy\n'
  })
  router.get('/-/ready', ctx => {
    const ready = options.ready()
    ctx.status = ready ? 200 : 503
    ctx.body = ready ? 'ready\n' : 'not ready\n'
  })
  const { reload } = options
  if (reload === undefined) return
  router.register('/-/reload', ['POST', 'PUT'], async ctx => {
    try {
      await reload()
    } catch (error) {
      throw new HttpError(500, 'reload_failed', (error as Error).message)
    }
    ctx.body = 'reloaded\n'
  })
}

function serverOptions(limits: HttpLimits) {
  return {
    maxHeaderSize: limits.headerBytesMax,
    // Judged by us, so that the answer has our headers.
    requireHostHeader: false,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(5_000, limits.headersTimeoutMs / 2),
  }
}

function tlsServer(
  handler: RequestListener,
  first: TlsSettings,
  webConfig: () => WebConfig,
  limits: HttpLimits,
): TlsServer {
  let settings = first
  const server = createTlsServer(
    {
      ...first.context,
      ...serverOptions(limits),
      handshakeTimeout: limits.headersTimeoutMs,
      requestCert: first.asksForCertificate,
      rejectUnauthorized: false,
    },
    handler,
  )
  // Before the listener that starts the handshake, so that this very connection has the new files.
  server.prependListener('connection', () => {
    const current = webConfig().tls
    if (current === undefined || current === settings) return
    settings = current
    server.setSecureContext(current.context)
  })
  // Before the listener that reads requests. A policy that asks for certificates where the listener
  // did not when it was started refuses everybody until the restart: safe, and visible.
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (!acceptsClient(settings, socket)) socket.destroy()
  })
  return server
}

function listen(server: Server | TlsServer, listenAddress: string): Promise<void> {
  const { host, port } = parseListenAddress(listenAddress)
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException) => {
      reject(new UsageError(`cannot listen on ${listenAddress}: ${refusal(error)}`))
    }
    server.once('error', refused)
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', refused)
      resolve()
    })
  })
}

function refusal(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'the port is in use'
    case 'EACCES':
      return 'not permitted (ports below 1024 need a privilege)'
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'no such host name'
    default:
      return error.message
  }
}

async function close(server: Server | TlsServer): Promise<void> {
  if (!server.listening) return
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  // A connection whose last request ends while we wait is idle only then.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  await closed
  clearInterval(sweep)
  clearTimeout(timer)
}
