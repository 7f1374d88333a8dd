/**
 * A stand-in for the ACL servers that are on switches: files by name, one commit of all files at a
 * time, which fails as a whole if the text of one is refused. `replies: 201` is the oldest kind, whose
 * PUT answers after the commit and hides how it went; `202` the later one, with `/acl/lasterror`.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

export class LegacyServer {
  readonly files = new Map<string, readonly string[]>()
  /** What the device has: the files of the last commit that went well. */
  inForce = new Map<string, readonly string[]>()
  /** A commit fails while a file holds this text. */
  poison = 'none of these'
  replies: 201 | 202 = 202
  lastError: unknown
  /** What is answered while there is no error; undefined: 204. */
  noError: unknown
  commits = 0
  url = ''

  static async start(t: ExecutionContext): Promise<LegacyServer> {
    const legacy = new LegacyServer()
    const server = createServer((request, response) => void legacy.#answer(request, response))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    legacy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
    return legacy
  }

  #commit(): void {
    this.commits += 1
    const isBad = [...this.files.values()].some(lines => lines.join('\n').includes(this.poison))
    this.lastError = isBad ? { returncode: 1, lines: ['error: bad rule'] } : undefined
    if (!isBad) this.inForce = new Map(this.files)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    const name = /^\/acl\/([a-z0-9_]*)$/.exec(path)?.[1]
    const say = (status: number, body?: unknown) => {
      if (this.lastError !== undefined) response.setHeader('Warning', '199 - "check lasterror"')
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(body === undefined ? undefined : JSON.stringify(body))
    }
    if (name === undefined) return say(404)
    if (name === 'lasterror' && this.replies === 202) {
      const told = this.lastError ?? this.noError
      return told === undefined ? say(204) : say(200, told)
    }
    if (request.method === 'GET') {
      if (name === '') return say(200, [...this.files.keys()])
      const lines = this.files.get(name)
      return lines === undefined ? say(404) : say(200, lines)
    }
    if (request.method === 'DELETE') {
      if (this.files.delete(name)) this.#commit()
      return say(204)
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const lines = JSON.parse(Buffer.concat(chunks).toString()) as readonly string[]
    if (this.files.get(name)?.join('\n') !== lines.join('\n')) {
      this.files.set(name, lines)
      this.#commit()
    }
    say(this.replies)
  }
}
