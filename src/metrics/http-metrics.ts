/** Metrics of an HTTP server of ours: give an instance to `startHttpServer` as its observer. */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { HttpObserver } from '../http/observer.ts'

export class HttpMetrics implements HttpObserver {
  readonly #answers: Counter<'code'>
  readonly #connections: Gauge
  readonly #refused: Counter
  readonly #evicted: Counter

  constructor(registry: Registry) {
    const registers = [registry]
    this.#answers = new Counter({
      name: 'sflow_bridge_http_requests_total',
      help: 'Requests that were answered, by status code; also those whose client went away.',
      labelNames: ['code'],
      registers,
    })
    this.#connections = new Gauge({
      name: 'sflow_bridge_http_connections',
      help: 'Connections to the web server that are open.',
      registers,
    })
    this.#refused = new Counter({
      name: 'sflow_bridge_http_connections_refused_total',
      help: 'Connections that were closed at once because all that are allowed were at work.',
      registers,
    })
    this.#evicted = new Counter({
      name: 'sflow_bridge_http_connections_evicted_total',
      help: 'Idle connections that were ended to let a new one in.',
      registers,
    })
  }

  connectionOpened(): void {
    this.#connections.inc()
  }

  connectionClosed(): void {
    this.#connections.dec()
  }

  connectionRefused(): void {
    this.#refused.inc()
  }

  connectionEvicted(): void {
    this.#evicted.inc()
  }

  answered(status: number): void {
    this.#answers.inc({ code: String(status) })
  }
}
