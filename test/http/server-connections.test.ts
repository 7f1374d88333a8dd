import { once } from 'node:events'
import type { Socket } from 'node:net'
import test from 'ava'
import { Registry } from 'prom-client'
import { HttpMetrics } from '../../src/metrics/http-metrics.ts'
import { renderRegistry } from '../../src/metrics/process-page.ts'
import { connectTo, pageOf, receivedUntilEnd, start } from './support.ts'

test('a thousand idle connections are survived and counted, and a scrape gets in', async t => {
  const registry = new Registry()
  const { port, url } = await start(t, {
    limits: { connectionsMax: 100 },
    observer: new HttpMetrics(registry),
  })
  const idle: Socket[] = []
  for (let i = 0; i < 1_000; i++) idle.push(await connectTo(t, port))
  t.is(await (await fetch(`${url}/metrics`)).text(), 'up 1\n')
  const ended = idle.slice(0, 800).map(socket => socket.closed || once(socket, 'close'))
  await Promise.all(ended)
  t.is((await fetch(`${url}/metrics`)).status, 200)
  const { body } = await renderRegistry(registry, 'text/plain')
  t.regex(body, /^sflow_bridge_http_connections 100$/m)
  t.regex(body, /^sflow_bridge_http_connections_evicted_total 90\d$/m)
  t.regex(body, /^sflow_bridge_http_requests_total\{code="200"\} 2$/m)
})

test('a connection at work is never ended for a new one', async t => {
  const asked = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const { port } = await start(t, { limits: { connectionsMax: 2 } }, router => {
    router.get('/slow', async ctx => {
      asked.resolve()
      await goOn.promise
      ctx.body = 'done'
    })
  })
  const working = await connectTo(t, port)
  working.write('GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  await asked.promise
  const first = await connectTo(t, port)
  const firstEnded = once(first, 'close')
  await connectTo(t, port)
  await firstEnded
  goOn.resolve()
  t.regex(await receivedUntilEnd(working), /done/)
})

test('when all connections are at work, a new one is refused and counted', async t => {
  const registry = new Registry()
  const goOn = Promise.withResolvers<void>()
  let asked = 0
  const both = Promise.withResolvers<void>()
  const options = { limits: { connectionsMax: 2 }, observer: new HttpMetrics(registry) }
  const { port } = await start(t, options, router => {
    router.get('/slow', async ctx => {
      asked += 1
      if (asked === 2) both.resolve()
      await goOn.promise
      ctx.body = 'done'
    })
  })
  for (let i = 0; i < 2; i++) {
    const socket = await connectTo(t, port)
    socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  }
  await both.promise
  const refused = await connectTo(t, port)
  t.is(await receivedUntilEnd(refused), '')
  goOn.resolve()
  const { body } = await renderRegistry(registry, 'text/plain')
  t.regex(body, /^sflow_bridge_http_connections_refused_total 1$/m)
})

const SLOW = { headersTimeoutMs: 200, requestTimeoutMs: 400 }

test('a client that sends nothing is ended', async t => {
  const { port } = await start(t, { limits: SLOW })
  t.regex(await receivedUntilEnd(await connectTo(t, port)), /^(HTTP\/1\.1 408 |$)/)
})

test('a client that never ends its headers is ended, while others are served', async t => {
  const { port, url } = await start(t, { limits: SLOW })
  const slow = await connectTo(t, port)
  const ended = receivedUntilEnd(slow)
  slow.write('GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: a')
  t.is((await fetch(`${url}/metrics`)).status, 200)
  t.regex(await ended, /^HTTP\/1\.1 408 /)
})

test('a client that never ends its body is ended', async t => {
  const { port } = await start(t, { limits: SLOW }, router => {
    router.put('/json', async ctx => {
      const { readJson } = await import('../../src/http/body.ts')
      ctx.body = { got: await readJson(ctx) }
    })
  })
  const slow = await connectTo(t, port)
  const ended = receivedUntilEnd(slow)
  slow.write('PUT /json HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"a":')
  t.regex(await ended, /^HTTP\/1\.1 408 /)
})

test('a client that never reads its answer is ended', async t => {
  const body = pageOf(
    (function* () {
      for (let i = 0; i < 1_000; i++) yield 'x'.repeat(65_536)
    })(),
  )
  const { port } = await start(t, {
    limits: { stalledTimeoutMs: 300 },
    renderMetrics: async () => ({ contentType: 'text/plain', body }),
  })
  const socket = await connectTo(t, port)
  socket.pause()
  socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
  await t.notThrowsAsync(body.cancelled)
})

test('a kept connection waits for its next request longer than headers may take', async t => {
  const { port } = await start(t, { limits: { ...SLOW, keepAliveTimeoutMs: 10_000 } })
  const kept = await connectTo(t, port)
  kept.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(kept, 'data')
  // A connection that is refused for its slowness proves that the time for headers has passed.
  await receivedUntilEnd(await connectTo(t, port))
  kept.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
  const [answer] = await once(kept, 'data')
  t.regex(String(answer), /^HTTP\/1\.1 200 /)
})

const GARBAGE = [
  '\0\0\0\0',
  'GET',
  'GET / HTTP/9.9\r\n\r\n',
  'GET /metrics HTTP/1.1\r\n\r\n',
  'GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'GET \r\n HTTP/1.1\r\nHost: x\r\n\r\n',
  'PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
  'PUT /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n',
  'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n',
  'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /metrics HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'GET /%ff%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'GET //..//../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Basic\r\nConnection: close\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  `GET / HTTP/1.1\r\n${'X-A: b\r\n'.repeat(3_000)}\r\n`,
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
]

test('whatever comes in, the connection ends, nothing is logged as our mistake, others are served', async t => {
  const { port, url, logged } = await start(t, { limits: SLOW })
  const answers = await Promise.all(
    GARBAGE.map(async bytes => {
      const socket = await connectTo(t, port)
      const answer = receivedUntilEnd(socket)
      socket.end(bytes, 'latin1')
      return answer
    }),
  )
  for (const [index, answer] of answers.entries()) {
    t.notRegex(answer, /^HTTP\/1\.1 500/, JSON.stringify(GARBAGE[index]?.slice(0, 60)))
  }
  t.is((await fetch(`${url}/metrics`)).status, 200)
  t.deepEqual(
    logged.filter(line => line.level === 'error'),
    [],
  )
})
