/**
 * Keeps the number of connections below a maximum without locking anybody out: when it is reached,
 * the longest-standing connection with no request in work is ended for the new one. So a thousand
 * idle connections push each other out, and a scrape gets in. If all are at work, the new one is
 * refused.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpObserver } from './observer.ts'

interface Connection {
  readonly socket: Socket
  requestsInWork: number
}

export class ConnectionLimit {
  readonly #max: () => number
  /**
   * By the client's address and port, since the TLS socket of a request is another object than the
   * socket of its connection. The oldest first.
   */
  readonly #connections = new Map<string, Connection>()
  readonly #observer: HttpObserver

  constructor(max: () => number, observer: HttpObserver) {
    this.#max = max
    this.#observer = observer
  }

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#add(socket))
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const connection = this.#connections.get(clientOf(request.socket))
      if (connection !== undefined) connection.requestsInWork += 1
      response.once('close', () => {
        if (connection !== undefined) connection.requestsInWork -= 1
        this.#observer.answered(response.statusCode)
      })
    })
  }

  #add(socket: Socket): void {
    if (this.#connections.size >= this.#max() && !this.#evictIdle()) {
      this.#observer.connectionRefused()
      socket.destroy()
      return
    }
    const client = clientOf(socket)
    const connection: Connection = { socket, requestsInWork: 0 }
    this.#connections.set(client, connection)
    this.#observer.connectionOpened()
    socket.once('close', () => {
      this.#observer.connectionClosed()
      if (this.#connections.get(client) === connection) this.#connections.delete(client)
    })
  }

  #evictIdle(): boolean {
    for (const [client, { socket, requestsInWork }] of this.#connections) {
      if (requestsInWork > 0) continue
      this.#connections.delete(client)
      this.#observer.connectionEvicted()
      socket.destroy()
      return true
    }
    return false
  }
}

function clientOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}
