/**
 * HTTP to one server that the controller talks to: connections are kept open (the fifth production
 * note of the seed article), every request has a deadline for the whole of it, and answers have a
 * limit. Nothing is thrown: what is not an answer is `unreachable` with a reason.
 */
import { type Dispatcher, Pool } from 'undici'
import { shortMessage } from './agent-client.ts'

export interface TransportOptions {
  /** Scheme, host, port, and perhaps a path that goes before every path. */
  readonly url: string
  /** The whole value of the header. */
  readonly authorization?: string
  /** As node:tls takes them. */
  readonly tls?: {
    readonly ca?: string
    readonly cert?: string
    readonly key?: string
    readonly servername?: string
    readonly rejectUnauthorized?: boolean
  }
  readonly connectionsMax: number
  readonly deadlineMs: number
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Parsed, if the body was JSON; else undefined. */
  readonly json: unknown
}

export type Reply = Answer | { readonly unreachable: string }

/** A list of ten thousand rules has some 5 MB. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024
/** Longer than the reconcile interval, so that a quiet controller keeps its connection. */
const KEEP_ALIVE_MS = 75_000

export class Transport {
  readonly #options: TransportOptions
  readonly #base: string
  readonly #pool: Pool
  #closed = false

  constructor(options: TransportOptions) {
    this.#options = options
    const url = new URL(options.url)
    this.#base = url.pathname.replace(/\/+$/, '')
    this.#pool = new Pool(url.origin, {
      connections: options.connectionsMax,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: options.deadlineMs,
      bodyTimeout: options.deadlineMs,
      connect: { timeout: options.deadlineMs, ...options.tls },
    })
  }

  async request(method: Dispatcher.HttpMethod, path: string, body?: unknown): Promise<Reply> {
    if (this.#closed) return { unreachable: 'closed' }
    const { authorization } = this.#options
    const headers: Record<string, string> = { accept: 'application/json' }
    if (authorization !== undefined) headers.authorization = authorization
    if (body !== undefined) headers['content-type'] = 'application/json'
    try {
      const answer = await this.#pool.request({
        method,
        path: `${this.#base}${path}`,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(this.#options.deadlineMs),
      })
      const text = await readBounded(answer.body)
      if (text === undefined) return { unreachable: 'the answer is too long' }
      return { status: answer.statusCode, headers: answer.headers, json: parse(text) }
    } catch (error) {
      return { unreachable: reasonOf(error) }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#pool.destroy()
  }
}

async function readBounded(body: Dispatcher.ResponseData['body']): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > ANSWER_BYTES_MAX) {
      body.destroy()
      return undefined
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'deadline exceeded'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return shortMessage(`${code}: ${error.message || 'no answer'}`)
}
